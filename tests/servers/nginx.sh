# SPDX-License-Identifier: Apache-2.0
# nginx, a master and four workers; see serve.
WORKERS=4 END=QUIT

programs() { echo nginx; }

configure() {
    : > main.conf
    # A worker that is no longer root could not read the token's folder.
    [ "$(id -u)" != 0 ] || echo 'user root;' > main.conf
    cat >> main.conf << END
daemon off;
worker_processes $WORKERS;
worker_shutdown_timeout 20s;
pid $PWD/nginx.pid;
error_log $PWD/error.log notice;
env OPENSSL_CONF;
env SOFTHSM2_CONF;
events { }
http {
    access_log off;
    client_body_temp_path $PWD/body;
    proxy_temp_path $PWD/proxy;
    fastcgi_temp_path $PWD/fastcgi;
    uwsgi_temp_path $PWD/uwsgi;
    scgi_temp_path $PWD/scgi;
    server {
        listen 127.0.0.1:$PORT ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate $PWD/rsa.pem;
        ssl_certificate_key $PWD/rsa.key.pem;
        ssl_certificate $PWD/ec.pem;
        ssl_certificate_key $PWD/ec.key.pem;
        location / { return 200 "served\n"; }
    }
}
END
}

command() { COMMAND=(nginx -c "$PWD/main.conf" -p "$PWD" -e "$PWD/error.log"); }
reload() { kill -HUP "$SERVER"; }
worker() { pgrep -P "$SERVER" | head -n1; }

complaints() {
    # The worker that is killed on purpose is an alert.
    grep -E '\[(warn|error|crit|alert|emerg)\]' error.log | grep -v 'exited on signal 9'
}
