#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A licensing server by the commands, on SoftHSM2: made under an enrolled root,
# refused until the access list says otherwise, enrolled, renewed, re-keyed.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
softhsm2-util --init-token --free --label lic --pin 1234 --so-pin 5678 > /dev/null
init() { # init CODE OPTIONS...
    code=$1
    shift
    exits "$code" "$tool" init --store lic1 --role licensing --name LIC01 --url https://lic.example/_wmcs \
        --module "$SOFTHSM_MODULE" --token pkcs11:token=lic --pin-source file:pin --anchors ea/anchors.pem "$@"
}
nothing() {
    [ ! -e lic1 ] || fail "a store was made"
    [ ! -e LIC01EnrollRequest.xml ] || fail "a request was written"
}

# Nothing is begun before the root is enrolled.
init 2
says err --root
exits 10 "$tool" trust export --store root1
enrolled
exits 0 "$tool" trust export --store root1 --out root.chain
for option in '--revocation standard' '--revocation custom' '--revocation-key so-pin'; do
    # Two words.
    # shellcheck disable=SC2086
    init 2 --root root.chain $option
    says err "the root controls"
done
init 2 --root missing
sed 's/RMS01/RMS02/' root.chain > forged
init 21 --root forged
sed 1d root.chain > headless
init 3 --root headless
nothing
echo mine > LIC01EnrollRequest.xml
init 9 --root root.chain
rm LIC01EnrollRequest.xml
nothing
init 0 --root root.chain --dry-run
says out LIC01EnrollRequest.pop
nothing

# init ends by asking.
init 0 --root root.chain --contact admin@lic.example
says out "subenroll --serve LIC01EnrollRequest.xml"
exits 11 "$tool" status --store lic1 --json
json 'd["role"] == "licensing"'
cp LIC01EnrollRequest.pop first.pop
init 0 --root root.chain --contact admin@lic.example
cmp first.pop LIC01EnrollRequest.pop
exits 0 "$tool" subenroll --store lic1 --export usb.xml --json
json 'd["op"] == "sub-enroll" and d["again"]'
cmp first.pop usb.pop
grep -q '<RevocationType>StandardRevocation<' LIC01EnrollRequest.xml || fail "not as a root's"
exits 2 "$tool" enroll --store lic1 --export x.xml
says err "privyseal subenroll"
exits 2 "$tool" subenroll --store root1 --export x.xml
says err "privyseal enroll"
exits 3 "$tool" subenroll --store ea --serve LIC01EnrollRequest.xml
exits 3 "$tool" subenroll --store lic1 --serve LIC01EnrollRequest.xml
exits 3 "$tool" authority sign --store root1 LIC01EnrollRequest.xml
says err "subenroll --serve"

# Default deny.
serve() { # serve CODE OPTIONS...
    code=$1
    shift
    exits "$code" "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml "$@"
}
serve 3 --yes
says out "allows nothing"
printf 'privyseal-acl 1\nend 0\n' > root1/acl
serve 3 --yes
says out "(default deny; 0 rules)"
serve 3 --yes --json
json 'd["refused"] and d["exit"] == 3'
user=$(id -un)
allow() { # allow LINES: an access list of these
    (
        echo 'privyseal-acl 1'
        printf '%s\n' "$@"
        echo "end $#"
    ) > root1/acl
    exits 0 "$tool" acl check root1/acl
}
printf 'privyseal-acl 1\nallow\n' > root1/acl
serve 3 --yes
allow 'principal admins unix-user:nobody-of-that-name' \
    'allow admins op=sub-enroll url=https://lic.example/_wmcs'
serve 3 --yes
allow "principal admins unix-user:$user" \
    'allow admins op=sub-enroll url=https://other.example/_wmcs'
serve 3 --yes
allow "principal admins unix-user:$user" \
    'allow admins op=sub-enroll,renew,rekey url=https://lic.example/_wmcs' \
    'deny admins op=sub-enroll why="not today"'
serve 3 --yes
says out "line 4"
allow "principal admins unix-user:$user" \
    'allow admins op=sub-enroll,renew,rekey url=https://lic.example/_wmcs'
serve 3 --as others --yes
# A group vouches too; a listed key counts before the one who runs the command.
allow "principal admins unix-group:$(id -gn)" \
    'allow admins op=sub-enroll url=https://lic.example/_wmcs'
serve 0 --as admins --dry-run
key=$("$tool" status --store lic1 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["key-sha-256"])')
allow "principal admins unix-user:$user" "principal branch key-sha256:$key" \
    'allow branch op=sub-enroll url=https://lic.example/_wmcs' \
    'allow admins op=sub-enroll url=https://other.example/_wmcs'
serve 3 --as admins --yes
serve 0 --as branch --dry-run
says out "branch"
allow "principal admins unix-user:$user" \
    'allow admins op=sub-enroll,renew,rekey url=https://lic.example/_wmcs'
serve 3 --days 4000 --yes
serve 5
says out "asks       sub-enrollment"
says out "admins"
[ ! -e LIC01.slc.xml ] || fail "written without agreement"
serve 0 --as admins --dry-run
says out "<BODY"
serve 0 --as admins --receipt LIC01.receipt --yes
cp LIC01.slc.xml first
serve 0 --out again --json
json 'd["again"] and d["op"] == "sub-enroll"'
cmp first again
exits 0 "$tool" log verify --store root1 --receipt LIC01.receipt

# Import: own certificate and the root's whole chain.
exits 0 "$tool" subenroll --store lic1 --import LIC01.slc.xml --yes
exits 0 "$tool" status --store lic1 --json
json 'd["state"] == "enrolled" and d["issuer"] == "RMS01"'
exits 0 "$tool" verify --anchors ea/anchors.pem LIC01.slc.xml --at now --explain
[ "$(grep -c '2 signature' out)" = 5 ] || fail "not five documents"

# Renewal goes to the root, under the same list.
exits 0 "$tool" renew --store lic1 --export
says out "privyseal subenroll --serve LIC01RenewalRequest.xml"
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out renewed --yes
says out "renewal, with the same key"
exits 0 "$tool" renew --store lic1 --import renewed --yes
exits 0 "$tool" renew --store lic1 --export --rekey rekey.xml
exits 0 "$tool" subenroll --store root1 --serve rekey.xml --out rekeyed --yes
exits 5 "$tool" renew --store lic1 --import rekeyed --yes
exits 0 "$tool" renew --store lic1 --import rekeyed --yes --accept-change
exits 0 "$tool" status --store lic1 --json
json 'd["generation"] == 3'

# An edit of the list counts at once; who is refused is told whom to ask.
rm root1/acl
printf '[privyseal]\ncontact = rms@example.org\n' >> root1/privyseal.conf
exits 0 "$tool" renew --store lic1 --export late.xml
exits 3 "$tool" subenroll --store root1 --serve late.xml --yes
says out "rms@example.org"
exits 0 "$tool" log tail --store root1 -n 3 --json
json 'any(r["type"] == "DENY" for r in d["records"])'
for store in root1 lic1; do
    exits 0 "$tool" log verify --store $store
done
