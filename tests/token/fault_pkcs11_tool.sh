#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The built-in token of tests/fault, judged by OpenSC's pkcs11-tool and openssl.
set -eu
command -v pkcs11-tool > /dev/null || { echo "skipped: pkcs11-tool is not installed"; exit 77; }
module=$PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so
work=$(mktemp -d "$PRIVYSEAL_BUILD/fault-tool-XXXXXX")
trap 'rm -rf "$work"' EXIT
settings="token-dir='$work/token' label=lab pin=1234 journal='$work/signatures'"
export PRIVYSEAL_FAULT="$settings"
# An instrumented module needs its runtime first in a program that has none.
runtime=$(ldd "$module" | sed -n 's/.*=> \(.*lib[at]san[^ ]*\).*/\1/p')
if [ -z "$runtime" ] && nm -D "$module" | grep -q ' U __[at]san_init'; then
    echo "skipped: the module wants a sanitizer that pkcs11-tool has not"
    exit 77
fi
tool() {
    LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0 pkcs11-tool --module "$module" "$@"
}

tool -T | grep -q 'token label *: lab'
tool -l -p 1234 --keypairgen --key-type rsa:2048 --id 01 --label k1 > /dev/null
tool -l -p 1234 -O | grep -q 'sensitive, always sensitive, never extractable, local'
[ "$(tool -O | grep -c 'Key Object')" = 1 ] # the private key is private
tool --read-object --type pubkey --id 01 -o "$work/public.der" > /dev/null

echo "signed by a token" > "$work/data"
for mechanism in SHA1 SHA256 SHA384 SHA512; do
    tool -l -p 1234 --sign --id 01 -m $mechanism-RSA-PKCS -i "$work/data" -o "$work/sig" > /dev/null
    openssl dgst -$mechanism -verify "$work/public.der" -keyform DER -signature "$work/sig" "$work/data" > /dev/null
done
tool -l -p 1234 --sign --id 01 -m SHA256-RSA-PKCS-PSS -i "$work/data" -o "$work/sig" > /dev/null 2>&1
openssl dgst -sha256 -sigopt rsa_padding_mode:pss -verify "$work/public.der" -keyform DER \
    -signature "$work/sig" "$work/data" > /dev/null
[ "$(grep -c '^01 ' "$work/signatures")" = 5 ]

openssl pkeyutl -encrypt -pubin -keyform DER -inkey "$work/public.der" -in "$work/data" -out "$work/sealed" \
    -pkeyopt rsa_padding_mode:oaep
tool -l -p 1234 --decrypt --id 01 -m RSA-PKCS-OAEP --hash-algorithm SHA-1 --mgf MGF1-SHA1 \
    -i "$work/sealed" -o "$work/opened" > /dev/null 2>&1
cmp "$work/data" "$work/opened"

tool -l -p 1234 -t > "$work/report" 2>&1 || true
grep -q '^No errors' "$work/report" || { cat "$work/report"; exit 1; }

# A rule from the environment: the first signature has a wrong bit.
PRIVYSEAL_FAULT="$settings rule=C_Sign:1=bitflip rule=C_SignFinal:1=bitflip"
tool -l -p 1234 --sign --id 01 -m SHA256-RSA-PKCS -i "$work/data" -o "$work/sig" > /dev/null
if openssl dgst -sha256 -verify "$work/public.der" -keyform DER -signature "$work/sig" "$work/data" > /dev/null 2>&1; then
    echo "the spoilt signature verifies"
    exit 1
fi
PRIVYSEAL_FAULT="$settings rule=*:5=kill"
if tool -l -p 1234 -O > /dev/null 2>&1; then
    echo "the process was not killed"
    exit 1
fi
PRIVYSEAL_FAULT=$settings
tool -l -p 1234 -O | grep -q 'Private Key Object'
