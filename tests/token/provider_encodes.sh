#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Public halves come out as files of the stock forms; private halves never.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_encodes
PUBLIC='pkcs11:token=lab;object=k;type=public'
plain rsa -in k.key -RSAPublicKey_out -out rsa.pem 2> /dev/null
plain pkey -in k.key -pubout -outform DER -out k.der
plain rsa -in k.key -noout -modulus > modulus

for order in first second; do
    use $order
    ok "pkey -pubout" openssl pkey -in "$KEY" -pubout -out got &&
        ok "is the public key" cmp got k.pem
    ok "pkey -pubout in DER" openssl pkey -in "$KEY" -pubout -outform DER \
        -out got && ok "is the public key" cmp got k.der
    ok "pkey -pubin" openssl pkey -pubin -in "$PUBLIC" -pubout -out got &&
        ok "is the public key" cmp got k.pem
    ok "rsa -pubout" openssl rsa -in "$KEY" -pubout -out got &&
        ok "is the public key" cmp got k.pem
    ok "rsa -RSAPublicKey_out" openssl rsa -in "$KEY" -RSAPublicKey_out \
        -out got && ok "is the public key" cmp got rsa.pem
    ok "rsa -modulus" openssl rsa -in "$KEY" -noout -modulus -out got &&
        ok "is the modulus" cmp got modulus
    ok "pkey -text" openssl pkey -in "$KEY" -text -noout
    said "shows the URI" '^URI: pkcs11:.*object=k'
    unsaid "but not the PIN" 'pin-value'
    ok "pkey -text -pubin" openssl pkey -pubin -in "$PUBLIC" -text -noout
    no "no private key in DER" "is not exported" openssl pkey -in "$KEY" \
        -outform DER -out private
    no "nor traditionally" "is not exported" openssl rsa -in "$KEY" \
        -traditional -out private
    ok "but the URI in PEM" openssl pkey -in "$KEY" -out private &&
        said "as a file" 'BEGIN PKCS#11 PROVIDER URI' private
    ok "storeutl lists the token" openssl storeutl -noout -text \
        'pkcs11:token=lab?pin-value=1234'
    said "with both keys" 'Total found: 2'
done
summary
