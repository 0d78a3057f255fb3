#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stunnel in front of a plain server, by the recipe of the manual.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin stunnel4
recipe_file /etc/stunnel/www.conf
printf 'foreground = yes\npid =\n' | cat - "$ROOT/etc/stunnel/www.conf" > stunnel.conf
(cd / && exec python3 -m http.server --bind 127.0.0.1 "$PORT2") > plain.log 2>&1 &
PLAIN=$!
trap 'kill $PLAIN; wait $PLAIN 2> /dev/null; leave' EXIT
for _ in $(seq 100); do
    (exec 3<> "/dev/tcp/127.0.0.1/$PORT2") 2> /dev/null && break
    sleep 0.05
done
start stunnel4 stunnel.conf
handshakes 4 -tls1_3
handshakes 4 -tls1_2
ended
