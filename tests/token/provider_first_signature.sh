#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the first signature of a process costs in calls of the module, all of
# them counted from its loading to its end.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"

MOST=11 # from the first call to C_Sign

DIR=$PRIVYSEAL_BUILD/tests/scratch/provider_first_signature
SOFTHSM_MODULE=$PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so
rm -rf "$DIR"
mkdir -p "$DIR/token"
cd "$DIR" || exit 1
openssl_conf first.cnf first
use first
PRIVYSEAL_FAULT="token-dir='$DIR/token' label=lab log='$DIR/log'"
export PRIVYSEAL_FAULT
KEY='pkcs11:token=lab;object=k;type=private?pin-value=1234'
printf 'message to sign\n' > msg

(umask 077 && echo 1234 > pin)
ok "a key is made" "$PRIVYSEAL_BUILD/tools/privyseal" key generate \
    --module "$SOFTHSM_MODULE" --pin-source file:pin --token pkcs11:token=lab \
    --label k
rm -f log
ok "the first signature" openssl dgst -sha256 -sign "$KEY" -out sig msg

# After the signature: what ends the session and the module.
awk '{ if (!done) n++ } $1 == "C_Sign" { done = 1 } END { print n }' log > calls
ok "costs at most $MOST calls" test "$(cat calls)" -le $MOST || cat log
ok "the PIN is sent once" test "$(grep -c '^C_Login ' log)" -eq 1
summary
