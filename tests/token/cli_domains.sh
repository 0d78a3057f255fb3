#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Two installations with hierarchies of their own: what one has published, the
# other licenses with the first one's key, which its token opens with and never
# signs; accounts of one at the other. Content of cryptographic mode 1.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
fault=$PRIVYSEAL_BUILD/tests/fault/privyseal-fault.so
[ -f "$fault" ] || exit 77
cli_begin
scripts=$PRIVYSEAL_SOURCE/tests/token
check() { # check OPTIONS... FILE: by a verifier of its own
    python3 "$PRIVYSEAL_SOURCE/tests/check/check_chain.py" "$@" > checked 2>&1 || fail "$*: $(cat checked)"
}
part() { echo "-- $*"; }

# ---- ours: each call of its token is in calls, each signature in signatures ---
part "ours"
end_to_end
enrolled
sed "s|^module = .*|module = $fault|" root1/privyseal.conf > root1/watched.conf
grep -q "^module = $fault" root1/watched.conf || fail "no line of the module: $(cat root1/privyseal.conf)"
ours() { # ours CODE VERB OPTIONS...: by root1, its token watched
    code=$1
    shift
    PRIVYSEAL_FAULT="module='$SOFTHSM_MODULE' log='$folder/calls' journal='$folder/signatures'" \
        exits "$code" "$tool" "$@" --store root1 --config root1/watched.conf
}
cat ea/anchors.pem > both.pem

# ---- theirs: in a token whose administrator can export the key ---------------
part "theirs"
softhsm2-util --init-token --free --label far-ea --pin 1234 --so-pin 5678 > /dev/null
exits 0 "$tool" init --store far-ea --role authority --name 'Far EA' \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=far-ea --pin-source file:pin
cat far-ea/anchors.pem >> both.pem
mkdir lab
theirs() { # theirs CODE VERB OPTIONS...: by far1
    code=$1
    shift
    PRIVYSEAL_FAULT="token-dir='$folder/lab' label=far pin=1234" exits "$code" "$tool" "$@" --store far1
}
theirs 0 init --role root --name FAR01 --url https://far.example/_wmcs \
    --module "$fault" --token pkcs11:token=far --pin-source file:pin --anchors far-ea/anchors.pem
theirs 0 enroll --export
exits 0 "$tool" authority sign --store far-ea FAR01EnrollRequest.xml --yes
theirs 0 enroll --import FAR01.slc.xml --yes
theirs 0 trust export --out far.chain
python3 "$scripts/fault_key.py" lab > far.der
openssl rsa -inform DER -in far.der -out far.pem 2> /dev/null
put_key() { # put_key LABEL KEY OPTIONS...: into our token
    label=$1
    key=$2
    shift 2
    python3 "$scripts/put_key.py" "$@" "$SOFTHSM_MODULE" root 1234 "$label" "$key" ||
        fail "put_key.py $label"
}
put_key far-opens far.pem
put_key far-signs far.pem --sign

# ---- people: bo of ours, fred of theirs --------------------------------------
for name in bo fred; do
    exits 0 "$tool" client init --client $name --anchors both.pem --name $name
done
ours 0 trust add machines bo/authority.pem --name bo --yes
theirs 0 trust add machines fred/authority.pem --name fred --yes
ours 0 license rac --user bo@example.org --machine bo/machine.xml
theirs 0 license rac --user fred@far.example --machine fred/machine.xml
theirs 0 license clc --rac fred@far.example.rac.xml
client() { # client CODE NAME VERB OPTIONS...
    code=$1
    shift
    PRIVYSEAL_CLIENT=$PWD/$1
    shift
    export PRIVYSEAL_CLIENT
    exits "$code" "$tool" "$@"
    unset PRIVYSEAL_CLIENT
}
client 0 bo client accept bo@example.org.rac.xml
client 0 fred client accept fred@far.example.rac.xml
client 0 fred client accept fred@far.example.clc.xml

# ---- what they have published ------------------------------------------------
theirs 0 license pl --owner fred@far.example --for bo@example.org --rights view,print --out online.pl.xml
seq 5000 > report.txt
client 0 fred protect report.txt --for bo@example.org --rights view
client 0 fred open report.txt.protected --pl-out offline.pl.xml
for pl in online offline; do
    check far-ea/anchors.pem $pl.pl.xml
done
ul() { # ul CODE PL OPTIONS...: by ours, for bo, into UL.xml
    asked=$1
    content=$2
    shift 2
    rm -f UL.xml
    ours "$asked" license ul --rac bo@example.org.rac.xml --pl "$content" --out UL.xml "$@"
    [ "$asked" = 0 ] || [ ! -e UL.xml ] || fail "refused, and written"
}

part "without trust"
for pl in online offline; do
    ul 25 $pl.pl.xml
    says err "publishing license: "
    says err "no anchor"
    exits 25 "$tool" verify --store root1 --trust $pl.pl.xml
done
# With a key that could sign they are not trusted either.
ours 3 trust add publishing far.chain --uri 'pkcs11:token=root;object=far-signs;type=private' --yes
says err "CKA_SIGN is true"
ul 25 online.pl.xml

part "trusted"
ours 0 trust add publishing far.chain --uri 'pkcs11:token=root;object=far-opens;type=private' --yes
ul 0 online.pl.xml
says out "VIEW, PRINT"
check ea/anchors.pem UL.xml
exits 0 "$tool" verify --anchors ea/anchors.pem UL.xml
# The issuer is ours, the key what they sealed.
python3 "$PRIVYSEAL_SOURCE/tests/check/check_chain.py" --open bo/key.pem --out bo.pem ea/anchors.pem \
    bo@example.org.rac.xml > /dev/null
opened() { # opened KEY: the content key in UL.xml is this, in hexadecimal digits
    check --open bo.pem --out content.key ea/anchors.pem UL.xml
    [ "$(od -An -v -tx1 content.key | tr -d ' \n')" = "$(cat "$1")" ] || fail "another content key than $1"
}
opened online.pl.xml.key
ul 0 offline.pl.xml
says out "may        VIEW"
client 0 bo client accept UL.xml
client 0 bo open report.txt.protected --out opened.txt
cmp report.txt opened.txt
# verify says as much, of what a domain is trusted for and of nothing else.
exits 25 "$tool" verify --store root1 online.pl.xml
exits 0 "$tool" verify --store root1 --trust online.pl.xml
says out "publishing: the store trusts it beside its anchors"
exits 0 "$tool" verify --store root1 --trust --json offline.pl.xml
json 'd["trusted"] == "publishing" and d["anchor"] == "Far EA Production Root"'
exits 25 "$tool" verify --store root1 --trust fred@far.example.rac.xml
exits 0 "$tool" verify --store root1 --trust --json bo/machine.xml
json 'd["trusted"] == "machines"'
exits 25 "$tool" verify --store root1 bo/machine.xml
exits 0 "$tool" verify --store root1 --trust --json bo@example.org.rac.xml
json 'd["trusted"] is None'
exits 2 "$tool" verify --trust --anchors ea/anchors.pem UL.xml
says err "not both"
# Its chain need not be shown by who asks: ours knows it.
python3 -c 'import re
text = open("online.pl.xml").read()
open("alone.pl.xml", "w").write(text[:text.index("</XrML>") + 7])'
ul 0 alone.pl.xml
exits 0 "$tool" verify --store root1 --trust alone.pl.xml
# Whom they did not name gets nothing of it.
exits 0 "$tool" client init --client eve --anchors both.pem --name eve
ours 0 trust add machines eve/authority.pem --name eve --yes
ours 0 license rac --user eve@example.org --machine eve/machine.xml
ours 3 license ul --rac eve@example.org.rac.xml --pl online.pl.xml --out none.xml
sed 's/fred@far.example/bo@example.org/' online.pl.xml > altered.pl.xml
ul 21 altered.pl.xml

part "their key opens, and never signs"
# What is signed for them is theirs to sign: a license that was handed in for
# their server, a list by the key, a text by anybody with the PIN.
python3 -c 'import re
body = re.search("<BODY .*?</BODY>", open("online.pl.xml").read(), re.S).group()
open("handed.xml", "w").write("<XrML xmlns=\"\" version=\"1.2\">" + body + "</XrML>")'
ours 3 license pl --unsigned handed.xml --out none.xml
says err "another server than this one"
result=0
PRIVYSEAL_FAULT="module='$SOFTHSM_MODULE' log='$folder/calls' journal='$folder/signatures'" "$tool" revoke \
    --key 'pkcs11:token=root;object=far-opens;type=private' --module "$fault" --pin-source file:pin --name FAR01 \
    --guid 11111111-2222-4333-8444-555555555551 --out none.xml --yes > out 2> err < /dev/null || result=$?
[ "$result" != 0 ] || fail "a list was signed with their key"
# Nor does what ours issues name them: a license and a template are its own.
ours 0 license pl --owner bo@example.org --for bo@example.org --rights view --out own.pl.xml
ours 0 license template --name Internal --for anyone --rights view
ul 0 own.pl.xml
[ ! -e none.xml ] || fail "none.xml was written"
far_id=$(printf far-opens | od -An -v -tx1 | tr -d ' \n')
exits 0 "$tool" status --store root1 --json
own_id=$(python3 -c 'import json, re, urllib.parse
uri = json.load(open("out"))["key"]
print(urllib.parse.unquote_to_bytes(re.search("[:;]id=([^;?]*)", uri).group(1)).hex())')
grep -q '^C_Decrypt CKR_OK\|^C_Decrypt .*OK' calls || fail "nothing was opened: $(sort calls | uniq -c)"
grep -q "^$own_id " signatures || fail "our own key signed nothing: $(cut -d' ' -f1 signatures | sort | uniq -c)"
! grep -q "^$far_id " signatures || fail "their key has signed"

part "given up"
ours 0 trust remove publishing FAR01 --yes
ul 25 online.pl.xml
ours 0 trust add publishing far.chain --uri 'pkcs11:token=root;object=far-opens;type=private' --yes

# ---- their accounts ----------------------------------------------------------
part "accounts of theirs"
ours 0 license pl --owner bo@example.org --for fred@far.example --rights view --out ours.pl.xml
theirs_ul() { # theirs_ul CODE: fred's use license of ours
    rm -f UL.xml
    ours "$1" license ul --rac fred@far.example.rac.xml --pl ours.pl.xml --out UL.xml
}
theirs_ul 25
says err "RAC: "
ours 25 license clc --rac fred@far.example.rac.xml --out none.xml
# To open what they published is no word about who their people are.
ours 0 trust add users far.chain --yes
theirs_ul 0
exits 0 "$tool" verify --store root1 --trust fred@far.example.rac.xml
check ea/anchors.pem UL.xml
client 0 fred client accept UL.xml
ours 0 license clc --rac fred@far.example.rac.xml --out fred.clc.xml
check ea/anchors.pem fred.clc.xml
# Where both are trusted: their content for their own people.
theirs 0 license pl --owner fred@far.example --for fred@far.example --rights view --out own.far.pl.xml
ours 0 license ul --rac fred@far.example.rac.xml --pl own.far.pl.xml --out fred.ul.xml
ours 0 trust remove users FAR01 --yes
theirs_ul 25

# ---- sealed keys of cryptographic mode 1 -------------------------------------
part "sealed-key, with --legacy only"
publish() { # publish OPTIONS... OUT: by their key, made by no program of ours
    python3 "$scripts/publish.py" "$@"
}
publish far.pem far.chain fred@far.example bo@example.org new.pl.xml
publish --v1 far.pem far.chain fred@far.example bo@example.org old.pl.xml
publish --v1 --damaged far.pem far.chain fred@far.example bo@example.org damaged.pl.xml
for pl in new old damaged; do
    check far-ea/anchors.pem $pl.pl.xml
done
ul 0 new.pl.xml
opened new.pl.xml.key
ul 3 old.pl.xml
says err "sealed-key: opened with --legacy only"
ul 0 old.pl.xml --legacy
says out "may        VIEW"
opened old.pl.xml.key
check ea/anchors.pem UL.xml
# What is issued is of today, whatever was read.
grep -q '<ENABLINGBITS type="sealed-key-v2">' UL.xml || fail "an old form was written"
ul 3 damaged.pl.xml --legacy
# A server's own key opens no old form, whatever is asked.
theirs 3 license ul --rac fred@far.example.rac.xml --pl old.pl.xml --legacy --out none.xml
says err "sealed-key-v2 is taken"

part "a whole hierarchy of mode 1: RSA-1024, SHA-1"
publish --mode1 far.chain old.pem old.chain
put_key old-opens old.pem
publish --v1 --sha1 old.pem old.chain fred@far.example bo@example.org oldest.pl.xml
add_old() { # add_old CODE OPTIONS...
    code=$1
    shift
    ours "$code" trust add publishing old.chain --name old --yes \
        --uri 'pkcs11:token=root;object=old-opens;type=private' "$@"
}
add_old 21
says err "--legacy only"
ours 2 trust add users old.chain --legacy --yes
add_old 0 --legacy
ul 21 oldest.pl.xml
says err "--legacy only"
ul 0 oldest.pl.xml --legacy
opened oldest.pl.xml.key
check ea/anchors.pem UL.xml
# Our own documents are held to today's rules all the same.
ul 0 own.pl.xml --legacy

[ ! -e none.xml ] || fail "none.xml was written"
! grep -q "^$far_id " signatures || fail "their key has signed"
exits 0 "$tool" log verify --store root1
exits 0 "$tool" log fsck --store root1 --yes
ul 0 old.pl.xml --legacy
echo "two installations: what is trusted is taken, and their key never signs"
