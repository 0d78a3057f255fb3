#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the process inherits and where its output goes.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin

code() {
    result=0
    "$@" || result=$?
}

code sh -c '"$0" --help > /dev/full 2> err' "$tool"
[ "$result" = 8 ] || fail "full disk: exit $result"
says err "No space left"
code sh -c '"$0" verify --help >&- 2> err' "$tool"
[ "$result" = 8 ] || fail "closed output: exit $result"
code sh -c '"$0" --help <&- > out 2> err' "$tool"
[ "$result" = 0 ] || fail "closed input: exit $result"
code sh -c '"$0" frobnicate 2>&-' "$tool"
[ "$result" = 2 ] || fail "closed error output: exit $result"
code sh -c '{ "$0" --help; echo $? > code; } 2> err | true; sleep 0.1' "$tool"
case $(cat code) in
0 | 8) ;; # whether the reader is gone already is chance; no signal either way
*) fail "broken pipe: exit $(cat code)" ;;
esac
# A limit on the size of files is an error like a full disk, not the end.
code sh -c 'ulimit -f 0 && exec "$0" --help > limited 2> /dev/null' "$tool"
[ "$result" = 8 ] || fail "limited output: exit $result"

# Bad surroundings change nothing.
OPENSSL_CONF=/nowhere OPENSSL_MODULES=/nowhere PKCS11_MODULE_PATH=/nowhere P11_KIT_STRICT=1 \
    TZ=Asia/Tokyo LC_ALL=xx_XX exits 2 "$tool" verify x --anchors y
says err "y: "
code sh -c 'mkdir gone && cd gone && rmdir ../gone && exec "$0" --version > "$1"' "$tool" "$folder/out"
[ "$result" = 0 ] || fail "no working directory: exit $result"

# Names from elsewhere do not steer the terminal.
name=$(printf 'x\033]0;y\007')
exits 2 "$tool" verify "$name" --anchors "$name"
[ "$(tr -d '\n' < err | LC_ALL=C tr -d '\040-\176' | wc -c)" = 0 ] || fail "control characters in a message"
