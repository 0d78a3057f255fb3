#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong is said in one line that names the cause; no program crashes,
# and a wrong PIN is tried once.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_refuses_clearly
sign() {
    openssl dgst -sha256 -sign "$1" -out sig msg
}

for order in first second; do
    use $order
    no "no token" "token" sign 'pkcs11:token=none;object=k?pin-value=1234'
    no "no object" "object\|key" sign \
        'pkcs11:token=lab;object=none?pin-value=1234'
    no "not a URI" "URI" sign 'pkcs11:token=%zz'
    no "no PIN" "PIN" sh -c "openssl dgst -sha256 -passin pass: -out sig \
        -sign 'pkcs11:token=lab;object=k;type=private' msg < /dev/null"
    no "PIN source missing" "PIN" sign \
        'pkcs11:token=lab;object=k?pin-source=file:/nowhere/pin'
done

use first
no "PIN wrong" "PIN" sign 'pkcs11:token=lab;object=k?pin-value=9999'
ok "one line tells the reason" test "$(grep -c privyseal: stderr)" -eq 1
no "PIN wrong again" "PIN" sign 'pkcs11:token=lab;object=k?pin-value=9999'
unsaid "the reason does not show the PIN" '9999.*privyseal\|privyseal.*9999' \
    stderr

openssl_conf traced.cnf first "trace = $DIR/trace,2" 'pin-source = value:1234' \
    'key-copies = off'
use traced
ok "PIN by configuration" sign 'pkcs11:token=lab;object=k;type=private'
ok "signed by one C_Sign" test "$(grep -c ' C_Sign ' trace)" -eq 1
# From C_Initialize on; SoftHSM2 has a spare slot, which is looked at too.
ok "15 calls at most, all in all" test "$(grep -c ' C_' trace)" -le 15
unsaid "no PIN in the trace" 1234 trace
: > trace
no "PIN wrong, traced" "PIN" sign 'pkcs11:token=lab;object=k?pin-value=9999'
ok "one login" test "$(grep -c ' C_Login ' trace)" -eq 1

openssl_conf aliases.cnf first 'pkcs11-module-token-pin = 1234' \
    'pkcs11-module-quirks = no-deinit' 'pkcs11-module-cache-keys = false'
sed -i 's/^module-path/pkcs11-module-path/' aliases.cnf
use aliases
ok "pkcs11-provider's names" sign 'pkcs11:token=lab;object=k;type=private'
openssl_conf libp11.cnf first
sed -i '/^module-path/d' libp11.cnf
use libp11
ok "libp11's environment" env "PKCS11_MODULE_PATH=$SOFTHSM_MODULE" \
    PKCS11_PIN=1234 openssl dgst -sha256 -out sig \
    -sign 'pkcs11:token=lab;object=k;type=private' msg

openssl_conf listed.cnf first 'modules = none hsm' \
    'none.module-path = /nowhere/module.so' "hsm.module-path = $SOFTHSM_MODULE" \
    'pins = p' 'p.token = lab' 'p.pin-source = value:1234'
sed -i '/^module-path/d' listed.cnf
use listed
ok "modules and pins by name" sign 'pkcs11:token=lab;object=k;type=private'

openssl_conf missing.cnf first
sed -i 's/^module-path.*/module-path = \/nowhere\/module.so/' missing.cnf
use missing
no "module missing" "/nowhere/module.so" sign "$KEY"
openssl_conf foreign.cnf first
sed -i 's/^module-path.*/module-path = \/nowhere\/module.so/' foreign.cnf
sed -i "s,/nowhere/module.so,$PROVIDER," foreign.cnf
use foreign
no "not a Cryptoki module" "privyseal.so" sign "$KEY"

use first
no "SOFTHSM2_CONF wrong" "SOFTHSM2_CONF\|token\|initiali" \
    env SOFTHSM2_CONF=/nowhere/conf openssl dgst -sha256 -sign "$KEY" \
    -out sig msg

openssl_conf bad.cnf first 'login = sometimes'
use bad
openssl list -providers > stdout 2> stderr
unsaid "a bad setting keeps it out" privyseal
summary
