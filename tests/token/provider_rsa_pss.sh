#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keys that may sign by PSS only are of type RSA-PSS: their certificates say so,
# and what their restriction forbids is refused. Verified without the provider.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_rsa_pss
for order in first second; do
    openssl_conf "$order.cnf" "$order" 'pin-source = value:1234'
done
OURS='-propquery ?provider=privyseal'
PSS=rsa_padding_mode:pss

genpkey() { # genpkey LABEL OPTION...
    local label=$1
    shift
    # shellcheck disable=SC2086
    openssl genpkey $OURS -algorithm RSA-PSS \
        -pkeyopt "pkcs11_uri:pkcs11:token=lab;object=$label" "$@" -out "$label.pem"
}

uri() {
    printf 'pkcs11:token=lab;object=%s;type=private' "$1"
}

for order in first second; do
    use $order
    free=free-$order bound=bound-$order
    ok "a key of PSS" genpkey $free
    ok "a key of PSS with SHA-256" genpkey $bound \
        -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32

    ok "its public half" openssl pkey -in "$(uri $free)" -pubout -out free.pub
    ok "is of its type" plain pkey -pubin -in free.pub -noout -text
    said "and no restriction" 'No PSS parameter restrictions'
    ok "the bound one" openssl pkey -in "$(uri $bound)" -pubout -out bound.pub
    ok "says its digest" plain pkey -pubin -in bound.pub -noout -text
    said "says its digest" 'Hash Algorithm: .*256'
    said "and MGF1's" 'MGF1 with .*256'
    said "and its salt" 'Salt Length: .*32'

    for key in free bound; do
        file=$key.pub
        ok "$key: certificate" openssl req -x509 -new -key "$(uri $key-$order)" \
            -subj "/CN=$key" -days 9 -out "$key.crt"
        ok "$key: self-signed" plain verify -CAfile "$key.crt" "$key.crt"
        plain x509 -in "$key.crt" -noout -text > text
        said "$key: signed by PSS" 'Signature Algorithm: rsassaPss' text
        said "$key: a key of PSS" 'Public Key Algorithm: rsassaPss' text
        ok "$key: request" openssl req -new -key "$key-$order.pem" \
            -subj "/CN=$key" -out "$key.csr"
        ok "$key: request verifies" plain req -in "$key.csr" -verify -noout
        ok "$key: signs" openssl dgst -sha256 -sign "$(uri $key-$order)" \
            -out sig msg
        ok "$key: verifies" plain dgst -sha256 -verify "$file" \
            -signature sig msg
        ok "$key: verifies in the provider" openssl dgst -sha256 \
            -prverify "$(uri $key-$order)" -signature sig msg
        no "$key: PKCS#1" 'its padding is PSS' openssl dgst -sha256 \
            -sign "$(uri $key-$order)" -sigopt rsa_padding_mode:pkcs1 \
            -out sig msg
        no "$key: does not decrypt" '' openssl pkeyutl -decrypt \
            -inkey "$(uri $key-$order)" -in sig -out out
    done

    ok "free: SHA-384, salt of 20" openssl dgst -sha384 \
        -sign "$(uri $free)" -sigopt $PSS -sigopt rsa_pss_saltlen:20 \
        -out sig msg
    ok "free: verifies" plain dgst -sha384 -sigopt $PSS \
        -sigopt rsa_pss_saltlen:20 -verify free.pub -signature sig msg
    no "bound: another digest" 'bound to another digest' openssl dgst -sha384 \
        -sign "$(uri $bound)" -out sig msg
    no "bound: another MGF1" 'bound to another digest in MGF1' \
        openssl dgst -sha256 -sign "$(uri $bound)" \
        -sigopt rsa_mgf1_md:sha1 -out sig msg
    no "bound: a shorter salt" 'bound to a longer salt' openssl dgst -sha256 \
        -sign "$(uri $bound)" -sigopt rsa_pss_saltlen:20 -out sig msg
    ok "bound: a longer salt" openssl dgst -sha256 -sign "$(uri $bound)" \
        -sigopt rsa_pss_saltlen:40 -out sig msg
    ok "bound: a longer salt verifies" plain dgst -sha256 -verify bound.pub \
        -sigopt rsa_pss_saltlen:40 -signature sig msg

    no "MGF1 of its own" 'cannot bind a key to this mgf1-digest' genpkey x \
        -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha1
    no "a salt beyond the digest" 'cannot bind a key to this saltlen' genpkey x \
        -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:48
    no "a digest without a mechanism" 'cannot bind a key to this digest' \
        genpkey x -pkeyopt rsa_pss_keygen_md:ripemd160

    ok "software keys stay with software" openssl genpkey -algorithm RSA-PSS \
        -pkeyopt rsa_pss_keygen_md:sha256 -out soft.key
    ok "and sign there" openssl dgst -sha256 -sign soft.key -out sig msg
    ok "as without the provider" plain dgst -sha256 -prverify soft.key \
        -signature sig msg
done
summary
