#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The openssl command by the recipe of the manual; the results are verified
# without the provider, and openssl ts takes the PEM file.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin openssl
echo message > msg
recipe_run openssl
openssl dgst -sha256 -verify soft.pem -signature msg.sig msg > verify.log || fail "a wrong signature"
openssl req -in www.csr -verify -noout > request.log 2>&1 || fail "a wrong request"
openssl req -in www.csr -noout -pubkey | cmp - soft.pem || fail "another key"

# A key that is made in the token, and the file that names it.
OPENSSL_CONF=$CONF recipe_run genpkey
OPENSSL_CONF=$CONF openssl req -x509 -key ca.key -subj /CN=made -days 1 -out made.pem \
    2> made.log || fail "no certificate of the key that was made"
openssl verify -CAfile made.pem made.pem > verify.log 2>&1 || fail "a wrong certificate"

# A time stamp, signed through the PEM file.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=CA -days 30 -out ca.pem 2> /dev/null
openssl x509 -req -in www.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out tsa.pem \
    -extfile <(echo 'extendedKeyUsage = critical,timeStamping') 2> /dev/null
cat "$CONF" - > ts.cnf <<END
[tsa]
default_tsa = tsa1
[tsa1]
serial = $ROOT/work/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
END
openssl ts -query -data msg -sha256 -cert -out msg.tsq 2> /dev/null
OPENSSL_CONF=$ROOT/work/ts.cnf openssl ts -reply -queryfile msg.tsq -signer tsa.pem \
    -inkey "$ROOT/etc/privyseal/www.key" -out msg.tsr > ts.log 2>&1 || fail "no time stamp"
openssl ts -verify -queryfile msg.tsq -in msg.tsr -CAfile ca.pem > verify.log 2>&1 ||
    fail "a wrong time stamp"
