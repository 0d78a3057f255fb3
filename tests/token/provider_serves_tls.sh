#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# openssl s_server with the token's key answers clients that know nothing of it:
# TLS 1.3 and 1.2, PSS and PKCS#1 signatures, RSA key exchange, client
# certificates from the token.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_serves_tls

serve() {
    : > server.out
    openssl s_server -accept "127.0.0.1:0" -cert cert.pem -key "$KEY" -www \
        -no_dhe "$@" > server.out 2> stderr < /dev/null &
    SERVER=$!
    PORT=
    for _ in $(seq 100); do
        PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' server.out | head -n1)
        [ -n "$PORT" ] && return 0
        kill -0 $SERVER 2> /dev/null || break
        sleep 0.05
    done
    fail "server did not start"
}

stop() {
    local status
    kill -TERM $SERVER 2> /dev/null
    wait $SERVER
    status=$?
    [ $status -eq 143 ] || [ $status -eq 0 ] || fail "server: exit $status"
}

get() {
    local title=$1 grep=$2
    shift 2
    ok "$title" sh -c 'echo "GET / HTTP/1.0" | OPENSSL_CONF=/dev/null \
        timeout 20 openssl s_client -connect "127.0.0.1:$0" -CAfile cert.pem \
        -verify_return_error -ign_eof "$@"' "$PORT" "$@" &&
        said "$title" "$grep"
}

for order in first second; do
    use $order
    serve
    get "TLS 1.3, P-256" 'New, TLSv1.3' -tls1_3 -groups P-256
    get "TLS 1.3, X25519" 'New, TLSv1.3' -tls1_3 -groups X25519
    get "TLS 1.2 with PSS" \
        'Peer signature type: \(RSA-PSS\|rsa_pss_rsae_sha256\)$' -tls1_2 \
        -sigalgs RSA-PSS+SHA256 -groups P-256
    get "TLS 1.2 with PKCS#1" \
        'Peer signature type: \(RSA\|rsa_pkcs1_sha256\)$' -tls1_2 \
        -sigalgs RSA+SHA256 -groups X25519
    get "TLS 1.2, RSA key exchange" 'Cipher is AES256-GCM-SHA384' -tls1_2 \
        -cipher AES256-GCM-SHA384
    stop
done

use first
: > server.out
OPENSSL_CONF=/dev/null openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key k.key -www -Verify 1 \
    -CAfile cert.pem > server.out 2> stderr < /dev/null &
SERVER=$!
for _ in $(seq 100); do
    PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' server.out | head -n1)
    [ -n "$PORT" ] && break
    sleep 0.05
done
ok "client certificate of the token" sh -c 'echo "GET / HTTP/1.0" |
    timeout 20 openssl s_client -connect "127.0.0.1:$0" -CAfile cert.pem \
    -verify_return_error -cert cert.pem -key "$1" -ign_eof' "$PORT" "$KEY" &&
    said "was seen" 'Client certificate'
stop
summary
