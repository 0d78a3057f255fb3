#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# curl proves who it is with a key of the token, by the recipe of the manual, to
# a server that accepts nobody else.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin curl
openssl req -x509 -newkey rsa:2048 -nodes -keyout server.key -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -days 30 -out server.pem 2> /dev/null
CONF=/dev/null
start openssl s_server -accept "127.0.0.1:$PORT" -cert server.pem -key server.key \
    -CAfile "$CERT" -Verify 1 -verify_return_error -www
export CURL_CA_BUNDLE=$ROOT/work/server.pem
recipe_run curl
grep -q 'Client certificate' curl.log || fail "no client certificate was seen"
if curl -s "https://localhost:$PORT/" -o refused.html && [ -s refused.html ]; then
    fail "without the certificate it was served too"
fi
ended
