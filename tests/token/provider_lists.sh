#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What openssl storeutl finds in a token: kinds, labels, subjects, issuers and
# serial numbers, fingerprints; names of what OpenSSL has no type for.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_lists
[ -x "$(command -v pkcs11-tool)" ] || exit 77
put() { # put FILE TYPE LABEL ID
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login --pin 1234 \
        --write-object "$1" --type "$2" --label "$3" --id "$4" \
        > tool.out 2>&1 || exit 1
}
certificate() { # certificate NAME SERIAL ID: of a key of its own, in the token
    plain req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/O=lab/CN=$1" \
        -set_serial "$2" -days 30 -out "$1.pem" 2> /dev/null
    plain x509 -in "$1.pem" -outform DER -out "$1.der"
    put "$1.der" cert "$1" "$3"
}
plain x509 -in cert.pem -outform DER -out cert.der
put cert.der cert k 01
certificate one 1 0a
certificate two 0x80ff 0b
certificate big 0x7fffffffffffffffffffffff01 0c
printf 'some data' > data
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login --pin 1234 \
    --write-object data --type data --label note > tool.out 2>&1 || exit 1
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login --pin 1234 \
    --keygen --key-type AES:32 --label secret --id 05 > tool.out 2>&1 || exit 1

ALL='pkcs11:token=lab?pin-value=1234'
PUBLIC='pkcs11:token=lab;type=cert'
found() { # found TITLE COUNT ARGUMENT...
    local title=$1 count=$2
    shift 2
    ok "$title" openssl storeutl -noout "$@" &&
        said "$title: $count found" "^Total found: $count\$"
}

for order in first second; do
    use $order
    found "everything" 8 "$ALL"
    said "a secret key by its name" '[0-9]: Name: pkcs11:.*object=secret;type=secret-key$'
    said "a data object too" '[0-9]: Name: pkcs11:.*object=note;type=data$'
    unsaid "and no PIN" 1234
    ok "descriptions" openssl storeutl -noout -text "$ALL"
    said "say what they are" "secret key 'secret' in token 'lab'"
    found "certificates" 4 -certs "$PUBLIC"
    found "certificates, without a PIN" 4 -certs 'pkcs11:token=lab'
    found "keys" 1 -keys "$ALL"
    found "by type" 4 'pkcs11:token=lab;type=cert'
    found "by type, data" 1 'pkcs11:token=lab;type=data'
    found "by type, secret keys" 1 'pkcs11:token=lab;type=secret-key?pin-value=1234'
    found "names lead nowhere" 8 -r 'pkcs11:token=lab?pin-value=1234'
    found "by subject" 1 -certs -subject '/O=lab/CN=two' "$PUBLIC"
    ok "it is that one" openssl storeutl -certs -subject '/O=lab/CN=two' -out got.pem \
        "$PUBLIC" && ok "the same" sh -c 'sed -n "/BEGIN/,/END/p" got.pem | cmp - two.pem'
    no "no such subject" "" openssl storeutl -noout -certs -subject /CN=nobody \
        "$PUBLIC"
    for serial in 'one 1' 'two 0x80ff' 'big 0x7fffffffffffffffffffffff01'; do
        found "issuer and serial of $serial" 1 -certs -issuer \
            "/O=lab/CN=${serial% *}" -serial "${serial#* }" "$PUBLIC"
    done
    no "another's serial" "" openssl storeutl -noout -certs -issuer \
        /O=lab/CN=one -serial 2 "$PUBLIC"
    found "alias of a certificate" 1 -certs -alias one "$PUBLIC"
    found "alias of a key" 1 -keys -alias k "$ALL"
    found "alias of all kinds" 1 -alias one "$ALL"
    no "no such alias" "" openssl storeutl -noout -keys -alias one "$ALL"
    for digest in sha1 sha256 sha512; do
        fingerprint=$(plain x509 -in two.pem -noout -pubkey |
            plain pkey -pubin -outform DER | plain dgst -$digest -r | cut -d' ' -f1)
        found "$digest of a public key" 1 -certs -fingerprint "$fingerprint" \
            -$digest "$PUBLIC"
    done
    fingerprint=$(plain pkey -in k.key -pubout -outform DER | plain dgst -sha256 -r |
        cut -d' ' -f1)
    found "of a private key" 1 -keys -fingerprint "$fingerprint" -sha256 "$ALL"
    # its public key, which has no PIN, and its certificate
    found "of all that has that key" 3 -fingerprint "$fingerprint" -sha256 "$ALL"
    id=$(plain asn1parse -in k.pem -strparse 19 -noout -out /dev/stdout |
        plain dgst -sha1 -r | cut -d' ' -f1)
    found "the key identifier of RFC 5280" 1 -keys -fingerprint "$id" -sha1 "$ALL"
    no "no such fingerprint" "" openssl storeutl -noout -certs -fingerprint \
        0000000000000000000000000000000000000000 -sha1 "$PUBLIC"
    for uri in 'PKCS11:token=lab;object=k;type=private?pin-value=1234' \
        'pkcs11:type=private;object=k;token=lab?pin-value=1234' \
        'pkcs11:object=%6b;token=la%62?pin-value=1234'; do
        found "$uri" 1 -keys "$uri"
    done
    no "an unknown attribute matches nothing" "" openssl storeutl -noout \
        'pkcs11:token=lab;bogus=1?pin-value=1234'
done

# The same label in two tokens: which of them signs is nobody's guess.
softhsm2-util --init-token --free --label twin --pin 1234 --so-pin 5678 > /dev/null
softhsm2-util --import k.p8 --token twin --label k --id 01 --pin 1234 > /dev/null
openssl_conf twins.cnf first 'pins = a b' 'a.token = lab' \
    'a.pin-source = value:1234' 'b.token = twin' 'b.pin-source = value:1234'
use twins
no "a key in two tokens" "in several tokens" openssl dgst -sha256 -sign \
    'pkcs11:object=k;type=private' -out sig msg
grep -q "lab" stderr && grep -q "twin" stderr || fail "candidates are not named"
found "a token named" 1 -keys 'pkcs11:object=k;token=twin'
summary
