#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keys that did not come from a token are made and used as if the provider were
# not there, also in a program that uses a token's key beside them.
. "$PRIVYSEAL_SOURCE/tests/token/openssl.sh"
openssl_setup provider_leaves_software_keys
openssl_conf forced-first.cnf first
openssl_conf forced-second.cnf second
for order in first second; do
    sed -i 's/^providers = .*/&\nalg_section = alg/' forced-$order.cnf
    printf '[alg]\ndefault_properties = ?provider=privyseal\n' \
        >> forced-$order.cnf
done

software() {
    ok "genpkey RSA" openssl genpkey -algorithm RSA -out s.key
    ok "genpkey EC" openssl genpkey -algorithm EC \
        -pkeyopt ec_paramgen_curve:P-256 -out e.key
    ok "its key signs" openssl dgst -sha256 -sign s.key -out sig msg
    plain pkey -in s.key -pubout -out s.pem
    ok "which verifies" plain dgst -sha256 -verify s.pem -signature sig msg
    ok "req with a new key" openssl req -x509 -newkey rsa:2048 -nodes \
        -addext basicConstraints=critical,CA:TRUE -keyout n.key -subj /CN=n \
        -out n.pem &&
        ok "verifies" plain verify -CAfile n.pem n.pem
    ok "a software CA signs the token's request" openssl req -new -key "$KEY" \
        -subj /CN=t -out t.csr &&
        ok "signing" openssl x509 -req -in t.csr -CA n.pem -CAkey n.key \
            -set_serial 1 -out t.pem &&
        ok "verifies" plain verify -CAfile n.pem t.pem
    ok "pkey -check" openssl pkey -in s.key -check -noout
    ok "decryption" openssl pkeyutl -encrypt -inkey s.key -in msg -out c &&
        ok "in software" openssl pkeyutl -decrypt -inkey s.key -in c -out p &&
        ok "gives the message" cmp msg p
}

for order in first second forced-first forced-second; do
    use $order
    software
done

# The provider is loaded but no token is in reach: nothing must need one.
openssl_conf gone.cnf first
sed -i 's/^module-path.*/module-path = \/nowhere\/module.so/' gone.cnf
use gone
ok "without the module: genpkey" openssl genpkey -algorithm RSA -out s.key
ok "without the module: dgst" openssl dgst -sha256 -sign s.key -out sig msg
ok "without the module: list" openssl list -providers
summary
