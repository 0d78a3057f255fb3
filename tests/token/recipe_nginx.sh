#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nginx with a master and two workers, by the recipe of the manual; and after a
# reload.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin nginx
recipe_file /etc/nginx/env.conf
recipe_file /etc/nginx/conf.d/www.conf
mkdir -p "$ROOT/nginx"
[ "$(id -u)" != 0 ] || echo 'user root;' > main.conf
cat >> main.conf <<END
daemon off;
worker_processes 2;
pid $ROOT/nginx/pid;
error_log $ROOT/work/nginx.log;
include $ROOT/etc/nginx/env.conf;
events { }
http {
    access_log off;
    client_body_temp_path $ROOT/nginx/body;
    proxy_temp_path $ROOT/nginx/proxy;
    fastcgi_temp_path $ROOT/nginx/fastcgi;
    uwsgi_temp_path $ROOT/nginx/uwsgi;
    scgi_temp_path $ROOT/nginx/scgi;
    include $ROOT/etc/nginx/conf.d/*.conf;
}
END
start nginx -c "$ROOT/work/main.conf" -p "$ROOT/nginx" -e "$ROOT/work/nginx.log"
handshakes 4 -tls1_3
handshakes 4 -tls1_2
kill -HUP "$SERVER"
sleep 0.5
handshakes 4
grep -q 'emerg\|alert\|crit' nginx.log && fail "nginx complains"
ended
