# SPDX-License-Identifier: Apache-2.0
# haproxy, a master and a worker with two threads; see serve.

programs() { echo haproxy; }

configure() {
    mkdir -p certs
    cat rsa.pem rsa.key.pem > certs/site.pem.rsa
    cat ec.pem ec.key.pem > certs/site.pem.ecdsa
    cat > haproxy.cfg << END
global
    nbthread 2
    maxconn 200
    stats socket $PWD/control mode 600 level admin expose-fd listeners
    hard-stop-after 20s
    log stdout format raw daemon
defaults
    mode http
    log global
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend site
    bind 127.0.0.1:$PORT ssl crt $PWD/certs/site.pem.rsa crt $PWD/certs/site.pem.ecdsa ssl-min-ver TLSv1.2
    http-request return status 200 content-type text/plain string served
END
}

command() { COMMAND=(haproxy -W -db -f "$PWD/haproxy.cfg" -p "$PWD/pid"); }
reload() { kill -USR2 "$SERVER"; }

# A worker that dies ends its master: haproxy wants it so.
worker() { :; }

# Failed handshakes are logged; the end of its worker is an alert.
complaints() {
    grep -iE 'ALERT|SSL|error|fail' server.log | grep -v 'Current worker .* exited with code 143'
}
