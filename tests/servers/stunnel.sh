# SPDX-License-Identifier: Apache-2.0
# stunnel, one process with a thread a connection, in front of a plain server;
# see serve. It has one key a service: a reload takes it from one to the other.
# It closes its port while it reloads, so that no load can go through that
# without an error, whatever the key: the load is before and after.

programs() { echo stunnel4 ps; }

configure() {
    PLAIN=$(free_port)
    python3 - "$PLAIN" > plain.log 2>&1 << 'END' &
import socketserver
import sys


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b'HTTP/1.0 200 OK\r\n\r\nserved\n')


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 64
    daemon_threads = True


Server(('127.0.0.1', int(sys.argv[1])), Answer).serve_forever()
END
    BEHIND=$!
    trap 'kill $BEHIND; leave' EXIT
    wait_for 100 listening "$PLAIN"
    CERTS=rsa.pem
    service rsa
}

# service KEY
service() {
    cat > stunnel.conf << END
foreground = yes
pid =
debug = notice
output = $PWD/stunnel.log
[site]
accept = 127.0.0.1:$PORT
connect = 127.0.0.1:$PLAIN
cert = $PWD/$1.pem
key = $PWD/$1.key.pem
sslVersionMin = TLSv1.2
END
}

command() { COMMAND=(stunnel4 "$PWD/stunnel.conf"); }

# In place of a worker's death: it has no workers.
worker_dies() {
    for key in ec rsa ec; do
        CERTS=$key.pem
        service $key
        kill -HUP "$SERVER"
        wait_for 100 reloaded $key || fail "no reload to the key $key"
        shake "the key $key after a reload" -n $COUNT
    done
}

# The server shows that key's certificate.
reloaded() {
    listening "$PORT" && OPENSSL_CONF=/dev/null "$PRIVYSEAL_BUILD/tests/shake" -n 1 "$PORT" ca.pem "$1.pem" > /dev/null 2>&1
}

# It has no CA to trust, and connections that only look whether it listens.
complaints() { grep -E 'LOG[0-4]\[' stunnel.log | grep -v 'No trusted certificates\|unexpected eof'; }
