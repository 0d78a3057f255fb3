#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every verb teaches itself; wrong usage is exit 2 and one line that says where
# to read on; what is not built is not there.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin

exits 0 "$tool" --help
cp out all
verbs=$(sed -n 's/^  \([a-z]*\( [a-z-]*\)\{0,1\}\)  .*/\1/p' all)
[ "$(echo "$verbs" | wc -l)" = "$(grep -c '^VERB(' "$PRIVYSEAL_SOURCE/tools/verbs.def")" ] || fail "verbs: $verbs"

echo "$verbs" | while read -r verb; do
    # Two words where the verb has two.
    # shellcheck disable=SC2086
    exits 0 "$tool" $verb --help
    says out "usage: privyseal $verb"
    grep -q "^  privyseal $verb" out || fail "no example: $verb"
    [ "$(awk 'length > 80' out | wc -l)" = 0 ] || fail "wide: $verb"
    # shellcheck disable=SC2086
    exits 2 "$tool" $verb --frobnicate
    says err "see privyseal $verb --help"
done

for group in token key request log doctor cluster trust authority license client; do
    exits 0 "$tool" $group --help
    exits 2 "$tool" $group
    exits 2 "$tool" $group frobnicate
done
exits 0 "$tool" --version
exits 2 "$tool"
exits 2 "$tool" --json verify
exits 2 "$tool" ''
exits 2 "$tool" 'token list'
exits 2 "$tool" verify
exits 2 "$tool" request show
exits 2 "$tool" request show a b
says err "one word too many: b"
exits 2 "$tool" enroll --store x
exits 2 "$tool" enroll --store x --export --abandon
exits 2 "$tool" enroll --store x --import f --export
exits 2 "$tool" enroll --store x --abandon PATH
exits 2 "$tool" renew --store x
says err "--unattended DIR"
exits 2 "$tool" renew --store x --import f --rekey
says err "--rekey goes with --export"
exits 2 "$tool" subenroll --store x --serve f --export
exits 2 "$tool" subenroll --store x --export --as somebody
exits 2 "$tool" status
says err PRIVYSEAL_STORE
exits 2 "$tool" status --store nowhere
says err nowhere
exits 2 "$tool" status --store nowhere --at tomorrow
exits 2 "$tool" verify missing.xml --anchors missing.pem
exits 2 "$tool" log tail --store x -n -1
exits 2 "$tool" log tail --store x --store y

for verb in report serve retire; do
    exits 2 "$tool" $verb
    ! grep -q "^  $verb" all || fail "$verb is in --help"
done
for option in --online --rehearse; do
    exits 2 "$tool" enroll $option
    exits 2 "$tool" init $option
done

# What a role needs is said before anything is made.
init() { # init CODE OPTIONS...
    code=$1
    shift
    exits "$code" "$tool" init --store s "$@"
}
init 2
says err --role
init 2 --role root
says err --token
init 2 --role root --token pkcs11:token=a
says err --pin-source
init 2 --role root --token pkcs11:token=a --pin-source file:pin
says err --url
init 2 --role root --token pkcs11:token=a --pin-source file:pin --url https://a.example
says err --anchors
init 2 --role licensing --token pkcs11:token=a --pin-source file:pin --url https://a.example --anchors pin
says err --root
init 2 --role licensing --token pkcs11:token=a --pin-source file:pin --url https://a.example --anchors pin --root pin \
    --revocation standard
says err "the root controls"
init 2 --role root --token pkcs11:token=a --pin-source file:pin --url https://a.example --anchors pin --root pin
init 2 --role root --token pkcs11:token=a --pin-source file:pin --url https://a.example --anchors pin --contact nobody
says err "mail address"
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --service-user no-such-user-here
says err "no such user"
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --url https://a.example
says err "not for role authority"
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --name 'a/b'
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --key rsa:1024
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --revocation custom
init 2 --role authority --token pkcs11:token=a --pin-source file:pin --can-unseal
init 2 --role authority --token pkcs11:token=a --pin-source 1234
silent err 1234
init 2 --role authority --token 'pkcs11:token=a?pin-value=1234' --pin-source file:pin
silent err 1234
says err pin-value
[ ! -e s ] || fail "a store was made"
