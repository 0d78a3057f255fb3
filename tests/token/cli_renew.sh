#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Renewal by the commands, on SoftHSM2: same key, new key, changes, by files in a
# folder, before and after the end.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
exits 10 "$tool" renew --store root1 --export
exits 10 "$tool" renew --store root1 --export --dry-run
exits 10 "$tool" renew --store root1 --unattended .
[ ! -e RMS01RenewalRequest.xml ] || fail "asked for a renewal of nothing"
enrolled

# Old files of another content are in the way before anything is begun.
echo mine > RMS01RenewalRequest.xml
exits 9 "$tool" renew --store root1 --export
exits 0 "$tool" status --store root1
rm RMS01RenewalRequest.xml
echo mine > RMS01RenewalRequest.pop
exits 9 "$tool" renew --store root1 --export
[ ! -e RMS01RenewalRequest.xml ] || fail "written beside another's proof"
exits 0 "$tool" status --store root1
rm RMS01RenewalRequest.pop
exits 2 "$tool" renew --store root1 --import x --rekey
exits 2 "$tool" renew --store root1 --export --confirm-words

# Export: the name of the pages, the certificate stays in use.
exits 0 "$tool" renew --store root1 --export --dry-run
says out RMS01RenewalRequest.xml
[ ! -e RMS01RenewalRequest.xml ] || fail "--dry-run wrote"
exits 0 "$tool" renew --store root1 --export
says out "renewal, same key"
cp RMS01RenewalRequest.pop first.pop
exits 0 "$tool" renew --store root1 --export --json
json 'd["again"] and d["op"] == "renew"'
cmp first.pop RMS01RenewalRequest.pop
exits 11 "$tool" renew --store root1 --export --rekey other.xml
exits 11 "$tool" status --store root1 --json
json 'd["generation"] == 1'
exits 0 "$tool" verify --store root1 RMS01.slc.xml

# Answer: says what it follows, and both dates.
exits 0 "$tool" authority sign --store ea RMS01RenewalRequest.xml --out second --days 400 --yes
says out "renewal, with the same key"
says out "follows"
says out "gains      +35 days"
exits 0 "$tool" authority sign --store ea RMS01RenewalRequest.xml --out second --json
json 'd["op"] == "renew" and d["again"]'

# Import: what changes, asks, takes, the same twice.
exits 5 "$tool" renew --store root1 --import second
says out "expiry"
says out "(+35 days)"
says out "unchanged  key, name, URL, rights, issuer"
exits 0 "$tool" renew --store root1 --import second --dry-run --json
json 'd["days-gained"] == 35 and d["changes"] == []'
exits 11 "$tool" status --store root1
exits 0 "$tool" renew --store root1 --import second --yes
says out "Cluster resources"
exits 0 "$tool" renew --store root1 --import second
exits 0 "$tool" status --store root1 --json
json 'd["generation"] == 2 and d["state"] == "enrolled"'
exits 9 "$tool" renew --store root1 --import RMS01.slc.xml --yes

# A new key: signed by both, and taken by consent only.
exits 2 "$tool" renew --store root1 --export --key rsa:3072
says err "--key goes with --rekey"
exits 2 "$tool" renew --store root1 --export --rekey --key rsa:1024
exits 0 "$tool" renew --store root1 --export --rekey --key rsa:3072 --force
says out "renewal with a new key"
exits 0 "$tool" request show RMS01RenewalRequest.xml
says out "RSA-3072"
exits 11 "$tool" renew --store root1 --export --rekey --key rsa:2048
grep -q '^sig licensor ' RMS01RenewalRequest.pop || fail "not signed by the old key"
exits 0 "$tool" authority sign --store ea RMS01RenewalRequest.xml --out third --yes
says out "renewal, with a new key"
exits 5 "$tool" renew --store root1 --import third --yes
says err --accept-change
says out "CHANGED    key: "
exits 0 "$tool" renew --store root1 --import third --dry-run
exits 11 "$tool" status --store root1
exits 0 "$tool" renew --store root1 --import third --yes --accept-change
exits 0 "$tool" verify --store root1 third
exits 0 "$tool" renew --store root1 --export after.xml
exits 0 "$tool" renew --store root1 --abandon --yes
exits 0 "$tool" status --store root1 --json
json 'd["generation"] == 3'

# Unattended: nothing is due; then by files in a folder.
mkdir spool
exits 2 "$tool" renew --store root1 --unattended nowhere
exits 0 "$tool" renew --store root1 --unattended spool
says out "nothing to do"
[ -z "$(ls spool)" ] || fail "wrote although nothing was due"
exits 0 "$tool" renew --store root1 --unattended spool --days 400 --dry-run
[ -z "$(ls spool)" ] || fail "--dry-run wrote"
echo old > spool/RMS01RenewalRequest.xml
exits 11 "$tool" renew --store root1 --unattended spool --days 400
cp spool/RMS01RenewalRequest.pop first.pop
exits 11 "$tool" renew --store root1 --unattended spool --days 400 --json
json 'd["done"] == "exported" and d["exit"] == 11'
cmp first.pop spool/RMS01RenewalRequest.pop
exits 0 "$tool" authority sign --store ea spool/RMS01RenewalRequest.xml --out spool --days 500 --yes
exits 0 "$tool" renew --store root1 --unattended spool --days 400
says out "Cluster resources"
exits 0 "$tool" renew --store root1 --unattended spool --days 400 --json
json 'd["generation"] == 4 and d["done"] == "nothing"'
# The answer of last time lies there still.
exits 11 "$tool" renew --store root1 --unattended spool --days 600
exits 0 "$tool" renew --store root1 --abandon --yes
# What changes more than dates waits for a person.
rm spool/*
exits 0 "$tool" renew --store root1 --export --rekey --key rsa:2048 spool
exits 0 "$tool" authority sign --store ea spool/RMS01RenewalRequest.xml --out spool --yes
exits 5 "$tool" renew --store root1 --unattended spool
exits 11 "$tool" status --store root1
exits 0 "$tool" renew --store root1 --import spool/RMS01.slc.xml --accept-change --yes

exits 2 "$tool" renew --store ea --export
for store in ea root1; do
    exits 0 "$tool" log verify --store $store
done

# Years after the end it is the same.
if ldd "$tool" | grep -q libasan; then
    echo "skipped: the clock, faketime does not work with the sanitizer"
elif command -v faketime > /dev/null; then
    rm -f spool/*
    late() {
        faketime -f "$when" "$@"
    }
    when=+340d
    exits 12 late "$tool" renew --store root1 --unattended spool --days 1
    says out "event      16"
    exits 12 late "$tool" renew --store root1 --unattended spool --days 1
    silent out event
    when=+8y
    exits 14 late "$tool" renew --store root1 --unattended spool
    says out "event      18"
    exits 14 late "$tool" status --store root1
    exits 0 late "$tool" authority sign --store ea spool/RMS01RenewalRequest.xml --out spool --yes
    exits 0 late "$tool" renew --store root1 --unattended spool
    exits 0 late "$tool" verify --store root1 spool/RMS01.slc.xml --at now
    exits 0 late "$tool" log tail --store root1 -n 1000 --json
    json '[r["fields"]["event"] for r in d["records"] if r["type"] == "EVENT"] == [16, 18]'
    # The clock is set back: nothing is issued, until it is said to be right.
    when=+7y
    exits 15 late "$tool" renew --store root1 --export back.xml
    [ ! -e back.xml ] || fail "asked under a clock that is not to be trusted"
    exits 5 late "$tool" renew --store root1 --export back.xml --accept-time
    exits 0 late "$tool" renew --store root1 --export back.xml --accept-time --yes
    exits 0 late "$tool" renew --store root1 --abandon --yes
else
    echo "skipped: faketime is not installed, the clock is not tried"
fi

# The links mean the same.
exits 2 "$tool-renew" --store root1 --frobnicate
says err "see privyseal renew --help"
exits 0 "$tool-renew" --help
cp out long
exits 0 "$tool" renew --help
cmp out long

# The units are ready-made.
units=$PRIVYSEAL_BUILD/tools/systemd
if command -v systemd-analyze > /dev/null; then
    mkdir units
    sed "s,^ExecStart=[^ ]*,ExecStart=$tool," "$units/privyseal-renew@.service" > units/privyseal-renew@.service
    cp "$PRIVYSEAL_SOURCE/tools/systemd/privyseal-renew@.timer" units/
    # only what it says of these units: others of the machine are not ours
    SYSTEMD_LOG_COLOR=0 systemd-analyze verify --man=no "units/privyseal-renew@root1.service" "units/privyseal-renew@root1.timer" > unit-lint 2>&1 || true
    ! grep privyseal-renew unit-lint || fail "systemd-analyze verify"
else
    echo "skipped: systemd-analyze is not installed, the units are not judged"
fi
