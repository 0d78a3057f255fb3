# SPDX-License-Identifier: Apache-2.0
# curl shows a server certificates whose keys are in the token, a handshake a
# transfer; see serve. The server is an nginx with a key in a file.

programs() { echo curl nginx; }

configure() {
    : > main.conf
    [ "$(id -u)" != 0 ] || echo 'user root;' > main.conf
    cat >> main.conf << END
daemon off;
worker_processes 1;
pid $PWD/nginx.pid;
error_log $PWD/error.log info;
events { }
http {
    log_format who '\$ssl_client_verify \$ssl_client_s_dn \$ssl_protocol \$ssl_session_reused';
    access_log $PWD/access who;
    client_body_temp_path $PWD/body;
    proxy_temp_path $PWD/proxy;
    fastcgi_temp_path $PWD/fastcgi;
    uwsgi_temp_path $PWD/uwsgi;
    scgi_temp_path $PWD/scgi;
    keepalive_timeout 0;
    server {
        listen 127.0.0.1:$PORT ssl;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate $PWD/file.pem;
        ssl_certificate_key $PWD/file.key;
        ssl_client_certificate $PWD/ca.pem;
        ssl_verify_client on;
        location / { return 200 "served\n"; }
    }
}
END
}

command() { COMMAND=(env OPENSSL_CONF=/dev/null nginx -c "$PWD/main.conf" -p "$PWD" -e "$PWD/error.log"); }

# In place of the load of TLS clients: COUNT transfers with each key and
# protocol, in processes of up to 100.
shake() {
    local key protocol left batch total=0 seconds
    seconds=$(date +%s)
    : > access
    for key in rsa ec; do
        for protocol in 1.2 1.3; do
            left=$(((COUNT * 3 + 3) / 4))
            while [ $left -gt 0 ]; do
                batch=$((left < 100 ? left : 100))
                transfers "$key" "$protocol" "$batch" || fail "curl ended with $?: $(tail -n1 curl.log)"
                left=$((left - batch))
                total=$((total + batch))
            done
        done
    done
    sleep 0.2
    [ "$(grep -c '^SUCCESS CN=\(rsa\|ec\) TLSv1.[23] \.$' access)" = $total ] ||
        fail "$total transfers, the server saw: $(sort access | uniq -c)"
    say "$1: $total handshakes, 0 errors, $(($(date +%s) - seconds)) s"
}

# transfers KEY PROTOCOL COUNT
transfers() {
    OPENSSL_CONF=$PWD/openssl.cnf curl -sSf --no-sessionid --no-keepalive "--tlsv$2" --tls-max "$2" --cacert file.pem \
        --cert "$1.pem" --key "$1.key.pem" "https://localhost:$PORT/?[1-$3]" > got 2> curl.log &&
        [ "$(grep -c served got)" = "$3" ]
}

worker_dies() { :; }

complaints() { grep -E '\[(warn|error|crit|alert|emerg)\]' error.log; }
