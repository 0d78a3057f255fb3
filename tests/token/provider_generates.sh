#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# openssl genpkey makes keys in the token, with the attributes that -pkeyopt asks
# for, and writes a file that stands for each.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_generates
for order in first second; do
    openssl_conf "$order.cnf" "$order" 'pin-source = value:1234'
done
tool=$PRIVYSEAL_BUILD/tools/privyseal
printf '1234\n' > pin
chmod 600 pin
OURS='-propquery ?provider=privyseal'

genpkey() { # genpkey LABEL ALGORITHM OPTION...: makes LABEL.pem
    local label=$1 algorithm=$2
    shift 2
    # shellcheck disable=SC2086
    openssl genpkey $OURS -algorithm "$algorithm" \
        -pkeyopt "pkcs11_uri:pkcs11:token=lab;object=$label" "$@" -out "$label.pem"
}

shown() { # shown TITLE LABEL TEXT: what the tool says of the key
    ok "$1" "$tool" key show --module "$SOFTHSM_MODULE" --pin-source file:pin \
        --token pkcs11:token=lab --label "$2" && said "$1" "$3"
}

verified() { # verified LABEL ARGUMENT...: a signature by the file
    local label=$1
    shift
    ok "$label: the file signs" openssl dgst "$@" -sign "$label.pem" -out sig msg &&
        ok "$label: its public half" openssl pkey -in "$label.pem" -pubout -out got &&
        ok "$label: verifies" plain dgst "$@" -verify got -signature sig msg
}

for order in first second; do
    use $order
    key=rsa-$order
    ok "an RSA key" genpkey $key RSA -pkeyopt bits:3072 &&
        said "as a file" 'BEGIN PKCS#11 PROVIDER URI' $key.pem
    shown "its type" $key 'RSA-3072'
    shown "all that it can" $key 'may        sign, decrypt'
    verified $key -sha256
    no "the label is taken" "this label already" genpkey $key RSA

    ok "a key that signs" genpkey s-$order RSA -pkeyopt \
        pkcs11_key_usage:digitalSignature,keyCertSign
    shown "only signs" s-$order 'may        sign\(, unwrap\)*$'
    ok "a key that decrypts" genpkey d-$order RSA -pkeyopt \
        pkcs11_key_usage:keyEncipherment
    shown "only decrypts" d-$order 'may        decrypt\(, unwrap\)*$'
    ok "an extractable key" genpkey e-$order RSA -pkeyopt privyseal_extractable:1
    shown "which may leave" e-$order 'born       local$'
    ok "a key with an id" genpkey i-$order RSA -pkeyopt "hexprivyseal_id:0a0b0$(
        [ $order = first ] && echo 1 || echo 2)"
    shown "in hex" i-$order 'id         0a0b0'
    ok "a key with an id in letters" genpkey t-$order RSA -pkeyopt \
        "privyseal_id:web-$order"
    shown "as it is" t-$order 'id=.*%77%65%62\|id         776562'
    no "an id that is taken" "this id already" genpkey x-$order RSA -pkeyopt \
        "privyseal_id:web-$order"
    ok "a key for one mechanism" genpkey m-$order RSA -pkeyopt \
        privyseal_allowed_mechanisms:CKM_RSA_PKCS
    verified m-$order -sha256
    no "which keeps to it" "privyseal" openssl dgst -sha256 -sign m-$order.pem \
        -sigopt rsa_padding_mode:pss -out sig msg
    ok "a key with dates" genpkey v-$order RSA -pkeyopt \
        privyseal_start_date:2026-01-01 -pkeyopt privyseal_end_date:20361231
    no "no such day" "privyseal_end_date" genpkey y-$order RSA -pkeyopt \
        privyseal_end_date:2026-02-30
    no "no such mechanism" "privyseal_allowed_mechanisms" genpkey y-$order RSA \
        -pkeyopt privyseal_allowed_mechanisms:CKM_NONE
    no "no such usage" "pkcs11_key_usage" genpkey y-$order RSA -pkeyopt \
        pkcs11_key_usage:all
    no "no such token" "no token" openssl genpkey -propquery provider=privyseal \
        -algorithm RSA -pkeyopt 'pkcs11_uri:pkcs11:token=none;object=z'

    for curve in P-256 P-384 secp521r1; do
        key=$curve-$order
        ok "$curve" genpkey $key EC -pkeyopt group:$curve
        verified $key -sha384
        ok "$curve: text" openssl pkey -in $key.pem -text -noout
        said "$curve: by name" 'ASN1 OID: '
    done
    shown "a curve has a name" P-256-$order 'EC P-256'
    shown "and can do two things" P-256-$order 'may        sign, derive$'
    key=ed-$order
    ok "Ed25519" genpkey $key ED25519
    ok "Ed25519: the file signs" openssl pkeyutl -sign -rawin -inkey $key.pem -in msg \
        -out sig &&
        ok "Ed25519: its public half" openssl pkey -in $key.pem -pubout -out got &&
        ok "Ed25519: verifies" plain pkeyutl -verify -rawin -pubin -inkey got \
            -in msg -sigfile sig
    ok "Ed25519: text" openssl pkey -in $key.pem -text -noout
    said "Ed25519: public octets" '^pub:'
    shown "which has a name" $key 'Ed25519'

    # shellcheck disable=SC2086
    ok "without a URI it is software" openssl genpkey $OURS -algorithm EC \
        -pkeyopt group:P-256 -out soft.pem && ok "a usual key" plain pkey \
        -in soft.pem -noout
done
summary
