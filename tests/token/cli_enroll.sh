#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job by the commands, on SoftHSM2, with what each prints.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
says out "state: unenrolled"
[ "$(stat -c %a root1)" = 700 ] || fail "the store is open to others"

exits 10 "$tool" status --store root1
says out "Cluster resources"
exits 10 "$tool" status --store root1 --json
json 'd["state"] == "unenrolled" and d["exit"] == 10 and d["token"] == "root"'
exits 0 "$tool" status --store ea
PRIVYSEAL_STORE=root1 exits 10 "$tool" status
exits 4 "$tool" enroll --store root1 --import so-pin --yes

# Export: never over something else.
exits 0 "$tool" enroll --store root1 --export --dry-run
[ ! -e RMS01EnrollRequest.xml ] || fail "--dry-run wrote"
echo mine > RMS01EnrollRequest.xml
exits 9 "$tool" enroll --store root1 --export
[ "$(cat RMS01EnrollRequest.xml)" = mine ] || fail "a file of the user was replaced"
exits 0 "$tool" enroll --store root1 --export --force
says out "RMS01EnrollRequest.pop"
exits 0 "$tool" enroll --store root1 --export --json
json 'd["again"] and len(d["words"].split()) == 8'
python3 -c 'import hashlib, json
assert json.load(open("out"))["sha-256"] == hashlib.sha256(open("RMS01EnrollRequest.xml", "rb").read()).hexdigest()'
mkdir usb
exits 0 "$tool" enroll --store root1 --export usb/
cmp RMS01EnrollRequest.xml usb/RMS01EnrollRequest.xml
cmp RMS01EnrollRequest.pop usb/RMS01EnrollRequest.pop
exits 0 "$tool" enroll --store root1 --export usb/other.xml
cmp RMS01EnrollRequest.pop usb/other.pop
exits 11 "$tool" status --store root1

exits 0 "$tool" request show RMS01EnrollRequest.xml
says out https://rms.example/_wmcs
exits 0 "$tool" request check RMS01EnrollRequest.xml
says out "possession proven"
exits 0 "$tool" request check RMS01EnrollRequest.xml --json
json 'd["proof"] and all(c["result"] == "ok" for c in d["checks"])'
sed 's/rms.example/rmt.example/' RMS01EnrollRequest.xml > changed.xml
cp RMS01EnrollRequest.pop changed.pop
exits 3 "$tool" request check changed.xml
printf '[policy]\nkey-min = 3072\n' > strict.conf
exits 3 "$tool" request check RMS01EnrollRequest.xml --policy strict.conf
says err RSA-2048
printf '[policy]\nkey-minimum = 3072\n' > wrong.conf
exits 2 "$tool" request check RMS01EnrollRequest.xml --policy wrong.conf
exits 4 "$tool" request show so-pin

# Another configuration, all of it.
sed 's/^slc = 1y/slc = 2y/' ea/privyseal.conf > ea/long.conf
exits 0 "$tool" authority sign --store ea --config ea/long.conf RMS01EnrollRequest.xml --dry-run
says out ".. $(date -u -d '+2 years' +%Y)-"

# A policy that cannot be read allows nothing.
ln -s nowhere ea/policy.conf
exits 3 "$tool" authority sign --store ea RMS01EnrollRequest.xml --dry-run
says err policy.conf
rm ea/policy.conf

# Sign: shows first, asks, never over something else, the same twice.
exits 5 "$tool" authority sign --store ea RMS01EnrollRequest.xml
[ ! -e RMS01.slc.xml ] || fail "written without agreement"
exits 5 "$tool" authority sign --store ea RMS01EnrollRequest.xml --json
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --dry-run
says out "<BODY"
exits 3 "$tool" authority sign --store ea changed.xml --yes
exits 3 "$tool" authority sign --store root1 RMS01EnrollRequest.xml --yes
# What a policy lets pass still names no file of its own.
sed 's,<Name>.*</Name>,<Name>../outside</Name>,' RMS01EnrollRequest.xml > outside.xml
printf '[policy]\nname = off\n' > lax.conf
exits 2 "$tool" authority sign --store ea outside.xml --without-proof --policy lax.conf --yes
says err --out
[ ! -e ../outside.slc.xml ] || fail "a name led out of the folder"
exits 0 "$tool" authority sign --store ea outside.xml --without-proof --policy lax.conf --out named --dry-run
echo mine > RMS01.slc.xml
exits 9 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
rm RMS01.slc.xml
echo mine > RMS01.receipt
exits 9 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --receipt RMS01.receipt
[ ! -e RMS01.slc.xml ] || fail "signed, and no place for the receipt"
rm RMS01.receipt
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --receipt RMS01.receipt
says out "form ok"
says out "possession proven"
cp RMS01.slc.xml first
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes --out usb --json
cmp first usb/RMS01.slc.xml
json 'd["again"]'
cp RMS01.receipt first.receipt
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --receipt RMS01.receipt
cmp RMS01.receipt first.receipt
exits 0 "$tool" log verify --store ea --receipt RMS01.receipt

# Import: shows, asks, refuses, the same twice.
exits 4 "$tool" enroll --store root1 --import so-pin --yes
exits 5 "$tool" enroll --store root1 --import RMS01.slc.xml
says out "matches"
exits 5 "$tool" enroll --store root1 --import RMS01.slc.xml --confirm-words --yes
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --dry-run
exits 11 "$tool" status --store root1
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
says out "Cluster resources"
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml
exits 0 "$tool" status --store root1
says out "licensing URL https://rms.example/_wmcs/licensing"
exits 12 "$tool" status --store root1 --at "$(date -u -d '+340 days' +%F)"
exits 13 "$tool" status --store root1 --at "$(date -u -d '+360 days' +%F)"
exits 14 "$tool" status --store root1 --at "$(date -u -d '+400 days' +%F)" --json
json 'd["exit"] == 14 and d["issuer"].endswith("Enrollment Service")'

openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out other.pem 2> /dev/null
exits 0 "$tool" verify --store root1 RMS01.slc.xml --explain
[ "$(grep -c '2 signature' out)" = 4 ] || fail "not four documents"
exits 0 "$tool" verify --anchors ea/anchors.pem RMS01.slc.xml --json --at now
json 'd["valid"] and "Root" in d["anchor"]'
exits 23 "$tool" verify --anchors ea/anchors.pem RMS01.slc.xml --at 2100-01-01
exits 2 "$tool" verify --anchors changed.xml RMS01.slc.xml
exits 25 "$tool" verify --anchors other.pem RMS01.slc.xml

for store in ea root1; do
    exits 0 "$tool" log verify --store $store
    says out "whole and in order"
    exits 0 "$tool" log verify --store $store --json
    json 'd["unfinished"] == 0 and d["results"] > 0'
done
exits 0 "$tool" log tail --store ea -n 1000 --json
json '[r["seq"] for r in d["records"]] == list(range(1, d["size"] + 1))'
json 'sum(r["type"] == "INTENT" for r in d["records"]) == sum(r["type"] == "RESULT" for r in d["records"])'
json 'any(r["type"] == "DENY" for r in d["records"])'
# What is too long to be a request is refused and on record as well.
head -c 200000 /dev/zero | tr '\0' x > long.xml
exits 4 "$tool" authority sign --store ea long.xml
exits 0 "$tool" log tail --store ea -n 1 --json
json 'd["records"][-1]["type"] == "DENY"'
exits 0 "$tool" log tail --store ea -n 2
[ "$(grep -c "^#" out)" = 2 ] || fail "not two records"

# A clock that stands behind the journal: nothing is issued, nothing changes.
if ldd "$tool" | grep -q libasan; then
    echo "skipped: the clock, faketime does not work with the sanitizer"
elif command -v faketime > /dev/null; then
    exits 15 faketime -f -1d "$tool" status --store root1
    exits 0 "$tool" enroll --store root1 --export late.xml
    exits 15 faketime -f -1d "$tool" authority sign --store ea late.xml --yes --out late.slc.xml
    [ ! -e late.slc.xml ] || fail "issued under a clock that is not to be trusted"
    exits 0 "$tool" enroll --store root1 --abandon --yes
else
    echo "skipped: faketime is not installed, the clock is not tried"
fi

# Giving up.
exits 9 "$tool" enroll --store root1 --abandon --yes
exits 0 "$tool" enroll --store root1 --export again.xml
exits 5 "$tool" enroll --store root1 --abandon
exits 0 "$tool" enroll --store root1 --abandon --yes
exits 0 "$tool" status --store root1

# Nothing private and no PIN in anything that was written.
! grep -rq 1234 root1/privyseal.conf ea/privyseal.conf || fail "a PIN in a configuration"
