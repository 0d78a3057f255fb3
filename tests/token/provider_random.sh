#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Random numbers of the token: never unless configured, then for the programs
# that the configuration names, also over SoftHSM2, which takes its own from the
# OpenSSL that is asking.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/openssl.sh"
openssl_setup provider_random
FAULT=$PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so

# conf MODULE LINE...: the manual's configuration
conf() {
    local module=$1
    shift
    rm -f trace
    openssl_conf conf.cnf first "trace = $DIR/trace,2" "$@"
    sed -i "s|^module-path = .*|module-path = $module|; s|^providers = .*|&\nrandom = random_sect|" conf.cnf
    printf '[random_sect]\nrandom = PRIVYSEAL-RAND\n' >> conf.cnf
    OPENSSL_CONF=$DIR/conf.cnf
    export OPENSSL_CONF
}

for module in "$SOFTHSM_MODULE" "$FAULT"; do
    conf "$module" 'rand = token'
    ok "$module: rand" timeout 20 openssl rand -out one 4096
    said "$module: the token was asked" 'C_GenerateRandom CKR_OK' trace
    ok "$module: rand again" timeout 20 openssl rand -out two 4096
    [ "$(stat -c %s one)" = 4096 ] || fail "not 4096 octets"
    ! cmp -s one two || fail "the same numbers twice"
    ok "$module: a key in software" timeout 60 openssl genrsa -out g.key 2048
    ok "$module: is good" plain rsa -check -noout -in g.key
done

# Both at once: the token signs with salts of its own making.
conf "$SOFTHSM_MODULE" 'rand = token'
ok "sign" timeout 20 openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sign "$KEY" -out sig msg
ok "verified" plain dgst -sha256 -sigopt rsa_padding_mode:pss -verify k.pem -signature sig msg
for _ in 1 2 3; do
    ok "a request" timeout 20 openssl req -new -newkey rsa:2048 -nodes -keyout n.key -subj /CN=x -out x.csr
done

# Off, or blocked, it is not there: the program fails and says so.
conf "$SOFTHSM_MODULE"
no "off" '' timeout 20 openssl rand 16
conf "$SOFTHSM_MODULE" 'rand = token' 'pkcs11-module-block-operations = rand'
no "blocked" '' timeout 20 openssl rand 16
openssl_conf conf.cnf first 'rand = token' "trace = $DIR/trace,2"
rm -f trace
ok "configured, and not named" timeout 20 openssl rand -out one 16
unsaid "the token was not asked" C_GenerateRandom trace
summary
