# SPDX-License-Identifier: Apache-2.0
# Apache httpd with the event MPM, two processes of many threads; see serve.
WORKERS=3

programs() { echo apache2 setpriv; }

configure() {
    local modules=/usr/lib/apache2/modules
    cat > httpd.conf << END
ServerRoot $PWD
ServerName localhost
PidFile $PWD/httpd.pid
ErrorLog $PWD/error.log
LogLevel warn
Mutex file:$PWD default
DefaultRuntimeDir $PWD
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
StartServers 2
ServerLimit 16
ThreadsPerChild 16
MinSpareThreads 16
MaxSpareThreads 64
MaxRequestWorkers 256
GracefulShutdownTimeout 20
Listen 127.0.0.1:$PORT https
DocumentRoot $PWD/site
SSLEngine on
SSLSessionCache none
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile $PWD/rsa.pem
SSLCertificateKeyFile $PWD/rsa.key.pem
SSLCertificateFile $PWD/ec.pem
SSLCertificateKeyFile $PWD/ec.key.pem
<Directory $PWD/site>
Require all granted
</Directory>
END
    mkdir -p site
    echo served > site/index.html
}

# httpd does not serve as root.
command() {
    COMMAND=(apache2 -D FOREGROUND -f "$PWD/httpd.conf")
    if [ "$(id -u)" = 0 ]; then
        chown -R 65534:65534 "$ROOT"
        COMMAND=(setpriv --reuid=65534 --regid=65534 --clear-groups "${COMMAND[@]}")
    fi
}
reload() { kill -USR1 "$SERVER"; }
worker() { pgrep -P "$SERVER" | head -n1; }

complaints() {
    grep -E ':(warn|error|crit|alert|emerg)\]' error.log | grep -v 'signal Killed\|Session Cache is not configured'
}
