#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole life on SoftHSM2: authority, root, sub-enrolled licensing server, the
# machines of three users, accounts, offline and online publishing, use
# licenses, a protected file that is opened, and everyone who is refused it,
# with the reason. A verifier of its own judges each document too.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
check=$PRIVYSEAL_SOURCE/tests/check/check_chain.py
forge=$PRIVYSEAL_SOURCE/tests/token/forge.py

part() { echo "-- $*"; }
judged() { # judged CODE FILE OPTIONS...: the other verifier's word, and ours
    code=$1
    file=$2
    shift 2
    result=0
    python3 "$check" "$@" ea/anchors.pem "$file" > checked 2>&1 || result=$?
    [ "$result" = "$code" ] || fail "check_chain.py: exit $result, expected $code: $file: $(cat checked)"
    exits "$code" "$tool" verify "$@" --anchors ea/anchors.pem "$file"
}
issues() { # issues STORE KIND OPTIONS...: a license that all agree on
    store=$1
    shift
    exits 0 "$tool" license "$@" --store "$store"
    cp out issued
    file=$(sed -n 's/^wrote  *\([^ ]*\).*/\1/p' out)
    judged 0 "$file"
}
client() { # client CODE NAME VERB OPTIONS...: by that machine
    code=$1
    name=$2
    shift 2
    PRIVYSEAL_CLIENT=$PWD/$name
    export PRIVYSEAL_CLIENT
    exits "$code" "$tool" "$@"
}

# ---- servers ----------------------------------------------------------------
part "authority, root, licensing server"
end_to_end
enrolled
exits 0 "$tool" trust export --store root1 --out root.chain.xml
softhsm2-util --init-token --free --label lic1 --pin 1234 --so-pin 5678 > /dev/null
exits 0 "$tool" init --store lic1 --role licensing --name LIC01 --url https://lic.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=lic1 --pin-source file:pin --anchors ea/anchors.pem \
    --root root.chain.xml
printf 'privyseal-acl 1\nprincipal here unix-user:%s\nallow here op=sub-enroll url=https://lic.example/_wmcs\nend 2\n' \
    "$(id -un)" > root1/acl
exits 0 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --out lic.xml --yes
exits 0 "$tool" subenroll --store lic1 --import lic.xml --yes
exits 0 "$tool" trust export --store lic1 --out lic.chain.xml

# ---- accounts ---------------------------------------------------------------
part "machines, accounts"
for name in anna bo carol laptop; do
    exits 0 "$tool" client init --client $name --anchors ea/anchors.pem --name $name
    exits 0 "$tool" trust add --store root1 machines $name/authority.pem --name $name --yes
done
for name in anna bo carol; do
    issues root1 rac --user $name@example.org --machine $name/machine.xml
    client 0 $name client accept $name@example.org.rac.xml
done
# bo has another machine: another certificate, the same key pair.
issues root1 rac --user bo@example.org --machine laptop/machine.xml --out laptop.rac.xml
client 0 laptop client accept laptop.rac.xml
for name in bo laptop; do
    [ $name = bo ] && rac=bo@example.org.rac.xml || rac=laptop.rac.xml
    python3 "$check" --open $name/key.pem --out $name.pem ea/anchors.pem "$rac" > /dev/null
    openssl pkey -in $name.pem -pubout -out $name.pub
done
cmp bo.pub laptop.pub
issues lic1 clc --rac anna@example.org.rac.xml
client 0 anna client accept anna@example.org.clc.xml

# ---- published offline, used ------------------------------------------------
part "published offline, opened"
seq 20000 > plan.txt
client 0 anna protect plan.txt --for bo@example.org --rights view --until 2999-01-01
! grep -q 12345 plan.txt.protected || fail "not encrypted"
client 0 anna open plan.txt.protected --out own.txt
cmp plan.txt own.txt
client 3 bo open plan.txt.protected --out none.txt
client 0 bo open plan.txt.protected --pl-out plan.pl.xml
judged 0 plan.pl.xml
issues lic1 ul --rac bo@example.org.rac.xml --pl plan.pl.xml
ul=$file
client 0 bo client accept "$ul"
client 0 bo open plan.txt.protected --out opened.txt
cmp plan.txt opened.txt
# On every machine of the same user.
client 0 laptop open plan.txt.protected --ul "$ul" --out laptop.txt
cmp plan.txt laptop.txt

# ---- published online -------------------------------------------------------
part "published online, under a template"
month=$(date -u -d '+30 days' +%Y-%m-%d)
issues root1 pl --owner anna@example.org --for bo@example.org --rights view,print --until "$month" --out memo.pl.xml
issues root1 ul --rac bo@example.org.rac.xml --pl memo.pl.xml
says issued "VIEW, PRINT"
# What reaches the user is the content key, and nobody of ours opened it.
python3 "$check" --open bo.pem --out memo.key ea/anchors.pem memo.bo@example.org.ul.xml > /dev/null
[ "$(od -An -v -tx1 memo.key | tr -d ' \n')" = "$(cat memo.pl.xml.key)" ] || fail "another content key"
issues lic1 template --name Internal --for anyone --rights view
issues lic1 pl --owner anna@example.org --template Internal.template.xml --out internal.pl.xml
issues lic1 ul --rac carol@example.org.rac.xml --pl internal.pl.xml

# ---- refused ----------------------------------------------------------------
part "refused: the wrong user"
exits 3 "$tool" license ul --store lic1 --rac carol@example.org.rac.xml --pl plan.pl.xml
says err "carol@example.org"
client 3 carol open plan.txt.protected --ul "$ul" --out none.txt
says err "plan"
client 3 carol client accept "$ul"

part "refused: a right that was not granted"
client 3 bo open plan.txt.protected --right print --out none.txt
says err "PRINT"

part "refused: another machine"
client 3 carol client accept bo@example.org.rac.xml
client 3 anna client accept laptop.rac.xml
client 3 laptop open plan.txt.protected --ul memo.bo@example.org.ul.xml --out none.txt

part "refused: altered"
sed 's/anna@example.org/carol@example.org/' plan.pl.xml > altered.pl.xml
judged 21 altered.pl.xml
exits 21 "$tool" license ul --store lic1 --rac bo@example.org.rac.xml --pl altered.pl.xml --out none.xml
says err "test 2"
sed 's/<VIEW>/<EDIT>/; s:</VIEW>:</EDIT>:' "$ul" > altered.ul.xml
cmp -s "$ul" altered.ul.xml && fail "not altered"
judged 21 altered.ul.xml
client 21 bo open plan.txt.protected --ul altered.ul.xml --right edit --out none.txt
python3 - << 'END'
data = bytearray(open('plan.txt.protected', 'rb').read())
data[-20] ^= 1
open('altered.protected', 'wb').write(data)
END
client 4 bo open altered.protected --out none.txt

part "refused: a server that oversteps"
exits 3 "$tool" license rac --store lic1 --user eve@example.org --machine bo/machine.xml
says err "role licensing"
exits 3 "$tool" license ul --store ea --rac bo@example.org.rac.xml --pl memo.pl.xml --out none.xml
cat > openssl.cnf << END
openssl_conf = init
[init]
providers = providers
[providers]
default = default_sect
privyseal = privyseal_sect
[default_sect]
activate = 1
[privyseal_sect]
module = $PRIVYSEAL_BUILD/provider/privyseal.so
module-path = $SOFTHSM_MODULE
pin-source = file:$PWD/pin
activate = 1
END
forged() { # forged STORE ISSUER-CHAIN DOCUMENT OUT CHANGE...: signed with that server's own key
    exits 0 "$tool" status --store "$1" --json
    uri=$(python3 -c 'import json; print(json.load(open("out"))["key"])')
    shift
    OPENSSL_CONF=$PWD/openssl.cnf python3 "$forge" "$uri" "$@" || fail "not forged: $*"
}
# What no command does, a server does that has its own programs: a key that may
# not certify users is not believed, wherever its certificate comes in.
forged lic1 lic.chain.xml carol@example.org.rac.xml eve.rac.xml 'carol@example.org=bo@example.org'
judged 22 eve.rac.xml
exits 22 "$tool" license ul --store root1 --rac eve.rac.xml --pl memo.pl.xml --out none.xml
exits 22 "$tool" license ul --store lic1 --rac eve.rac.xml --pl plan.pl.xml --out none.xml
client 22 carol client accept eve.rac.xml

part "refused: issued after the end of its server's certificate"
forged root1 root.chain.xml memo.pl.xml late.pl.xml \
    '<ISSUEDTIME>[^<]*</ISSUEDTIME>=<ISSUEDTIME>2030-01-01T00:00</ISSUEDTIME>' \
    '<FROM>[^<]*</FROM><UNTIL>[^<]*</UNTIL>=<FROM>2030-01-01T00:00</FROM><UNTIL>2031-01-01T00:00</UNTIL>'
judged 23 late.pl.xml
exits 23 "$tool" license ul --store root1 --rac bo@example.org.rac.xml --pl late.pl.xml --out none.xml

if command -v faketime > /dev/null && ! ldd "$tool" | grep -q libasan; then
    late() { # late CODE TIME COMMAND...
        code=$1
        when=$2
        shift 2
        exits "$code" env TZ=UTC faketime -f "$when" "$@"
    }
    year=$(($(date +%Y) + 2))
    after="$year-01-01 00:00:00"
    part "refused: a server whose certificate has ended, and an account's"
    cp -a root1 root-then
    late 23 "$month 00:00:00" "$tool" license ul --store root-then --rac bo@example.org.rac.xml --pl memo.pl.xml --out none.xml
    says err "VALIDITYTIME"
    late 14 "$after" "$tool" license ul --store root-then --rac bo@example.org.rac.xml --pl memo.pl.xml --out none.xml
    says err "its certificate expired"
    part "refused: expired"
    client 0 anna protect plan.txt --for bo@example.org --rights view --until "$month" --out soon.protected
    client 0 anna open soon.protected --pl-out soon.pl.xml
    issues lic1 ul --rac bo@example.org.rac.xml --pl soon.pl.xml
    client 0 bo open soon.protected --ul soon.bo@example.org.ul.xml --out soon.txt
    PRIVYSEAL_CLIENT=$PWD/bo
    export PRIVYSEAL_CLIENT
    late 23 "$month 00:00:00" "$tool" open soon.protected --ul soon.bo@example.org.ul.xml --out none.txt
    says err "use license"
    late 23 "$after" "$tool" open plan.txt.protected --ul "$ul" --out none.txt
    says err "account certificate"
    unset PRIVYSEAL_CLIENT
    # What was issued in time stays valid.
    late 0 "$after" "$tool" verify --anchors ea/anchors.pem soon.bo@example.org.ul.xml
else
    echo "skipped: other times, faketime is not there or does not work with the sanitizer"
fi

part "refused: revoked content"
exits 0 "$tool" revoke --store root1 memo.pl.xml --by content --out "the memo.revocation.xml" --yes
cat "the memo.revocation.xml" root.chain.xml > list.chain.xml
judged 0 list.chain.xml
judged 24 memo.bo@example.org.ul.xml --revocation "the memo.revocation.xml"
judged 0 "$ul" --revocation "the memo.revocation.xml"
exits 24 "$tool" license ul --store root1 --rac bo@example.org.rac.xml --pl memo.pl.xml --out none.xml

part "refused: revoked certificate of a server"
exits 0 "$tool" revoke --store root1 lic.chain.xml --out lic.revocation.xml --yes
judged 24 "$ul" --revocation lic.revocation.xml
judged 24 plan.pl.xml --revocation lic.revocation.xml
judged 24 anna@example.org.clc.xml --revocation lic.revocation.xml
# What the root issued itself stays; what was revoked before does not come back.
judged 0 bo@example.org.rac.xml --revocation lic.revocation.xml
judged 24 memo.bo@example.org.ul.xml --revocation lic.revocation.xml
client 0 bo open plan.txt.protected --out before.txt
client 0 bo client accept lic.revocation.xml
client 24 bo open plan.txt.protected --out none.txt
exits 24 "$tool" license ul --store root1 --rac bo@example.org.rac.xml --pl plan.pl.xml --out none.xml

# ---- what is left -----------------------------------------------------------
for file in none.txt none.xml; do
    [ ! -e $file ] || fail "$file was written"
done
for store in ea root1 lic1; do
    exits 0 "$tool" log verify --store $store
done
# Each license: who asked for it is known.
exits 0 "$tool" log whence "$ul" --store lic1
echo "a life, and everyone who was refused"
