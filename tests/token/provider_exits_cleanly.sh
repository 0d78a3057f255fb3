#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# SoftHSM 2.6.1 uses the program's own OpenSSL, which is torn down before it. No
# program dies of that, whatever it does and however it ends, with our provider
# before or after default; and its exit code is the one it has without us.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_exits_cleanly
PUB='pkcs11:token=lab;object=k;type=public'
NONE='pkcs11:token=lab;object=none;type=private?pin-value=1234'
plain dgst -sha256 -sign k.key -out soft.sig msg
plain pkeyutl -encrypt -pubin -inkey k.pem -in msg -out crypt
plain cms -encrypt -in msg -out msg.cms cert.pem
plain req -new -key k.key -subj /CN=x -out x.csr

# Curves too.
for name in p256:02 ed:03; do
    case $name in
    p256*) plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key ;;
    ed*) plain genpkey -algorithm ED25519 -out ec.key ;;
    esac
    plain pkcs8 -topk8 -nocrypt -in ec.key -out ec.p8
    softhsm2-util --import ec.p8 --token lab --label "${name%:*}" --id "${name#*:}" \
        --pin 1234 > /dev/null || exit 1
done
EC=${KEY/object=k/object=p256}
ED=${KEY/object=k/object=ed}
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key
plain pkey -in peer.key -pubout -out peer.pem

all() {
    ok "ECDSA" openssl dgst -sha256 -sign "$EC" -out sig msg
    no "ECDH, not allowed" '' openssl pkeyutl -derive -inkey "$EC" -peerkey peer.pem -out out
    ok "Ed25519" openssl pkeyutl -sign -rawin -inkey "$ED" -in msg -out sig
    ok "EC request" openssl req -new -key "$EC" -subj /CN=x -out x.csr
    ok "version" openssl version -a
    ok "list providers" openssl list -providers
    ok "list stores" openssl list -store-loaders
    ok "storeutl" openssl storeutl -noout "$KEY"
    ok "pkey -pubout" openssl pkey -in "$KEY" -pubout -out p.pem
    ok "pkey -pubin" openssl pkey -pubin -in "$PUB" -pubout -out p.pem
    ok "pkey -text" openssl pkey -in "$KEY" -text -noout
    ok "rsa -modulus" openssl rsa -in "$KEY" -modulus -noout
    ok "dgst" openssl dgst -sha256 msg
    ok "dgst -sign" openssl dgst -sha256 -sign "$KEY" -out sig msg
    ok "dgst -sign, PSS" openssl dgst -sha512 -sign "$KEY" \
        -sigopt rsa_padding_mode:pss -out sig msg
    ok "dgst -verify" openssl dgst -sha256 -verify k.pem -signature soft.sig msg
    ok "pkeyutl -sign" openssl pkeyutl -sign -inkey "$KEY" -in msg -out sig
    ok "pkeyutl -decrypt" openssl pkeyutl -decrypt -inkey "$KEY" -in crypt -out out
    ok "pkeyutl -encrypt" openssl pkeyutl -encrypt -inkey "$KEY" -in msg -out out
    ok "req -new" openssl req -new -key "$KEY" -subj /CN=x -out x.csr
    ok "req -x509" openssl req -x509 -key "$KEY" -subj /CN=x -out x.pem
    ok "x509 -req" openssl x509 -req -in x.csr -signkey "$KEY" -out x.pem
    ok "x509 -text" openssl x509 -in cert.pem -text -noout
    ok "verify" openssl verify -CAfile cert.pem cert.pem
    ok "cms -sign" openssl cms -sign -in msg -signer cert.pem -inkey "$KEY" -out s.cms
    ok "cms -decrypt" openssl cms -decrypt -in msg.cms -recip cert.pem \
        -inkey "$KEY" -out out
    ok "smime -sign" openssl smime -sign -in msg -signer cert.pem -inkey "$KEY" -out s.sm
    ok "spkac" openssl spkac -key "$KEY" -out spkac
    ok "genrsa" openssl genrsa -out g.key 2048
    ok "genpkey EC" openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out g.key
    ok "enc" openssl enc -aes-256-cbc -pbkdf2 -k x -in msg -out out
    ok "rand" openssl rand -out out 32
    ok "ecparam" openssl ecparam -name P-256 -genkey -noout -out g.key
    ok "pkey, its URI out" openssl pkey -in "$KEY" -out out
    no "pkey, private out" '' openssl pkey -in "$KEY" -outform DER -out out
    no "pkcs12, private out" '' openssl pkcs12 -export -inkey "$KEY" -in cert.pem \
        -passout pass:x -out out
    no "no such object" '' openssl dgst -sha256 -sign "$NONE" -out sig msg
    no "no such token" '' openssl pkey -in 'pkcs11:token=none' -noout
    no "wrong PIN" '' openssl pkey -in "${KEY%1234}9999" -noout
    no "no such file" '' openssl dgst -sha256 -sign "$KEY" -out sig nowhere
    no "no such option" '' openssl dgst -nonsense
    no "nobody there" '' openssl s_client -connect 127.0.0.1:1 -cert cert.pem -key "$KEY"
    # The right PIN again: the token counts wrong ones.
    ok "right PIN" openssl pkey -in "$KEY" -noout
}

for order in first second; do
    use $order
    all
done
summary
