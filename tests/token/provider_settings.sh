#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Several modules, several tokens with PINs of their own, several instances of
# the provider in one program; the environment; registered modules.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_settings
unset PKCS11_PIN PKCS11_MODULE_PATH PKCS11_PROVIDER_MODULE PKCS11_FORCE_LOGIN \
    PKCS11_PROVIDER_DEBUG CREDENTIALS_DIRECTORY
plain genrsa -out two.key 2048 2> /dev/null
plain rsa -in two.key -pubout -out two.pem 2> /dev/null
plain pkcs8 -topk8 -nocrypt -in two.key -out two.p8
softhsm2-util --init-token --free --label two --pin 4321 --so-pin 5678 > /dev/null &&
    softhsm2-util --import two.p8 --token two --label k --id 01 --pin 4321 > /dev/null || exit 1
printf '1234\n' > lab.pin
printf '4321\n' > two.pin
LAB='pkcs11:token=lab;object=k;type=private'
TWO='pkcs11:token=two;object=k;type=private'

conf() {
    openssl_conf conf.cnf first "$@"
    OPENSSL_CONF=$DIR/conf.cnf
    export OPENSSL_CONF
}

sign() { # sign TITLE URI PUBLIC [OPTIONS]
    local title=$1 uri=$2 public=$3
    shift 3
    rm -f sig
    ok "$title" openssl dgst -sha256 "$@" -sign "$uri" -out sig msg &&
        ok "$title, verified" plain dgst -sha256 -verify "$public" -signature sig msg
}

refused() { # refused TITLE TEXT URI [OPTIONS]
    local title=$1 text=$2 uri=$3
    shift 3
    # No terminal, no answer.
    no "$title" "$text" setsid openssl dgst -sha256 "$@" -sign "$uri" -out sig msg < /dev/null
}

# The manual has them all.
names=$(sed -n 's/^ *{\(THEIRS \)\{0,1\}"\([A-Za-z0-9_-]*\)", PROV_SET.*/\1\2/p' \
    "$PRIVYSEAL_SOURCE/provider/setting.c" | sed 's/^THEIRS /pkcs11-module-/')
[ "$(echo "$names" | wc -l)" -ge 36 ] || fail "only $(echo "$names" | wc -l) settings are found"
for name in $names; do
    said "the manual" "\(Cm\|Ev\|,\|^\.\|\\\\\) *$name\( \|$\)" \
        "$PRIVYSEAL_SOURCE/docs/man/privyseal-provider.7"
done

# So are all results of our own.
own=$(grep -c '^OWN(P11R_' "$PRIVYSEAL_SOURCE/pkcs11/names.def")
told=$(grep -c '^\.It 0x0070' "$PRIVYSEAL_SOURCE/docs/man/privyseal-provider.7")
[ "$own" -gt 10 ] && [ "$own" = "$told" ] || fail "$own results, $told in the manual"

# Each token gets its own PIN, and no other is tried.
conf 'pins = a b' 'a.token = lab' "a.pin-source = file:$DIR/lab.pin" \
    'b.token = pkcs11:token=two' "b.pin-source = file:$DIR/two.pin" \
    "trace = $DIR/trace,2"
sign "two PINs, one" "$LAB" k.pem
sign "two PINs, the other" "$TWO" two.pem
unsaid "no PIN was wrong" CKR_PIN_INCORRECT trace
said "the trace tells time, thread, function and result" \
    '^[0-9-]*T[0-9:.]*Z [0-9]* [0-9]* C_Login CKR_OK 0x0 [0-9]*us$' trace

# One default PIN is not sent to a token that wants another more than once.
conf "pin-source = file:$DIR/lab.pin"
refused "another token's PIN" 'CKR_PIN_INCORRECT\|PIN is wrong' "$TWO"

# Two modules in one provider.
openssl_conf modules.cnf first
sed -i "s|^module-path = .*|modules = soft fault\nsoft.module-path = $SOFTHSM_MODULE\nfault.module-path = $PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so\npin-source = file:$DIR/lab.pin|" modules.cnf
OPENSSL_CONF=$DIR/modules.cnf
sign "two modules" "$LAB" k.pem
ok "tokens of two modules" "$PRIVYSEAL_BUILD/tools/privyseal" doctor openssl-conf modules.cnf
said "tokens of two modules" "token: 'lab'"
said "tokens of two modules" "token: 'fault'"

# Two instances under names of their own: the property query chooses.
openssl_conf instances.cnf first
sed -i 's/^privyseal = .*/hsm-a = privyseal_sect\nhsm-b = b_sect/' instances.cnf
cat > b <<END
[b_sect]
identity = hsm-b
module = $PROVIDER
activate = 1
module-path = $SOFTHSM_MODULE
pins = two
two.token = two
two.pin-source = file:$DIR/two.pin
END
sed -i "s|^module = .*|&\npins = lab\nlab.token = lab\nlab.pin-source = file:$DIR/lab.pin|" instances.cnf
cat instances.cnf b > both.cnf
OPENSSL_CONF=$DIR/both.cnf
ok "two instances" openssl list -providers
said "the first" '^  hsm-a$'
said "the second" '^  hsm-b$'
sign "first instance" "$LAB" k.pem -propquery '?provider=hsm-a'
sign "second instance" "$TWO" two.pem -propquery '?provider=hsm-b'
refused "no PIN in the first instance" 'PIN' "$TWO" -propquery '?provider=hsm-a'
sign "any instance" "$LAB" k.pem
ok "software keys beside two instances" openssl genrsa -out g.key 2048

# The environment fills gaps, and one variable replaces the module.
openssl_conf env.cnf first
sed -i '/^module-path/d' env.cnf
OPENSSL_CONF=$DIR/env.cnf
PKCS11_MODULE_PATH=$SOFTHSM_MODULE PKCS11_PIN=1234 sign "environment" "$LAB" k.pem
PKCS11_PROVIDER_MODULE=$SOFTHSM_MODULE PKCS11_PIN=1234 sign "the other variable" "$LAB" k.pem
PKCS11_MODULE_PATH=/nowhere.so PKCS11_PIN=1234 refused "a module that is not there" nowhere "$LAB"

# Without a module those that p11-kit knows; there may be none that has ours.
no "registered modules" 'pkcs11:\|privyseal' setsid openssl pkey -noout \
    -in 'pkcs11:token=there-is-no-such-token;type=private' < /dev/null

# An error of the configuration keeps the provider out, not the program.
conf 'login = sometimes'
ok "a wrong value leaves the program alone" openssl list -providers
unsaid "and the provider out" privyseal
no "explained" 1 "$PRIVYSEAL_BUILD/tools/privyseal" doctor openssl-conf conf.cnf
said "explained" 'login = sometimes: not understood; allowed: auto, always, never'

# What is blocked is not there.
conf "pin-source = file:$DIR/lab.pin" 'pkcs11-module-block-operations = store'
no "blocked store" '' openssl pkey -in "$LAB" -noout
conf "pin-source = file:$DIR/lab.pin" 'pkcs11-module-assume-fips = true'
sign "fips by word" "$LAB" k.pem -propquery '?fips=yes'
summary
