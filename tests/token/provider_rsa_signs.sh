#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# RSA signatures of the token, made by openssl dgst and pkeyutl, verify without
# the provider, wherever it is listed.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_rsa_signs

verify() {
    local file=$1 digest=$2
    shift 2
    ok "dgst $digest $* verifies" plain dgst "-$digest" -verify k.pem \
        -signature sig "$@" "$file"
}

dgst() {
    local file=$1 digest=$2
    shift 2
    ok "dgst $digest $*" openssl dgst "-$digest" -sign "$KEY" -out sig "$@" \
        "$file" && verify "$file" "$digest" "$@"
}

pss() {
    local digest=$1
    shift
    dgst msg "$digest" -sigopt rsa_padding_mode:pss "$@"
}

for order in first second; do
    use $order
    for digest in sha1 sha224 sha256 sha384 sha512 sha512-256 sha3-256 \
        ripemd160 md5; do
        dgst msg $digest
    done
    dgst big sha256
    pss sha256
    pss sha384 -sigopt rsa_pss_saltlen:digest
    pss sha512 -sigopt rsa_pss_saltlen:max
    pss sha256 -sigopt rsa_pss_saltlen:11
    pss sha256 -sigopt rsa_mgf1_md:sha1
    pss sha3-256 -sigopt rsa_pss_saltlen:digest

    plain dgst -sha256 -binary -out digest msg
    ok "pkeyutl signs a digest" openssl pkeyutl -sign -inkey "$KEY" -in digest \
        -out sig -pkeyopt digest:sha256 && verify msg sha256
    ok "pkeyutl signs a digest with PSS" openssl pkeyutl -sign -inkey "$KEY" \
        -in digest -out sig -pkeyopt digest:sha256 \
        -pkeyopt rsa_padding_mode:pss &&
        verify msg sha256 -sigopt rsa_padding_mode:pss
    ok "pkeyutl signs a message" openssl pkeyutl -sign -rawin -inkey "$KEY" \
        -in msg -out sig -digest sha256 && verify msg sha256
    ok "pkeyutl signs without a digest" openssl pkeyutl -sign -inkey "$KEY" \
        -in msg -out sig &&
        ok "which is recovered" plain pkeyutl -verifyrecover -pubin \
            -inkey k.pem -in sig -out recovered &&
        ok "and is the message" cmp msg recovered
    ok "verifyrecover by the URI" openssl pkeyutl -verifyrecover -inkey "$KEY" \
        -in sig -out recovered && ok "gives the message" cmp msg recovered
    head -c 256 /dev/zero > block
    ok "rsautl signs a whole block" openssl rsautl -sign -raw -inkey "$KEY" \
        -in block -out sig &&
        ok "zeros, which remain so" cmp block sig

    plain dgst -sha256 -sign k.key -out sig msg
    ok "a signature verifies by the URI" openssl dgst -sha256 -verify \
        "pkcs11:token=lab;object=k;type=public" -signature sig msg
    printf xy | dd of=sig bs=1 seek=100 conv=notrunc 2> /dev/null
    no "a damaged one does not" "" openssl dgst -sha256 -prverify "$KEY" \
        -signature sig msg
    no "input of the wrong length" "cannot be signed" openssl pkeyutl -sign \
        -inkey "$KEY" -in msg -out sig -pkeyopt digest:sha256
done
summary
