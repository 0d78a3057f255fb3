#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Some thousand vectors, judged by OpenSSL's default provider and by the token's
# keys alike (tests/vectors). The public keys are objects in the token, the
# private ones were imported into it.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_vectors
vectors=$PRIVYSEAL_BUILD/tests/vectors
[ -x "$vectors" ] && [ -x "$(command -v pkcs11-tool)" ] || exit 77
for order in first second; do
    openssl_conf "$order.cnf" "$order" 'pin-source = value:1234'
done

# softhsm2-util imports keys that do not derive.
import() { # import LABEL ID FILE
    local tool=(pkcs11-tool --module "$SOFTHSM_MODULE" --login --pin 1234
        --token-label lab --id "$2" --label "$1")
    plain pkey -in "$3" -outform DER -out "$1.der" &&
        plain pkey -in "$3" -pubout -outform DER -out "$1.pub.der" &&
        "${tool[@]}" --write-object "$1.der" --type privkey --usage-sign \
            --usage-derive > /dev/null &&
        "${tool[@]}" --write-object "$1.pub.der" --type pubkey > /dev/null
}

judged() { # judged LABEL FILE
    ok "vectors of $1" "$vectors" "$2" "pkcs11:token=lab;object=$1" &&
        said "vectors of $1" ' 0 wrong$' &&
        TOTAL=$((TOTAL + $(cut -d' ' -f1 stdout)))
}

TOTAL=0
curves='P-256 P-384 P-521'
n=10
for curve in $curves; do
    plain ecparam -name "$curve" -genkey -noout -out "$curve.key"
    import "$curve" "$n" "$curve.key" || fail "import of $curve"
    n=$((n + 1))
done
plain genpkey -algorithm ED25519 -out ed.key
use first
judged k k.key
for curve in $curves; do
    judged "$curve" "$curve.key"
done
# pkcs11-tool 0.23 imports no such key.
if plain pkcs8 -topk8 -nocrypt -in ed.key -out ed.p8 &&
    softhsm2-util --import ed.p8 --token lab --label ed --id 20 --pin 1234 \
        > /dev/null 2> import.err; then
    judged ed ed.key
else
    echo "note: softhsm2-util imports no Ed25519 key"
fi
echo "$TOTAL vectors"
ok "a thousand at least" test "$TOTAL" -ge 1000
summary
