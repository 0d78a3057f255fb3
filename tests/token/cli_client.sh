#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The user's side by the commands: machines, what the server issues for them,
# files protected without a server and opened by whom they are meant for.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled

# A client's folder: whole, its owner's alone, never over another.
exits 2 "$tool" client init --client anna
says err "--anchors"
exits 2 "$tool" client init --anchors ea/anchors.pem
says err "PRIVYSEAL_CLIENT"
exits 2 "$tool" client init --client anna --anchors pin
says err "pin: "
[ ! -e anna ] || fail "a folder without anchors"
exits 0 "$tool" client init --client anna --anchors ea/anchors.pem --name "Anna's laptop"
says out "privyseal trust add machines"
for file in key.pem machine.xml authority.pem anchors.pem; do
    [ "$(stat -c %a "anna/$file")" = 600 ] || fail "anna/$file is open to others"
done
[ "$(stat -c %a anna)" = 700 ] || fail "anna is open to others"
exits 9 "$tool" client init --client anna --anchors ea/anchors.pem
[ -z "$(ls -d anna.* 2> /dev/null)" ] || fail "something was left behind"
for user in bo anna2; do
    PRIVYSEAL_CLIENT=$user exits 0 "$tool" client init --anchors ea/anchors.pem --json
    json 'd["client"] == "'$user'" and len(d["words"].split()) == 8'
done
exits 0 "$tool" client show --client anna
says out "none yet"
# The machine's certificate verifies by its own authority, and by no other.
exits 0 "$tool" verify --anchors anna/authority.pem anna/machine.xml
exits 25 "$tool" verify --anchors bo/authority.pem anna/machine.xml
openssl pkey -in anna/key.pem -noout -text | grep -q '2048 bit' || fail "no RSA-2048 key"

# What the server issues is for one machine and one user.
issue() { # issue USER MAIL
    exits 0 "$tool" trust add --store root1 machines "$1/authority.pem" --name "$1" --yes
    exits 0 "$tool" license rac --store root1 --user "$2" --machine "$1/machine.xml" --out "$1.rac.xml"
    exits 0 "$tool" license clc --store root1 --rac "$1.rac.xml" --out "$1.clc.xml"
}
echo 'the plan' > plan
exits 3 "$tool" protect plan --for bo@example.org --client anna
says err "license rac"
issue anna anna@example.org
issue bo bo@example.org
exits 3 "$tool" client accept anna.clc.xml --client anna
says err "no account certificate"
exits 3 "$tool" client accept bo.rac.xml --client anna
says err "for machine"
exits 3 "$tool" client accept anna/machine.xml --client anna
exits 20 "$tool" client accept pin --client anna
sed 's/anna@/bmma@/' anna.rac.xml > changed.rac.xml
exits 21 "$tool" client accept changed.rac.xml --client anna
[ ! -e anna/rac.xml ] || fail "something was accepted"
exits 0 "$tool" client accept anna.rac.xml --client anna
exits 3 "$tool" protect plan --for bo@example.org --client anna
says err "license clc"
exits 3 "$tool" client accept bo.clc.xml --client anna
says err "this client is anna@example.org"
exits 0 "$tool" client accept anna.clc.xml --client anna
exits 0 "$tool" client accept bo.rac.xml --client bo --json
json 'd["user"] == "bo@example.org"'
exits 0 "$tool" client show --client anna --json
json 'd["rac"]["holds"] and d["clc"]["holds"] and d["rac"]["user"] == "anna@example.org"'
# A certificate of the authority does not open with another machine's key.
cp -R bo thief
cp anna/machine.xml thief/machine.xml
rm thief/rac.xml
exits 3 "$tool" client accept anna.rac.xml --client thief
says err "not for this machine"
chmod 644 thief/key.pem
exits 2 "$tool" client show --client thief
says err "chmod 600"

# Protecting needs no server.
export PRIVYSEAL_CLIENT="$folder/anna"
exits 2 "$tool" protect plan
exits 2 "$tool" protect plan --for bo@example.org --until 2001-01-01
exits 2 "$tool" protect missing --for bo@example.org
exits 4 "$tool" protect plan --for bo@example.org --rights 'vi<ew'
exits 2 "$tool" protect plan --for bo@example.org --until 2035-13-01
says err "--until: not a time"
for list in bo@example.org, ,bo@example.org 'bo@example.org, eve@example.org'; do
    exits 2 "$tool" protect plan --for "$list"
    says err "--for"
done
# What has no end, or is no file, is not read; a folder neither.
for source in /dev/zero anna; do
    exits 2 "$tool" protect $source --for bo@example.org --out plan.protected
    says err "$source: not a regular file"
    exits 2 "$tool" open $source --out no
    says err "open: $source: not a regular file"
done
# The file itself is in no case lost.
for path in plan "$folder/plan" ./plan; do
    exits 2 "$tool" protect plan --for bo@example.org --force --out "$path"
    says err "this is the file that is read"
done
[ "$(cat plan)" = 'the plan' ] || fail "the plan is gone"
[ ! -e plan.protected ] || fail "a refused order left a file"
exits 0 "$tool" protect plan --for bo@example.org --rights view,print --until 2035-01-01
says out "bo@example.org"
exits 9 "$tool" protect plan --for bo@example.org
! grep -q 'the plan' plan.protected || fail "the plan can be read"

# The owner opens it with no word from the server.
mv plan original
exits 0 "$tool" open plan.protected --right edit
cmp plan original
[ "$(stat -c %a plan)" = 600 ] || fail "the opened file is open to others"
exits 9 "$tool" open plan.protected
exits 2 "$tool" open plan.protected --out plan.protected --force
says err "this is the file that is read"
exits 0 "$tool" open plan.protected --force --json
json 'd["right"] == "VIEW"'

# Bo needs a license, and is told how to come by it.
PRIVYSEAL_CLIENT=bo exits 3 "$tool" open plan.protected --out bo.plan
says err "license ul"
exits 0 "$tool" open plan.protected --pl-out pl.xml
exits 0 "$tool" verify --anchors ea/anchors.pem pl.xml
exits 0 "$tool" license ul --store root1 --rac bo.rac.xml --pl pl.xml --out bo.ul.xml
exits 0 "$tool" verify --anchors ea/anchors.pem bo.ul.xml
export PRIVYSEAL_CLIENT="$folder/bo"
exits 0 "$tool" open plan.protected --ul bo.ul.xml --out bo.plan
cmp bo.plan original
exits 3 "$tool" open plan.protected --ul bo.ul.xml --right edit --out bo.edit
says err "does not grant the right EDIT"
exits 0 "$tool" client accept bo.ul.xml
exits 0 "$tool" open plan.protected --right print --out bo.print
exits 3 "$tool" open plan.protected --right export --out bo.export

# Not for anybody else, nor for other content.
exits 3 "$tool" open plan.protected --ul bo.ul.xml --client anna --out no
says err "issued to bo@example.org, this account is anna@example.org"
exits 3 "$tool" client accept bo.ul.xml --client anna
echo other > other
exits 0 "$tool" protect other --for bo@example.org --client anna
exits 3 "$tool" open other.protected --ul bo.ul.xml --out no
says err "for content"
exits 0 "$tool" trust add --store root1 machines anna2/authority.pem --name anna2 --yes
exits 0 "$tool" license rac --store root1 --user eve@example.org --machine anna2/machine.xml --out eve.rac.xml
exits 3 "$tool" license ul --store root1 --rac eve.rac.xml --pl pl.xml --out eve.ul.xml

# A user's account is the same on every machine, its machines are not.
exits 0 "$tool" license rac --store root1 --user bo@example.org --machine anna2/machine.xml --out bo2.rac.xml
exits 3 "$tool" client accept bo2.rac.xml
exits 0 "$tool" client accept bo2.rac.xml --client anna2
exits 0 "$tool" open plan.protected --ul bo.ul.xml --client anna2 --out bo2.plan
cmp bo2.plan original

# Altered, cut, added to: nothing is written.
alter() { # alter OFFSET: that octet of plan.protected, in altered
    python3 - "$1" << 'END'
import sys
octets = bytearray(open("plan.protected", "rb").read())
at = int(sys.argv[1])
octets[at] ^= 1
open("altered", "wb").write(octets)
END
}
size=$(stat -c %s plan.protected)
alter $((size - 1))
exits 4 "$tool" open altered --out no
alter 30
exits 4 "$tool" open altered --out no
head -c $((size - 1)) plan.protected > altered
exits 4 "$tool" open altered --out no
(cat plan.protected; printf x) > altered
exits 4 "$tool" open altered --out no
sed 's/Encrypted-Rights-Data">...../Encrypted-Rights-Data">AAAAA/' plan.protected > altered
exits 21 "$tool" open altered --out no
exits 4 "$tool" open pin --out no
[ ! -e no ] || fail "a file that was refused was written"
[ -z "$(find . -name '.privyseal-*')" ] || fail "something was left behind"

# A file of many chunks, and one of none; the rights of anyone.
: > empty
head -c 300000 /dev/urandom > large
for file in empty large; do
    exits 0 "$tool" protect $file --for anyone --client anna
    exits 0 "$tool" open $file.protected --pl-out $file.pl.xml
    exits 0 "$tool" license ul --store root1 --rac bo.rac.xml --pl $file.pl.xml --out $file.ul.xml
    exits 0 "$tool" open $file.protected --ul $file.ul.xml --out $file.back
    cmp $file $file.back
done

# What the server has revoked opens no longer, once the client knows.
exits 0 "$tool" revoke --store root1 pl.xml --by content --out list.xml --yes
exits 0 "$tool" open plan.protected --out before
exits 0 "$tool" client accept list.xml
exits 24 "$tool" open plan.protected --out no
exits 24 "$tool" client accept bo.ul.xml
exits 0 "$tool" open large.protected --ul large.ul.xml --out after
rm -r bo/lists
exits 0 "$tool" open plan.protected --out again

# Time ends rights, and the account; a clock that stands before it, too.
if command -v faketime > /dev/null &&
    ! grep -q '^PRIVYSEAL_SANITIZE:[A-Z]*=..*' "$PRIVYSEAL_BUILD/CMakeCache.txt"; then
    soon=$(date -u -d '+2 days' +%Y-%m-%d)
    exits 0 "$tool" protect original --for bo@example.org --until "$soon" --client anna
    exits 0 "$tool" open original.protected --pl-out short.pl.xml
    exits 0 "$tool" license ul --store root1 --rac bo.rac.xml --pl short.pl.xml --out short.ul.xml
    exits 0 "$tool" open original.protected --ul short.ul.xml --out short
    exits 23 faketime -f '+3d' "$tool" open original.protected --ul short.ul.xml --out no
    says err "$soon"
    exits 0 faketime -f '+3d' "$tool" open original.protected --client anna --out own
    exits 23 faketime -f '+400d' "$tool" open plan.protected --out no
    says err "account certificate"
    exits 23 faketime -f '-2d' "$tool" open plan.protected --out no
    exits 23 faketime -f '+400d' "$tool" protect original --for bo@example.org --client anna --out no
fi

# A right of one's own is one, and might be meant otherwise.
exits 0 "$tool" protect original --for bo@example.org,eve@example.org --rights VIEW,prnt --client anna --out own.protected
says out 'prnt is a right of your own'
[ "$(grep -c 'right of your own' out)" = 1 ] || fail "$(cat out)"

# Keys are in no file but the client's own, and in no output.
key=$(sed -n 2p bo/key.pem)
! grep -rlF -e "$key" . --exclude-dir=bo --exclude-dir=thief || fail "the machine's key is elsewhere"
exits 0 "$tool" log verify --store root1
