#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Key agreement with EC keys of the token: pkeyutl -derive gives what software
# gives, and cms -decrypt reads what software has written.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_ec_agrees

uri() {
    echo "pkcs11:token=lab;object=$1;type=private?pin-value=1234"
}

command -v pkcs11-tool > /dev/null || exit 77
id=40
for curve in P-256 P-384 P-521; do
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve \
        -out $curve.p8 &&
        plain pkey -in $curve.p8 -pubout -out $curve.pem &&
        plain pkey -in $curve.p8 -outform DER -out $curve.der &&
        plain pkey -in $curve.p8 -pubout -outform DER -out $curve.pub &&
        plain req -x509 -new -key $curve.p8 -subj "/CN=$curve" -days 30 \
            -out $curve.crt || exit 1
    # softhsm2-util lets no key derive
    for part in privkey:der pubkey:pub; do
        pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login \
            --pin 1234 --write-object $curve.${part#*:} --type ${part%:*} \
            --label $curve --id $id --usage-derive --usage-sign \
            > pkcs11-tool.log 2>&1 || { cat pkcs11-tool.log; exit 1; }
    done
    plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve \
        -out peer.$curve.p8 &&
        plain pkey -in peer.$curve.p8 -pubout -out peer.$curve.pem || exit 1
    id=$((id + 1))
done

# A key whose public half is in its certificate alone
plain genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
    -out lone.p8 &&
    plain pkey -in lone.p8 -pubout -out lone.pem &&
    plain pkey -in lone.p8 -outform DER -out lone.der &&
    plain req -x509 -new -key lone.p8 -subj /CN=lone -days 30 -outform DER \
        -out lone.crt || exit 1
for part in privkey:der cert:crt; do
    pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login \
        --pin 1234 --write-object lone.${part#*:} --type ${part%:*} \
        --label lone --id 50 > pkcs11-tool.log 2>&1 ||
        { cat pkcs11-tool.log; exit 1; }
done

derives() {
    ok "$1 pkeyutl -derive" openssl pkeyutl -derive -inkey "$(uri "$1")" \
        -peerkey peer.$1.pem -out secret &&
        ok "in software" plain pkeyutl -derive -inkey peer.$1.p8 \
            -peerkey $1.pem -out expected &&
        ok "gives the same" cmp secret expected
    ok "$1 cofactor mode" openssl pkeyutl -derive -inkey "$(uri "$1")" \
        -peerkey peer.$1.pem -pkeyopt ecdh_cofactor_mode:1 -out secret &&
        ok "gives the same" cmp secret expected
}

# decrypts CURVE OPTION...
decrypts() {
    local curve=$1
    shift
    ok "$curve cms -encrypt $*" plain cms -encrypt -binary -in msg -out msg.cms \
        -outform PEM -aes-256-cbc -recip $curve.crt "$@" &&
        ok "$curve cms -decrypt $*" openssl cms -decrypt -in msg.cms \
            -inform PEM -inkey "$(uri $curve)" -recip $curve.crt -out out &&
        ok "gives the message" cmp msg out
    rm -f out
    ok "$curve cms -decrypt without a certificate $*" openssl cms -decrypt \
        -in msg.cms -inform PEM -inkey "$(uri $curve)" -out out &&
        ok "gives the message" cmp msg out
}

for order in first second; do
    use $order
    for curve in P-256 P-384 P-521; do
        derives $curve
        decrypts $curve
        decrypts $curve -keyopt ecdh_kdf_md:sha256
        decrypts $curve -keyopt ecdh_kdf_md:sha512 \
            -keyopt ecdh_cofactor_mode:1
    done
    ok "a key with a certificate alone" openssl pkey -in "$(uri lone)" \
        -pubout -out pub.pem && ok "has its public half" cmp pub.pem lone.pem
    no "P-256 with a peer of P-384" '' openssl pkeyutl -derive \
        -inkey "$(uri P-256)" -peerkey P-384.pem -out secret
    ok "software agrees as ever" openssl pkeyutl -derive \
        -inkey peer.P-256.p8 -peerkey P-256.pem -out secret &&
        ok "and gives the same" plain pkeyutl -derive -inkey peer.P-256.p8 \
            -peerkey P-256.pem -out expected && ok "secret" cmp secret expected
done
summary
