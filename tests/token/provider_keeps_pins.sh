#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A PIN that is given in every way there is comes out nowhere: not on standard
# output or standard error, not in a trace at its highest level, not in an error,
# not in anything that the process writes to any file or socket.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_keeps_pins
command -v strace > /dev/null || { echo "strace is not installed"; exit 77; }
strace -o /dev/null true 2> /dev/null || { echo "strace is not allowed"; exit 77; }
unset PKCS11_PIN PKCS11_MODULE_PATH PKCS11_FORCE_LOGIN CREDENTIALS_DIRECTORY

PIN=canary7319
softhsm2-util --init-token --free --label safe --pin "$PIN" --so-pin 56785678 > /dev/null &&
    softhsm2-util --import k.p8 --token safe --label k --id 01 --pin "$PIN" > /dev/null || exit 1
printf '%s\n' "$PIN" > pin
printf 'wrong-%s\n' "$PIN" > wrong
mkdir -p credentials
cp pin credentials/hsm-pin
chmod 600 pin wrong credentials/hsm-pin
URI='pkcs11:token=safe;object=k;type=private'

# conf LINE...: our section with a trace at its highest level and these lines
conf() {
    openssl_conf pins.cnf first "trace = $DIR/trace,2" "$@"
    sed -i '1i config_diagnostics = 1' pins.cnf
    OPENSSL_CONF=$DIR/pins.cnf
    export OPENSSL_CONF
}

# watched COMMAND...: every octet that it writes goes to $DIR/writes too
watched() {
    strace -f -s 65536 -o "$DIR/writes" \
        -e trace=write,writev,pwrite64,pwritev,sendto,sendmsg "$@"
}

# What the program says of its own argument is the program's.
quiet() {
    local title=$1 file
    COUNT=$((COUNT + 1))
    [ -s trace ] || fail "$title: no trace"
    grep -q 'C_Login' trace || fail "$title: no login in the trace"
    for file in stdout stderr trace writes; do
        ! grep -av 'Could not \(read\|find\|open\)\|pin-value=' "$file" |
            grep -aq canary || fail "$title: the PIN is in $file"
    done
    rm -f trace
}

signs() {
    ok "$1" watched openssl dgst -sha256 -sign "$2" -out sig msg &&
        ok "$1, verified" plain dgst -sha256 -verify k.pem -signature sig msg
    quiet "$1"
}

refused() {
    no "$1" '' watched openssl dgst -sha256 -sign "$2" -out sig msg
    quiet "$1"
}

conf
signs "pin-value in the URI" "$URI?pin-value=$PIN"
signs "pin-source in the URI" "$URI?pin-source=file:$DIR/pin"
refused "wrong pin-value in the URI" "$URI?pin-value=wrong-$PIN"
refused "wrong pin-source in the URI" "$URI?pin-source=file:$DIR/wrong"
# A right login makes the token forget the wrong ones.
signs "pin-value again" "$URI?pin-value=$PIN"
conf "pin-source = file:$DIR/pin"
signs "pin-source = file:" "$URI"
conf "pin-source = $DIR/pin"
signs "pin-source = path" "$URI"
conf "pin-source = value:$PIN"
signs "pin-source = value:" "$URI"
conf "pins = s" "s.token = pkcs11:token=safe" "s.pin-source = value:$PIN"
signs "pins by URI of the token" "$URI"
conf "pins = s" "s.token = safe" "s.pin-source = file:$DIR/pin"
signs "pins by label of the token" "$URI"
conf "pkcs11-module-token-pin = $PIN" "pkcs11-module-cache-pins = cache"
signs "pkcs11-module-token-pin" "$URI"
conf "pkcs11-module-token-pin = file:$DIR/pin"
signs "pkcs11-module-token-pin = file:" "$URI"
conf "pin = $PIN" "pin-cache = on"
signs "pin" "$URI"
conf "pin = wrong-$PIN"
refused "wrong pin" "$URI"
conf "pin-source = credential:hsm-pin"
export CREDENTIALS_DIRECTORY=$DIR/credentials
signs "pin-source = credential:" "$URI"
conf
signs "credential in the URI" "$URI?pin-source=credential:hsm-pin"
unset CREDENTIALS_DIRECTORY
export PKCS11_PIN=$PIN
signs "PKCS11_PIN" "$URI"
unset PKCS11_PIN
ok "pass phrase of the program" watched openssl dgst -sha256 \
    -passin "file:$DIR/pin" -sign "$URI" -out sig msg
quiet "pass phrase of the program"

# Settings that contradict each other keep the provider from being loaded.
conf "pin = $PIN" "pin-source = value:other-$PIN"
no "contradicting PINs" '' watched openssl dgst -sha256 -sign "$URI" -out sig msg
unsaid "contradicting PINs" canary stderr
unsaid "contradicting PINs, written" canary writes
no "contradicting PINs, explained" '' \
    "$PRIVYSEAL_BUILD/tools/privyseal" doctor openssl-conf pins.cnf
said "contradicting PINs, explained" 'pin-source and pin mean the same'
unsaid "contradicting PINs, explained" canary

# pkcs11-provider's variable is understood, and as silent.
openssl_conf pins.cnf first "pin = $PIN"
PKCS11_PROVIDER_DEBUG=file:/dev/stderr,level:9 ok "trace on standard error" \
    openssl dgst -sha256 -sign "$URI" -out sig msg
said "trace on standard error" ' C_Login CKR_OK ' stderr
unsaid "trace on standard error" canary stderr
summary
