#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What openssl encrypts without the provider, the token decrypts; what is
# encrypted by URI, a software copy of the key decrypts.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_rsa_decrypts

both_ways() {
    local title="padding $*" args=()
    for option; do args+=(-pkeyopt "$option"); done
    ok "$title: encrypt" plain pkeyutl -encrypt -pubin -inkey k.pem -in msg \
        -out cipher "${args[@]}" &&
        ok "$title: decrypted by the token" openssl pkeyutl -decrypt \
            -inkey "$KEY" -in cipher -out plain.txt "${args[@]}" &&
        ok "$title: is the message" cmp msg plain.txt
    ok "$title: encrypted by URI" openssl pkeyutl -encrypt -inkey "$KEY" \
        -in msg -out cipher "${args[@]}" &&
        ok "$title: decrypted in software" plain pkeyutl -decrypt \
            -inkey k.key -in cipher -out plain.txt "${args[@]}" &&
        ok "$title: is the message again" cmp msg plain.txt
}

oaep=rsa_padding_mode:oaep
for order in first second; do
    use $order
    both_ways
    both_ways rsa_padding_mode:pkcs1
    both_ways $oaep
    both_ways $oaep rsa_oaep_md:sha256
    both_ways $oaep rsa_oaep_md:sha512 rsa_mgf1_md:sha1
    both_ways $oaep rsa_oaep_label:00112233

    head -c 256 /dev/zero > block
    printf 7 | dd of=block bs=1 seek=255 conv=notrunc 2> /dev/null
    ok "bare: encrypt" plain pkeyutl -encrypt -pubin -inkey k.pem -in block \
        -out cipher -pkeyopt rsa_padding_mode:none
    ok "bare: decrypt" openssl pkeyutl -decrypt -inkey "$KEY" -in cipher \
        -out plain.txt -pkeyopt rsa_padding_mode:none
    ok "bare: all octets" cmp block plain.txt

    plain pkeyutl -encrypt -pubin -inkey k.pem -in msg -out cipher \
        -pkeyopt $oaep -pkeyopt rsa_oaep_md:sha256
    no "OAEP of another digest" "privyseal" \
        openssl pkeyutl -decrypt -inkey "$KEY" -in cipher -out plain.txt \
        -pkeyopt $oaep -pkeyopt rsa_oaep_md:sha384
    plain pkeyutl -encrypt -pubin -inkey k.pem -in msg -out cipher \
        -pkeyopt $oaep -pkeyopt rsa_oaep_label:0011
    no "OAEP with another label" "privyseal" openssl pkeyutl -decrypt \
        -inkey "$KEY" -in cipher -out plain.txt -pkeyopt $oaep \
        -pkeyopt rsa_oaep_label:0012
    no "OAEP without the label" "privyseal" openssl pkeyutl -decrypt \
        -inkey "$KEY" -in cipher -out plain.txt -pkeyopt $oaep
done
summary
