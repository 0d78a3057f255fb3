#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# PINs, and tokens that are not as they should be: exit code and sentence.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
ok="--module $SOFTHSM_MODULE --token pkcs11:token=root"

printf '9999\n' > wrong
exits 7 "$tool" key list $ok --pin-source file:wrong
exits 7 "$tool" key generate $ok --pin-source file:wrong --label x
sed 's/^pin_source.*/pin_source = file:..\/wrong/' root1/privyseal.conf > wrong.conf
cp wrong.conf root1/wrong.conf
exits 7 "$tool" enroll --store root1 --config root1/wrong.conf --export
[ ! -e RMS01EnrollRequest.xml ] || fail "a request was written"

# One attempt a command: a second would take one more of the few there are.
fault=$PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so
if [ -f "$fault" ]; then
    mkdir lab
    set -- --module "$fault" --token pkcs11:token=lab
    PRIVYSEAL_FAULT="token-dir='$folder/lab' label=lab pin=1234"
    export PRIVYSEAL_FAULT
    exits 0 "$tool" init --store lab-store --role root --name LAB --url https://lab.example/_wmcs \
        --anchors ea/anchors.pem --pin-source file:pin "$@"
    sed 's/^pin_source.*/pin_source = file:..\/wrong/' lab-store/privyseal.conf > lab-store/wrong.conf
    PRIVYSEAL_FAULT="$PRIVYSEAL_FAULT count='$folder/calls'"
    one_login() {
        rm -f calls
        exits 7 "$@"
        grep -qx 'C_Login 1' calls || fail "logins: $* $(grep C_Login calls)"
    }
    one_login "$tool" key list "$@" --pin-source file:wrong
    one_login "$tool" key generate "$@" --pin-source file:wrong --label x
    one_login "$tool" token probe "$@" --pin-source file:wrong
    one_login "$tool" enroll --store lab-store --config lab-store/wrong.conf --export
    unset PRIVYSEAL_FAULT
fi

# PIN files must be kept as such.
chmod 640 pin
exits 2 "$tool" key list $ok --pin-source file:pin
says err "group or others"
exits 2 "$tool" enroll --store root1 --export
says err "group or others"
chmod 600 pin
ln -s pin soft
exits 2 "$tool" key list $ok --pin-source file:soft
ln pin hard
exits 2 "$tool" key list $ok --pin-source file:pin
rm hard
printf '1234\r\n' > crlf
exits 2 "$tool" key list $ok --pin-source file:crlf
: > empty
exits 2 "$tool" key list $ok --pin-source file:empty
exits 2 "$tool" key list $ok --pin-source file:missing
says err missing
exits 2 "$tool" key list $ok --pin-source credential:x
exits 2 "$tool" key list $ok
says err "no terminal"
mkdir credentials
printf '1234' > credentials/rms-pin
chmod 440 credentials/rms-pin
CREDENTIALS_DIRECTORY=$folder/credentials exits 0 "$tool" key list $ok --pin-source credential:rms-pin
PKCS11_PIN=1234 exits 2 "$tool" key list $ok
exits 2 "$tool" key list --module "$SOFTHSM_MODULE" --token 'pkcs11:token=root?pin-value=1234'
silent err 1234

# Tokens and modules.
exits 6 "$tool" key list --module "$SOFTHSM_MODULE" --token pkcs11:token=nobody --pin-source file:pin
# A store that cannot begin leaves nothing behind.
exits 6 "$tool" init --store early --role authority --name Early --module "$SOFTHSM_MODULE" \
    --token pkcs11:token=nobody --pin-source file:pin
[ ! -e early ] || fail "a store without a token was left behind"
says err nobody
exits 2 "$tool" token list --module /nowhere.so
says err /nowhere.so
exits 2 "$tool" token list --module "$folder/pin"
exits 2 "$tool" init --store s --role authority --name EA --module /nowhere.so --token pkcs11:token=ea \
    --pin-source file:pin
[ ! -e s ] || fail "a store was made"
sed 's|^module.*|module = /nowhere.so|' root1/privyseal.conf > root1/nomodule.conf
exits 2 "$tool" enroll --store root1 --config root1/nomodule.conf --export
mv softhsm2.conf elsewhere.conf
exits 6 "$tool" token list --module "$SOFTHSM_MODULE"
says err SOFTHSM2_CONF
exits 6 "$tool" enroll --store root1 --export
says err SOFTHSM2_CONF
mv elsewhere.conf softhsm2.conf
mv tokens away
mkdir tokens
exits 6 "$tool" enroll --store root1 --export
rmdir tokens
mv away tokens
exits 0 "$tool" enroll --store root1 --export

# What reads only needs no token.
rm pin
exits 11 "$tool" status --store root1
exits 0 "$tool" log verify --store root1
exits 0 "$tool" request check RMS01EnrollRequest.xml
