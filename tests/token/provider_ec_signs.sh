#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Signatures of EC and Ed25519 keys of the token, made by the openssl command:
# digests, requests, certificates, revocation lists and messages verify without
# the provider, wherever it is listed.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_ec_signs

uri() {
    echo "pkcs11:token=lab;object=$1;type=private?pin-value=1234"
}

# make NAME ID GENPKEY-OPTION...: a key made by software, put into the token,
# with its public half NAME.pem and a certificate NAME.crt made by software
make() {
    local name=$1 id=$2
    shift 2
    plain genpkey "$@" -out "$name.p8" &&
        plain pkey -in "$name.p8" -pubout -out "$name.pem" &&
        plain req -x509 -new -key "$name.p8" -subj "/CN=$name" -days 30 \
            -addext basicConstraints=critical,CA:TRUE -out "$name.crt" &&
        softhsm2-util --import "$name.p8" --token lab --label "$name" \
            --id "$id" --pin 1234 > stdout 2>&1
}

CURVES=
id=10
for curve in P-256 P-384 P-521 secp256k1 brainpoolP256r1 brainpoolP512t1; do
    make "$curve" $id -algorithm EC -pkeyopt ec_paramgen_curve:$curve \
        2> /dev/null && CURVES="$CURVES $curve"
    id=$((id + 1))
done
case $CURVES in *P-256*P-384*P-521*) ;; *) echo "no EC keys" >&2; exit 1 ;; esac
ED=
make ed25519 30 -algorithm ED25519 2> /dev/null && ED=ed25519
echo "keys:$CURVES $ED"

group() {
    case $1 in P-256) echo prime256v1 ;; P-384) echo secp384r1 ;;
    P-521) echo secp521r1 ;; *) echo "$1" ;; esac
}

signs_digests() {
    for digest in sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 \
        sha3-512 ripemd160 md5; do
        ok "$1 dgst $digest" openssl dgst -$digest -sign "$(uri "$1")" \
            -out sig msg &&
            ok "which verifies" plain dgst -$digest -verify "$1.pem" \
                -signature sig msg
    done
    plain dgst -sha256 -binary -out digest msg
    ok "$1 pkeyutl" openssl pkeyutl -sign -inkey "$(uri "$1")" -in digest \
        -out sig -pkeyopt digest:sha256 &&
        ok "which verifies" plain dgst -sha256 -verify "$1.pem" \
            -signature sig msg
    ok "$1 verifies by URI" openssl pkeyutl -verify -inkey "$(uri "$1")" \
        -in digest -sigfile sig
    printf 'x' >> digest
    no "$1 does not verify what is another" '' openssl pkeyutl -verify \
        -inkey "$(uri "$1")" -in msg -sigfile sig
}

is_named() {
    ok "$1 public half" openssl pkey -in "$(uri "$1")" -pubout -out pub.pem &&
        ok "is software's" cmp pub.pem "$1.pem"
    ok "$1 as text" plain pkey -pubin -in pub.pem -noout -text &&
        said "the group has its name" "ASN1 OID: $(group "$1")"
    ok "$1 compressed" openssl pkey -in "$(uri "$1")" -pubout \
        -ec_conv_form compressed -out short.pem &&
        ok "is software's" plain pkey -pubin -in short.pem -pubout \
            -ec_conv_form uncompressed -out long.pem &&
        ok "when it is uncompressed again" cmp long.pem "$1.pem"
    ok "$1 is checked" openssl pkey -in "$(uri "$1")" -check -noout
    ok "$1 is checked in public" openssl pkey -in "$(uri "$1")" -pubcheck \
        -noout
}

certifies() {
    ok "$1 req" openssl req -new -key "$(uri "$1")" -subj '/CN=asked' \
        -out "$1.csr" &&
        ok "which verifies" plain req -in "$1.csr" -verify -noout
    ok "$1 self-signed" openssl req -x509 -new -key "$(uri "$1")" \
        -subj '/CN=self' -days 30 -out self.crt &&
        ok "which verifies" plain verify -CAfile self.crt self.crt
    ok "$1 signs a certificate" openssl x509 -req -in "$1.csr" -CA "$1.crt" \
        -CAkey "$(uri "$1")" -CAcreateserial -days 30 -out leaf.crt &&
        ok "which verifies" plain verify -CAfile "$1.crt" leaf.crt
    rm -rf ca.db ca.db.*
    : > ca.db
    printf '[ca]\ndefault_ca = c\n[c]\ndatabase = ca.db\ndefault_md = default\n' \
        > ca.cnf
    ok "$1 signs a revocation list" openssl ca -config ca.cnf -gencrl \
        -keyfile "$(uri "$1")" -cert "$1.crt" -crldays 7 -out list.crl &&
        ok "which verifies" plain crl -in list.crl -CAfile "$1.crt" -noout
}

signs_messages() {
    ok "$1 cms" openssl cms -sign -in msg -signer "$1.crt" \
        -inkey "$(uri "$1")" -out msg.cms -outform PEM -nodetach &&
        ok "which verifies" plain cms -verify -in msg.cms -inform PEM \
            -CAfile "$1.crt" -purpose any -out out
    ok "$1 smime" openssl smime -sign -in msg -signer "$1.crt" \
        -inkey "$(uri "$1")" -md sha384 -out msg.smime &&
        ok "which verifies" plain smime -verify -in msg.smime -CAfile "$1.crt" \
            -purpose any -out out
}

edwards() {
    ok "ed25519 pkeyutl" openssl pkeyutl -sign -rawin -inkey "$(uri ed25519)" \
        -in msg -out sig &&
        ok "which verifies" plain pkeyutl -verify -rawin -pubin \
            -inkey ed25519.pem -in msg -sigfile sig
    ok "ed25519 verifies by URI" openssl pkeyutl -verify -rawin \
        -inkey "$(uri ed25519)" -in msg -sigfile sig
    no "ed25519 signs no digest" 'not digests\|not supported\|igest' openssl \
        dgst -sha256 -sign "$(uri ed25519)" -out sig msg
    ok "ed25519 public half" openssl pkey -in "$(uri ed25519)" -pubout \
        -out pub.pem && ok "is software's" cmp pub.pem ed25519.pem
    ok "ed25519 is checked" openssl pkey -in "$(uri ed25519)" -check -noout
    certifies ed25519
}

for order in first second; do
    use $order
    for curve in $CURVES; do
        is_named "$curve"
    done
    for curve in P-256 P-521; do
        signs_digests $curve
        certifies $curve
        signs_messages $curve
    done
    [ -z "$ED" ] || edwards
done
summary
