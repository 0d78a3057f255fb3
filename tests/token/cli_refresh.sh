#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# license pl and template --revokers, --refresh, --list-url: use licenses repeat
# them, the server and its readers ask for the lists that they name.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
license() { # license CODE KIND OPTIONS...: by root1
    code=$1
    shift
    exits "$code" "$tool" license "$@" --store root1
}
verify() { # verify CODE FILE OPTIONS...: and a verifier of its own
    code=$1
    file=$2
    shift 2
    result=0
    python3 "$PRIVYSEAL_SOURCE/tests/check/check_chain.py" "$@" ea/anchors.pem "$file" > checked 2>&1 || result=$?
    [ "$result" = "$code" ] || fail "check_chain.py: exit $result, expected $code: $file: $(cat checked)"
    exits "$code" "$tool" verify "$@" --anchors ea/anchors.pem "$file"
}
shown() { # shown FILE OPTIONS...: by ours, as it is asked for
    file=$1
    shift
    exits 0 "$tool" verify "$@" --anchors ea/anchors.pem "$file"
}
exits 0 "$tool" client init --client bo --anchors ea/anchors.pem --name bo
exits 0 "$tool" trust add --store root1 machines bo/authority.pem --name bo --yes
license 0 rac --user bo@example.org --machine bo/machine.xml
ul() { # ul CODE PL OPTIONS...: a use license of bo, UL.xml
    code=$1
    pl=$2
    shift 2
    rm -f UL.xml
    license "$code" ul --rac bo@example.org.rac.xml --pl "$pl" --out UL.xml "$@"
}
granted='--owner anna@example.org --for bo@example.org --rights view'

# A third party whose key lies in a token.
softhsm2-util --init-token --free --label third --pin 1234 --so-pin 5678 > /dev/null
openssl genrsa -out auditor.key 2048 2> /dev/null
python3 "$PRIVYSEAL_SOURCE/tests/token/put_key.py" --sign "$SOFTHSM_MODULE" third 1234 auditor auditor.key
{
    echo '# The auditor'
    openssl rsa -in auditor.key -pubout 2> /dev/null
} > auditor.pem
rm auditor.key
list() { # list FILE OPTIONS...: by the auditor
    file=$1
    shift
    exits 0 "$tool" revoke --key 'pkcs11:token=third;object=auditor;type=private' --module "$SOFTHSM_MODULE" \
        --pin-source file:pin --name 'The auditor' --out "$file" --yes "$@"
}

# ---- what is asked for ------------------------------------------------------
# The options of a license are words each.
# shellcheck disable=SC2086
{
    license 2 pl $granted --refresh 7d
    says err "--refresh goes with --revokers"
    license 2 pl $granted --list-url https://lists.example
    license 2 pl $granted --revokers nowhere
    license 2 pl $granted --revokers auditor.pem --refresh soon
    says err "not a duration"
    license 2 pl $granted --revokers pin
    license 2 ul --rac bo@example.org.rac.xml --pl x --revokers auditor.pem
    license 2 pl --unsigned x --revokers auditor.pem
    says err "--revokers does not go with --unsigned"
}

# ---- who may revoke, without asking for a list ------------------------------
# shellcheck disable=SC2086
license 0 pl $granted --revokers auditor.pem --out named.pl.xml
shown named.pl.xml --explain
says out "The auditor"
ul 0 named.pl.xml
shown UL.xml --json
json 'len(d["documents"][0]["license"]["refresh"]["points"]) == 1'
cp UL.xml named.ul.xml
list named.xml named.pl.xml --by content
verify 24 named.ul.xml --revocation named.xml
verify 24 named.pl.xml --revocation named.xml
# Taken, though no certificate and no template names him.
exits 0 "$tool" trust add --store root1 list named.xml --yes
ul 24 named.pl.xml
says err "revoked"
exits 0 "$tool" trust remove --store root1 list 'The auditor' --yes

# ---- a list of a certain age ------------------------------------------------
# shellcheck disable=SC2086
license 0 pl $granted --revokers auditor.pem --refresh 30d --list-url https://lists.example/all --out aged.pl.xml
verify 24 aged.pl.xml
says err "none is at hand"
ul 24 aged.pl.xml
says err 'asks for a revocation list of "The auditor": none is at hand'
[ ! -e UL.xml ] || fail "a use license without the list"
list fresh.xml --guid 11111111-2222-4333-8444-555555555551
exits 0 "$tool" trust add --store root1 list fresh.xml --yes
ul 0 aged.pl.xml
cp UL.xml aged.ul.xml
verify 24 aged.ul.xml
shown aged.ul.xml --json --revocation fresh.xml
json 'd["documents"][0]["license"]["refresh"]["interval-seconds"] == 30 * 86400'
shown aged.ul.xml --explain --revocation fresh.xml
says out 'https://lists.example/all, 30 d 00:00:00'
# Long after: the license's own end is not what is wrong.
verify 0 aged.ul.xml --revocation fresh.xml --at "$(date -u -d '+29 days' +%Y-%m-%dT00:00)"
verify 24 aged.ul.xml --revocation fresh.xml --at "$(date -u -d '+32 days' +%Y-%m-%dT00:00)"
says err 'the newest list of "The auditor" is of'
if command -v faketime > /dev/null && ! ldd "$tool" | grep -q libasan; then
    cp -a root1 root1-now
    exits 24 env TZ=UTC faketime -f '+32d' "$tool" license ul --store root1 --rac bo@example.org.rac.xml \
        --pl aged.pl.xml --out late.xml
    says err 'the newest list of "The auditor" is of'
    [ ! -e late.xml ] || fail "a use license by an old list"
    rm -rf root1
    mv root1-now root1
fi
# An address alone asks for a list of whatever age.
exits 0 "$tool" trust remove --store root1 list 'The auditor' --yes
# shellcheck disable=SC2086
license 0 pl $granted --revokers auditor.pem --list-url https://lists.example/all --out address.pl.xml
ul 24 address.pl.xml
exits 0 "$tool" trust add --store root1 list fresh.xml --yes
ul 0 address.pl.xml
verify 0 UL.xml --revocation fresh.xml --at "$(date -u -d '+400 days' +%Y-%m-%dT00:00)"

# ---- of a template: what is made from it inherits it ------------------------
license 0 template --name Secret --for anyone --rights view --revokers auditor.pem --refresh 12h
verify 0 Secret.template.xml
license 0 pl --owner anna@example.org --template Secret.template.xml --out secret.pl.xml
verify 24 secret.pl.xml
shown secret.pl.xml --json --revocation fresh.xml
json 'd["documents"][0]["license"]["refresh"]["interval-seconds"] == 12 * 3600'
ul 0 secret.pl.xml
shown UL.xml --json --revocation fresh.xml
json 'd["documents"][0]["license"]["refresh"]["interval-seconds"] == 12 * 3600'
# Beside one of its own the template's is not lost: the shorter, both keys.
exits 0 "$tool" trust export --store root1 --out root.chain.xml
license 0 pl --owner anna@example.org --template Secret.template.xml --revokers root.chain.xml --refresh 2d --out both.pl.xml
ul 24 both.pl.xml
exits 0 "$tool" revoke --store root1 --guid 11111111-2222-4333-8444-555555555552 --yes --out own.xml
ul 0 both.pl.xml
verify 24 UL.xml --revocation fresh.xml
shown UL.xml --json --revocation fresh.xml --revocation own.xml
json 'len(d["documents"][0]["license"]["refresh"]["points"]) == 2'
json 'd["documents"][0]["license"]["refresh"]["interval-seconds"] == 12 * 3600'
exits 0 "$tool" log verify --store root1
echo "who may revoke, and how old a list may be: kept to"
