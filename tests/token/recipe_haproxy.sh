#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# haproxy with a master and a worker, by the recipe of the manual; and after a
# reload.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin haproxy
mkdir -p "$ROOT/etc/haproxy"
recipe_run haproxy
recipe_file /etc/haproxy/haproxy.cfg
start haproxy -W -db -f "$ROOT/etc/haproxy/haproxy.cfg"
handshakes 4 -tls1_3
handshakes 4 -tls1_2
kill -USR2 "$SERVER"
sleep 1
handshakes 4
ended
