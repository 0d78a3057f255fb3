#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# doctor: every fault of a store is found, with its cause and its cure.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end

doctor() { # doctor CODE [OPTIONS]: of root1
    code=$1
    shift
    exits "$code" "$tool" doctor --store root1 "$@"
}
cure() { # cure TEXT: the finding that holds TEXT is followed by a cure
    grep -F -A1 -e "$1" out | grep -q '^  cure ' || fail "no cure of '$1': $(cat out)"
}

# All well, at each role.
doctor 0
says out 'audit: key '
says out 'licensor: key '
says out 'both halves are in the token'
says out '0 errors, 0 warnings'
cure 'not enrolled'
enrolled
doctor 0 --json
json 'd["errors"] == 0 and d["warnings"] == 0 and d["exit"] == 0'
json '{f["what"] for f in d["findings"]} >= {"store", "configuration", "PIN file", "clock", "room", "journal", "certificate", "anchors", "token", "audit", "licensor"}'
doctor 0 --quiet
[ "$(wc -l < out)" = 1 ] || fail "not quiet: $(cat out)"
exits 0 "$tool" doctor --store ea
for purpose in root ca eca esc; do says out "$purpose: key "; done
exits 2 "$tool" doctor
exits 2 "$tool" doctor --store nowhere
says out 'store: nowhere'

# Owners and modes.
chmod 755 root1
chmod 666 root1/anchors.pem
doctor 8
says out 'mode 0755'
cure 'mode 0755'
says out 'anchors.pem: mode 0666'
cure 'anchors.pem'
chmod 700 root1
chmod 600 root1/anchors.pem
doctor 0

# The PIN file.
chmod 644 pin
doctor 2
says out 'PIN file: '
cure 'PIN file: '
silent out 1234
chmod 600 pin

# Every fault of the configuration in one run.
cp root1/privyseal.conf good.conf
cat >> root1/privyseal.conf << 'END'
colour = red
[validity]
slc = 3
slc = 1y
slc = 2y
[nothing]
END
doctor 2 --json
json 'sum(f["what"] == "configuration" for f in d["findings"]) == 5 and d["errors"] == 5'
json 'all(f["cure"] for f in d["findings"] if f["verdict"] == "error")'
sed 's,^module.*,module = /nowhere/module.so,' good.conf > root1/privyseal.conf
doctor 2
says out 'module: /nowhere/module.so: No such file'
cure '/nowhere/module.so'
cp good.conf root1/privyseal.conf

# Token gone; another token; a wrong PIN is sent once and no more.
sed 's/token=root/token=gone/' good.conf > root1/privyseal.conf
doctor 6
says out 'no token is present that is pkcs11:token=gone'
cure 'no token is present'
sed 's/token=root/token=ea/' good.conf > root1/privyseal.conf
doctor 6
says out 'of the records is not in the token'
cp good.conf root1/privyseal.conf
echo 9999 > pin
doctor 7
silent out 9999
cure 'token: '
echo 1234 > pin
doctor 0
sed '/pin_source/d' good.conf > root1/privyseal.conf
doctor 0
says out 'private keys were not looked at'
says out 'licensor: the public key'
cp good.conf root1/privyseal.conf

# Each half of each pair taken away in turn: without a private half nothing can
# be signed, without a public one only others miss it.
signing=0 idle=0
root=$(dirname "$(grep -al 'RMS01 audit' "$folder"/tokens/*/*.object | head -n 1)")
for object in "$folder"/tokens/*/*.object; do
    [ "$(dirname "$object")" = "$root" ] && [ "${object##*/}" != token.object ] || continue
    mv "$object" away
    result=0
    "$tool" doctor --store root1 > out 2> err || result=$?
    mv away "$object"
    says out orphan
    cure orphan
    case $result in
    0)
        says out 'is a private key without its public half'
        idle=$((idle + 1))
        ;;
    6)
        says out 'of the records is not in the token'
        says out 'is a public key without its private half'
        signing=$((signing + 1))
        ;;
    *) fail "exit $result: $(cat err)" ;;
    esac
done
[ "$signing $idle" = "2 2" ] || fail "halves: $signing private, $idle public"

# What bears a name of the store, and no record names it.
exits 0 "$tool" key generate --token pkcs11:token=root --module "$SOFTHSM_MODULE" --pin-source file:pin \
    --label 'RMS01 licensor 9' --type rsa:2048
doctor 0
says out "leftover: 'RMS01 licensor 9'"
cure leftover

# A journal that was changed; an access list that is wrong; a clock set back.
printf 'privyseal-acl 1\nallow\n' > root1/acl
doctor 3
says out 'access list: root1/acl:2: '
cure 'access list'
printf 'privyseal-acl 1\nend 0\n' > root1/acl
doctor 0
says out 'access list: 0 rules, default: deny'
rm root1/acl
echo '[checks' > ea/policy.conf
exits 2 "$tool" doctor --store ea
says out 'policy: '
rm ea/policy.conf
cp root1/anchors.pem kept.pem
openssl genrsa 2048 2> log | openssl pkey -pubout > root1/anchors.pem 2> log
doctor 25
cure 'anchors: '
rm root1/anchors.pem
doctor 2
says out 'init: was interrupted: no anchors.pem'
cp kept.pem root1/anchors.pem
cp -r root1 broken
python3 - << 'END'
import sqlite3
db = sqlite3.connect('broken/store.db')
for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
    db.execute('DROP TRIGGER "%s"' % name)
last, record = db.execute('SELECT seq, record FROM journal ORDER BY seq DESC LIMIT 1').fetchone()
db.execute('UPDATE journal SET record = ? WHERE seq = ?', (record[:-1] + bytes([record[-1] ^ 1]), last))
db.commit()
END
result=0
"$tool" doctor --store broken > out 2> err || result=$?
case $result in
8 | 16) cure 'store: ' ;;
*) fail "exit $result of a changed journal: $(cat out err)" ;;
esac

# Members that are not alike.
exits 0 "$tool" cluster join --store root1 --member second --token pkcs11:token=root --pin-source file:pin --yes
doctor 0
says out 'cluster: 2 members, all alike'
printf '[token]\nuri = pkcs11:token=ea\n' > root1/member-second.conf
doctor 30
says out 'cluster: second, configuration: '
cure 'cluster: second'
