#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Apache httpd, which reads its configuration twice and then forks, by the recipe
# of the manual; and after a graceful restart.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin apache2 setpriv
recipe_file /etc/apache2/envvars
recipe_file /etc/apache2/sites-enabled/www.conf
HTTPD=/usr/lib/apache2/modules
cat > httpd.conf <<END
ServerRoot $ROOT/work
ServerName localhost
PidFile $ROOT/work/pid
ErrorLog $ROOT/work/httpd.log
Mutex file:$ROOT/work default
DefaultRuntimeDir $ROOT/work
LoadModule mpm_event_module $HTTPD/mod_mpm_event.so
LoadModule authz_core_module $HTTPD/mod_authz_core.so
LoadModule socache_shmcb_module $HTTPD/mod_socache_shmcb.so
LoadModule ssl_module $HTTPD/mod_ssl.so
StartServers 2
Listen 127.0.0.1:$PORT https
DocumentRoot $ROOT/work
IncludeOptional $ROOT/etc/apache2/sites-enabled/*.conf
END
. "$ROOT/etc/apache2/envvars"
CONF=$OPENSSL_CONF
# httpd refuses to serve as root.
set --
if [ "$(id -u)" = 0 ]; then
    chown -R 65534:65534 "$ROOT"
    set -- setpriv --reuid=65534 --regid=65534 --clear-groups
fi
start "$@" apache2 -D FOREGROUND -f "$ROOT/work/httpd.conf"
unset OPENSSL_CONF
handshakes 4 -tls1_3
handshakes 4 -tls1_2
kill -USR1 "$SERVER"
sleep 1
handshakes 4
ended
