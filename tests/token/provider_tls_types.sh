#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TLS 1.3 and 1.2, as server and as client, with keys of every type that TLS
# knows, with and without a public key beside the private one in the token, with
# tls-capabilities off and on. The other side knows nothing of the provider.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_tls_types
HAVE_TOOL=yes
command -v pkcs11-tool > /dev/null || HAVE_TOOL=

# make NAME ID TYPE-OPTIONS...: a key in the token, and the certificates
# NAME.pem; its id is ID, without a public key it is ID + 50 and NAME-private.
make() {
    local name=$1 id=$2
    shift 2
    plain genpkey "$@" -out "$name.key" 2> /dev/null &&
        plain pkcs8 -topk8 -nocrypt -in "$name.key" -out "$name.p8" || exit 1
    plain req -x509 -key "$name.key" -subj "/CN=$name" -days 30 \
        -addext subjectAltName=DNS:localhost -out "$name.pem" || exit 1
    softhsm2-util --import "$name.p8" --token lab --label "$name" --id "$id" \
        --pin 1234 > /dev/null || exit 1
    [ -n "$HAVE_TOOL" ] || return 0
    softhsm2-util --import "$name.p8" --token lab --label "$name-private" \
        --id "$((id + 50))" --pin 1234 > /dev/null &&
        pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --pin 1234 --login \
            --delete-object --type pubkey --id "$((id + 50))" > /dev/null 2>&1 || exit 1
    plain x509 -in "$name.pem" -outform DER -out "$name.der"
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --pin 1234 --login \
        --write-object "$name.der" --type cert --id "$((id + 50))" \
        --label "$name-private" > /dev/null 2>&1 || exit 1
}

serve() { # serve NAME URI [OPTIONS]
    local name=$1 uri=$2
    shift 2
    : > server.out
    openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" -key "$uri" -www "$@" \
        > server.out 2> stderr < /dev/null &
    await
}

# A server without the provider, for clients with it.
demand() {
    : > server.out
    OPENSSL_CONF=/dev/null openssl s_server -accept 127.0.0.1:0 -cert rsa.pem \
        -key rsa.key -www -Verify 1 -verify_return_error -CAfile all.pem \
        > server.out 2> stderr < /dev/null &
    await
}

await() {
    SERVER=$!
    PORT=
    for _ in $(seq 200); do
        PORT=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' server.out | head -n1)
        [ -n "$PORT" ] && return 0
        kill -0 $SERVER 2> /dev/null || break
        sleep 0.03
    done
    fail "server did not start"
}

stop() {
    local status
    kill -TERM $SERVER 2> /dev/null
    wait $SERVER
    status=$?
    [ $status -eq 143 ] || [ $status -eq 0 ] || fail "$1: server: exit $status"
}

get() {
    local title=$1 conf=$2
    shift 2
    ok "$title" sh -c 'conf=$1; shift; echo "GET / HTTP/1.0" | OPENSSL_CONF=$conf timeout 20 \
        openssl s_client -connect "127.0.0.1:$0" -CAfile all.pem \
        -verify_return_error -ign_eof "$@"' "$PORT" "$conf" "$@"
}

# handshakes NAME LABEL: as server, as client
handshakes() {
    local uri="pkcs11:token=lab;object=$2;type=private?pin-value=1234" version
    serve "$1" "$uri"
    for version in -tls1_3 -tls1_2; do
        get "$CASE $2, server, $version" /dev/null $version &&
            said "$CASE $2, server, $version" "^issuer=CN *= *$1\$"
    done
    stop "$CASE $2"
    demand
    for version in -tls1_3 -tls1_2; do
        get "$CASE $2, client, $version" "$OPENSSL_CONF" $version \
            -cert "$1.pem" -key "$uri" &&
            said "$CASE $2, client, $version" 'Client certificate'
    done
    stop "$CASE $2, client"
}

make rsa 11 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
make p256 12 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
make p384 13 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
make ed25519 14 -algorithm ED25519
openssl_conf on.cnf first 'tls-capabilities = on'
cp first.cnf off.cnf
# A key of type RSA-PSS is born in the token: no import knows it.
use off
openssl genpkey -propquery '?provider=privyseal' -algorithm RSA-PSS -pkeyopt \
    'pkcs11_uri:pkcs11:token=lab;object=pss?pin-value=1234' -out pss.uri.pem 2> pss.err &&
    openssl req -x509 -key 'pkcs11:token=lab;object=pss;type=private?pin-value=1234' \
        -subj /CN=pss -days 30 -addext subjectAltName=DNS:localhost -out pss.pem \
        2> pss.err || { cat pss.err; exit 1; }
cat rsa.pem p256.pem p384.pem ed25519.pem pss.pem > all.pem

for CASE in off on; do
    use $CASE
    for name in rsa p256 p384 ed25519; do
        handshakes $name $name
        [ -z "$HAVE_TOOL" ] || handshakes $name $name-private
    done
    handshakes pss pss
done
[ -n "$HAVE_TOOL" ] || echo "pkcs11-tool is not installed: no key without a public one"

# A program that prefers the provider for all it does, which takes capabilities:
# ephemeral keys are made in software, by way of the provider.
for CASE in on; do
    use $CASE
    serve p256 "pkcs11:token=lab;object=p256;type=private?pin-value=1234" \
        -propquery '?provider=privyseal'
    for group in P-256 P-384 X25519 X448; do
        get "$CASE preferred, $group" /dev/null -tls1_3 -groups $group
        get "$CASE preferred by both, $group" "$OPENSSL_CONF" -groups $group \
            -propquery '?provider=privyseal'
    done
    stop "$CASE preferred"
done

# Each digest of RSA-PSS.
CASE=pss
use off
serve rsa 'pkcs11:token=lab;object=rsa;type=private?pin-value=1234'
for algorithm in rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512; do
    get "$algorithm" /dev/null -tls1_3 -sigalgs $algorithm &&
        said "$algorithm" 'Peer signature type: \(RSA-PSS\|rsa_pss_rsae_sha[0-9]*\)$'
done
stop "$CASE"
summary
