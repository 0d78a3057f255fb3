#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests, certificates, revocation lists and CMS with the token's key verify
# without the provider.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_certificates
plain x509 -in cert.pem -outform DER -out cert.der
[ -x "$(command -v pkcs11-tool)" ] || exit 77
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --login --pin 1234 \
    --write-object cert.der --type cert --label k --id 01 > tool.out 2>&1 ||
    exit 1
plain req -new -newkey rsa:2048 -nodes -keyout leaf.key -subj /CN=leaf \
    -out leaf.csr 2> /dev/null
PSS='-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest'
CERT='pkcs11:token=lab;object=k;type=cert'

for order in first second; do
    use $order
    for option in "" "$PSS"; do
        # shellcheck disable=SC2086
        ok "req $option" openssl req -new -key "$KEY" -subj /CN=me $option \
            -out me.csr && ok "verifies" plain req -verify -noout -in me.csr
        # shellcheck disable=SC2086
        ok "req -x509 $option" openssl req -x509 -key "$KEY" -subj /CN=me \
            $option -days 10 -out me.pem &&
            ok "verifies" plain verify -CAfile me.pem me.pem
        # shellcheck disable=SC2086
        ok "x509 -req $option" openssl x509 -req -in leaf.csr -CA cert.pem \
            -CAkey "$KEY" -set_serial 7 $option -days 10 -out leaf.pem &&
            ok "verifies" plain verify -CAfile cert.pem leaf.pem
    done
    ok "the certificate by URI" openssl x509 -in "$CERT" -out got.pem &&
        ok "is the same" cmp got.pem cert.pem
    ok "signing with the certificate by URI" openssl x509 -req -in leaf.csr \
        -CA "$CERT" -CAkey "$KEY" -set_serial 8 -days 10 -out leaf.pem &&
        ok "verifies" plain verify -CAfile cert.pem leaf.pem

    : > index.txt
    cat > ca.cnf <<END
[ca]
default_ca = here
[here]
database = $DIR/index.txt
default_md = sha256
default_crl_days = 3
END
    ok "ca -gencrl" openssl ca -config ca.cnf -gencrl -cert cert.pem \
        -keyfile "$KEY" -out crl.pem &&
        ok "verifies" plain crl -in crl.pem -CAfile cert.pem -noout

    for option in "" "-keyopt rsa_padding_mode:pss" "-noattr" "-cades"; do
        # shellcheck disable=SC2086
        ok "cms -sign $option" openssl cms -sign -binary -nodetach -in msg \
            -signer cert.pem -inkey "$KEY" $option -outform DER -out cms.der &&
            ok "verifies" plain cms -verify -binary -inform DER -in cms.der \
                -CAfile cert.pem -purpose any -out got &&
            ok "is the message" cmp msg got
    done
    for option in "" "-keyopt rsa_padding_mode:oaep" \
        "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"; do
        # shellcheck disable=SC2086
        plain cms -encrypt -binary -in msg -aes256 -recip cert.pem $option \
            -outform DER -out cms.der
        ok "cms -decrypt $option" openssl cms -decrypt -inform DER \
            -in cms.der -recip cert.pem -inkey "$KEY" -out got &&
            ok "is the message" cmp msg got
    done
    ok "spkac" openssl spkac -key "$KEY" -challenge c -out spkac &&
        ok "verifies" plain spkac -in spkac -verify -noout
done
summary
