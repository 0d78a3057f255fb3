#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keys that want their PIN for each signature get it from every source there is;
# where there is none, the terminal is asked by name of token and key, once where
# the PIN is kept; and without a terminal the error says what to configure.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_asks_for_pins
command -v pkcs11-tool > /dev/null || { echo "pkcs11-tool is not installed"; exit 77; }
unset PKCS11_PIN PKCS11_MODULE_PATH CREDENTIALS_DIRECTORY
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --pin 1234 --login \
    --keypairgen --key-type rsa:2048 --label aa --id 0a --always-auth \
    > keygen.log 2>&1 || { cat keygen.log; exit 1; }
pkcs11-tool --module "$SOFTHSM_MODULE" --token-label lab --read-object --type pubkey \
    --id 0a -o aa.der > /dev/null 2>&1
plain pkey -pubin -inform DER -in aa.der -out aa.pem || exit 1
AA='pkcs11:token=lab;object=aa;type=private'
printf '1234\n' > pin
terminal() {
    python3 "$PRIVYSEAL_SOURCE/tests/token/terminal.py" "$@"
}

conf() {
    openssl_conf conf.cnf first "$@"
    OPENSSL_CONF=$DIR/conf.cnf
    export OPENSSL_CONF
}

signed() {
    ok "$1, verified" plain dgst -sha256 -verify aa.pem -signature sig msg
    rm -f sig
}

conf "trace = $DIR/trace,2"
ok "PIN in the URI" openssl dgst -sha256 -sign "$AA?pin-value=1234" -out sig msg
signed "PIN in the URI"
said "two logins" C_Login trace
[ "$(grep -c C_Login trace)" = 2 ] || fail "not two logins"
ok "PIN file in the URI" openssl dgst -sha256 -sign "$AA?pin-source=file:$DIR/pin" -out sig msg
signed "PIN file in the URI"
conf "pin-source = file:$DIR/pin"
ok "PIN file" openssl dgst -sha256 -sign "$AA" -out sig msg
signed "PIN file"
conf "pkcs11-module-token-pin = 1234"
ok "PIN in the configuration" openssl dgst -sha256 -sign "$AA" -out sig msg
signed "PIN in the configuration"

# Nothing is configured: the program asks at loading, we ask for the signature.
conf
ok "terminal" terminal 1234 openssl dgst -sha256 -sign "$AA" -out sig msg
said "asked twice" '^questions: 2$'
said "for the token" "PIN of token 'lab'"
said "for the key" "PIN of token 'lab' for key 'aa'"
unsaid "without echo" 1234
signed "terminal"
conf 'pin-cache = on'
ok "terminal, kept" terminal 1234 openssl dgst -sha256 -sign "$AA" -out sig msg
said "asked once" '^questions: 1$'
signed "terminal, kept"
conf
not() {
    ! "$@"
}
ok "wrong answer" not terminal 9999 openssl dgst -sha256 -sign "$AA" -out sig msg
said "asked once" '^questions: 1$'
said "wrong answer" 'CKR_PIN_INCORRECT\|PIN is wrong'

# The PIN came from the program; nobody can be asked for the second.
no "no terminal" 'pin-source' setsid -w openssl dgst -sha256 -passin pass:1234 \
    -sign "$AA" -out sig msg
no "no terminal, nothing at all" '' setsid -w openssl dgst -sha256 \
    -sign "$AA" -out sig msg
summary
