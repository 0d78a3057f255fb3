#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# privyseal license rac, clc, pl, ul, template on SoftHSM2: what they write,
# every mistake in calling them, every refusal with its code and its words.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
check() { # check FILE: by a verifier of its own
    python3 "$PRIVYSEAL_SOURCE/tests/check/check_chain.py" ea/anchors.pem "$1" > checked 2>&1 ||
        fail "$1: $(cat checked)"
}
license() { # license CODE KIND OPTIONS...: by root1
    code=$1
    shift
    exits "$code" "$tool" license "$@" --store root1
}
nothing() { # nothing FILE...: none was written
    for file; do
        [ ! -e "$file" ] || fail "$file was written"
    done
}
machine() { # machine NAME: a client and its machine
    exits 0 "$tool" client init --client "$1" --anchors ea/anchors.pem
}
trusted() { # trusted STORE NAME
    exits 0 "$tool" trust add --store "$1" machines "$2/authority.pem" --name "$2" --yes
}
for name in anna bo carol; do
    machine $name
done

# ---- before there is anything to issue with ---------------------------------
license 10 template --name N --for anyone --rights view
says err "not enrolled"
nothing N.template.xml
enrolled
license 25 rac --user anna@example.org --machine anna/machine.xml
says err "machine certificate"
says err "(privyseal trust add machines)"
nothing anna@example.org.rac.xml
for name in anna bo; do
    trusted root1 $name
done
license 25 rac --user carol@example.org --machine carol/machine.xml
nothing carol@example.org.rac.xml

# ---- RAC --------------------------------------------------------------------
license 2 rac --machine anna/machine.xml
says err "--user MAIL is missing"
license 2 rac --user anna@example.org
says err "--machine FILE is missing"
license 2 rac --user anna@example.org --machine nowhere
says err nowhere
license 4 rac --user anna@example.org --machine ea/anchors.pem
says err ea/anchors.pem
license 4 rac --user anna@example.org --machine RMS01.slc.xml
says err "not a machine certificate"
license 4 rac --user anna --machine anna/machine.xml
license 4 rac --user anna@example.org --user-id 4711 --machine anna/machine.xml
says err "4711: no SID (S-1-5-21-...), GUID or PUID (16 hexadecimal digits)"
license 4 rac --user anna@example.org --user-id S-1-5 --machine anna/machine.xml
license 2 rac --user anna@example.org --machine anna/machine.xml --nonce abc
says err "32 hexadecimal digits"
license 2 rac --user anna@example.org --machine anna/machine.xml --until tomorrow
license 3 rac --user anna@example.org --machine anna/machine.xml --until 2999-01-01
says err "no later than"
license 2 rac --user anna@example.org --machine anna/machine.xml --out nowhere/rac.xml
license 2 rac --user anna@example.org --machine anna/machine.xml a-word-too-many
nothing anna@example.org.rac.xml nowhere
exits 2 "$tool" license rac --user anna@example.org --machine anna/machine.xml
says err --store
exits 3 "$tool" license rac --store ea --user anna@example.org --machine anna/machine.xml
says err "role authority"

nonce=000102030405060708090a0b0c0d0e0f
license 0 rac --user Anna@example.org --machine anna/machine.xml --nonce $nonce
says out "wrote      Anna@example.org.rac.xml"
says out "privyseal client accept Anna@example.org.rac.xml"
check Anna@example.org.rac.xml
exits 0 "$tool" verify --store root1 Anna@example.org.rac.xml
license 9 rac --user Anna@example.org --machine anna/machine.xml
says err "a file is there already"
# The same order: the same octets, wherever they go.
license 0 rac --user Anna@example.org --machine anna/machine.xml --nonce $nonce
says out "as it was issued before"
license 0 rac --user Anna@example.org --machine anna/machine.xml --nonce $nonce --out again.xml --json
json 'd["again"] and d["kind"] == "rac" and d["nonce"] == "000102030405060708090a0b0c0d0e0f"'
cmp again.xml Anna@example.org.rac.xml
echo mine > other.xml
license 9 rac --user Anna@example.org --machine anna/machine.xml --nonce $nonce --out other.xml
license 0 rac --user Anna@example.org --machine anna/machine.xml --nonce $nonce --out other.xml --force
cmp again.xml other.xml
mkdir folder
license 0 rac --user bo@example.org --machine bo/machine.xml --out folder --user-id S-1-5-21-1-2-3-1001
mv folder/bo@example.org.rac.xml .
check bo@example.org.rac.xml
grep -q S-1-5-21-1-2-3-1001 bo@example.org.rac.xml || fail "another SID"
license 0 rac --user g@example.org --user-id '{6f0c3ba1-7a5e-4f7a-8f5b-0123456789ab}' --machine bo/machine.xml --temporary --json
json 'd["user"] == "g@example.org" and d["until"][:16] != d["from"][:16]'
python3 - << 'END' || fail "not 15 minutes: $(cat out)"
import datetime, json
d = json.load(open('out'))
issued, until = (datetime.datetime.strptime(d[k], '%Y-%m-%dT%H:%M:%SZ') for k in ('from', 'until'))
# it begins a quarter of an hour before it is issued
assert until - issued <= datetime.timedelta(minutes=30), (issued, until)
END
grep -q 'type="Federation"' g@example.org.rac.xml || fail "a GUID is of a federation"
license 0 rac --user 'a/b@example.org' --machine bo/machine.xml
[ -e a_b@example.org.rac.xml ] || fail "$(ls)"

# ---- CLC --------------------------------------------------------------------
license 2 clc
says err "--rac FILE is missing"
license 4 clc --rac bo/machine.xml
says err "not an account certificate"
license 0 clc --rac Anna@example.org.rac.xml
check Anna@example.org.clc.xml
sed 's/Anna@example.org/Bert@example.org/' Anna@example.org.rac.xml > forged.xml
license 21 clc --rac forged.xml
says err "RAC"
nothing Bert@example.org.clc.xml
license 9 clc --rac Anna@example.org.rac.xml

# ---- PL ---------------------------------------------------------------------
license 2 pl --for bo@example.org --rights view
says err "--owner MAIL is missing"
license 2 pl --owner anna@example.org
says err "who may do what?"
license 2 pl --owner anna@example.org --for bo@example.org
says err "go together"
license 2 pl --owner anna@example.org --rights view
license 2 pl --owner anna@example.org --for bo@example.org --rights 'view, print'
license 2 pl --owner anna@example.org --for ,bo@example.org --rights view
license 4 pl --owner anna --for bo@example.org --rights view
says err 'owner: "anna" is no mail address'
license 4 pl --owner anna@example.org --for bo --rights view
license 4 pl --owner anna@example.org --for bo@example.org --rights 1view
license 2 pl --owner anna@example.org --grant bo@example.org
says err "not MAIL:RIGHT"
license 2 pl --owner anna@example.org --grant bo@example.org:view:soon
says err "neither a time nor a duration"
license 2 pl --owner anna@example.org --grant bo@example.org:view:0d
license 2 pl --owner anna@example.org --for bo@example.org --rights view --until never
license 2 pl --owner anna@example.org --for bo@example.org --rights view --description D
says err "--name NAME is missing"
license 2 pl --owner anna@example.org --for bo@example.org --rights view --name 'a;b'
license 2 pl --owner anna@example.org --for bo@example.org --rights view --name N --lcid 70000
license 2 pl --owner anna@example.org --for bo@example.org --rights view --content-key nowhere
says err nowhere
for size in 15 17 31 33 65; do
    head -c $size pin > /dev/null
    head -c $size /dev/zero > odd.key
    license 4 pl --owner anna@example.org --for bo@example.org --rights view --content-key odd.key
    says err "16 or 32 octets"
done
license 3 pl --owner anna@example.org --for bo@example.org --rights view --until 2001-01-01
says err "has ended"
license 2 pl --owner anna@example.org --grant bo@example.org:view:2001-01-01
says err "bo@example.org: its time is over"
license 2 pl --owner anna@example.org --for bo@example.org --rights view --until soon
says err "--until: not a time: soon"
[ -z "$(ls ./*.pl.xml 2> /dev/null)" ] || fail "written: $(ls ./*.pl.xml)"
# A key that nothing was issued with is gone; one that was there before stays.
rm odd.key
[ -z "$(ls ./*.key 2> /dev/null)" ] || fail "a key of no license: $(ls ./*.key)"
printf '%064d\n' 0 > kept.pl.xml.key
license 3 pl --owner anna@example.org --for bo@example.org --rights view --until 2001-01-01 --out kept.pl.xml
[ -e kept.pl.xml.key ] || fail "a key that was there is gone"
rm kept.pl.xml.key

license 0 pl --owner anna@example.org --for bo@example.org,anyone --rights view,print --name Plan --description 'The plan.' \
    --referral mailto:anna@example.org --out plan.pl.xml
says out "plan.pl.xml.key"
says out "privyseal license ul --rac RAC --pl plan.pl.xml"
check plan.pl.xml
[ "$(stat -c %a plan.pl.xml.key)" = 600 ] || fail "the content key is open to others"
[ "$(wc -c < plan.pl.xml.key)" = 65 ] || fail "not 64 digits"
! grep -q "$(cat plan.pl.xml.key)" plan.pl.xml out || fail "the key is told"
# Keys as they come: digits or octets, of both sizes, the same key the same way.
license 0 pl --owner anna@example.org --grant bo@example.org:view:7d --grant anyone:print:2999-01-01 --nonce $nonce
[ -e anna@example.org-00010203.pl.xml.key ] || fail "$(ls)"
cp anna@example.org-00010203.pl.xml first
license 0 pl --owner anna@example.org --grant bo@example.org:view:7d --grant anyone:print:2999-01-01 --nonce $nonce
says out "as it was issued before"
cmp first anna@example.org-00010203.pl.xml
license 0 pl --owner anna@example.org --for bo@example.org --rights view --out "anna's plan.xml"
says out "--pl 'anna'\\''s plan.xml'"
head -c 16 /dev/urandom > raw.key
od -An -v -tx1 raw.key | tr -d ' \n' > hex.key
head -c 32 /dev/urandom > long.key
for key in raw hex long; do
    license 0 pl --owner anna@example.org --for bo@example.org --rights view --content-key $key.key --out $key.pl.xml
    nothing $key.pl.xml.key
    check $key.pl.xml
done
license 0 pl --owner anna@example.org --for bo@example.org --rights view --content-key raw.key --out same.xml --nonce $nonce
license 0 pl --owner anna@example.org --for bo@example.org --rights view --content-key hex.key --out same.xml --nonce $nonce
says out "as it was issued before"

# One that a client hands in: signed as it stands, once it opens for this server.
handed() { # handed FILE: the BODY of a license, unsigned
    python3 -c 'import re, sys
body = re.search("<BODY .*?</BODY>", open("plan.pl.xml").read(), re.S).group()
open(sys.argv[1], "w").write("<XrML xmlns=\"\" version=\"1.2\">" + body + "</XrML>")' "$1"
}
handed client.pl.xml
license 2 pl --unsigned nowhere
says err nowhere
license 2 pl --unsigned client.pl.xml --owner anna@example.org
says err "--owner does not go with --unsigned"
license 4 pl --unsigned pin
says err "pin: "
license 4 pl --unsigned bo@example.org.rac.xml
sed 's/>anna@example.org</>bo@example.org</g' client.pl.xml > forged.xml
license 3 pl --unsigned forged.xml
cp err refused
python3 -c 'import re
text = open("client.pl.xml").read()
at = re.search("<VALUE encoding=.base64. size=.[0-9]+.>", text[text.index("<ENABLINGBITS"):]).end() + text.index("<ENABLINGBITS") + 40
open("altered.xml", "w").write(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:])'
license 3 pl --unsigned altered.xml
cmp err refused # whatever is wrong behind the seal: one text
license 0 pl --unsigned client.pl.xml --nonce $nonce
says out "client.signed.pl.xml"
nothing client.signed.pl.xml.key forged.signed.pl.xml altered.signed.pl.xml
check client.signed.pl.xml
license 0 pl --unsigned client.pl.xml --nonce $nonce
says out "as it was issued before"
license 0 ul --rac bo@example.org.rac.xml --pl client.signed.pl.xml
says out "may        VIEW, PRINT"

# ---- templates --------------------------------------------------------------
license 2 template --for anyone --rights view
says err "--name NAME is missing"
license 2 template --name Internal
says err "who may do what?"
license 2 template --name Internal --owner anna@example.org --for anyone --rights view
says err "unknown option"
license 3 template --name Internal --for anyone --rights view --until 2001-01-01
says err "has ended"
nothing Internal.template.xml
license 0 template --name Internal --description 'Everybody here may read.' --for anyone --rights view --lcid 1053
check Internal.template.xml
grep -q 'LCID 1053:NAME Internal:DESCRIPTION Everybody here may read.;' Internal.template.xml || fail "not so named"
license 2 pl --owner anna@example.org --template Internal.template.xml --for bo@example.org --rights view
says err "--template says"
license 4 pl --owner anna@example.org --template plan.pl.xml
says err "not a rights policy template"
sed 's/Everybody/Nobody/' Internal.template.xml > forged.xml
license 21 pl --owner anna@example.org --template forged.xml
license 0 pl --owner anna@example.org --template Internal.template.xml --out internal.pl.xml
check internal.pl.xml

# ---- UL ---------------------------------------------------------------------
license 2 ul --pl plan.pl.xml
says err "--rac FILE is missing"
license 2 ul --rac bo@example.org.rac.xml
says err "--pl FILE is missing"
license 4 ul --rac plan.pl.xml --pl plan.pl.xml
says err "not an account certificate"
license 4 ul --rac bo@example.org.rac.xml --pl bo@example.org.rac.xml
says err "not a publishing license"
license 0 ul --rac bo@example.org.rac.xml --pl plan.pl.xml
says out "may        VIEW, PRINT"
[ -e plan.bo@example.org.ul.xml ] || fail "$(ls)"
check plan.bo@example.org.ul.xml
license 0 ul --rac Anna@example.org.rac.xml --pl plan.pl.xml --json
json 'd["rights"] == ["OWNER"] and d["user"] == "Anna@example.org"'
# Anyone may print that, bo alone may view it.
license 0 ul --rac g@example.org.rac.xml --pl anna@example.org-00010203.pl.xml --json
json 'd["rights"] == ["PRINT"]'
license 0 ul --rac bo@example.org.rac.xml --pl anna@example.org-00010203.pl.xml --json
json 'd["rights"] == ["VIEW", "PRINT"]'
license 0 ul --rac g@example.org.rac.xml --pl internal.pl.xml
says out "may        VIEW"
license 3 ul --rac g@example.org.rac.xml --pl raw.pl.xml
nothing raw.g@example.org.ul.xml
sed 's/anna@example.org/g@example.org/' raw.pl.xml > forged.xml
license 21 ul --rac g@example.org.rac.xml --pl forged.xml
# A RAC that is excluded gets nothing more.
exits 0 "$tool" trust add --store root1 excluded g@example.org.rac.xml --yes
license 3 ul --rac g@example.org.rac.xml --pl internal.pl.xml --out late.xml
says err "excluded"
license 3 rac --user g@example.org --user-id '{6f0c3ba1-7a5e-4f7a-8f5b-0123456789ab}' --machine bo/machine.xml --out late.xml
license 3 clc --rac g@example.org.rac.xml --out late.xml
nothing late.xml

# What was refused is in the journal, which stands.
exits 0 "$tool" log tail --store root1 -n 1000 --json
json 'sum(r["type"] == "DENY" for r in d["records"]) >= 8'
json 'not [r for r in d["records"] if r["type"] == "INTENT" and r["fields"].get("kind") not in ("proof", "self-test", "rac", "clc", "pl", "ul", "template")]'
exits 0 "$tool" log verify --store root1
exits 0 "$tool" log whence plan.bo@example.org.ul.xml --store root1
echo "licenses, mistakes and refusals: as they should be"
