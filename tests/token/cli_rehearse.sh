#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# license ... --dry-run: judged as in earnest, what would be signed is shown but
# for what is sealed, and nothing is written anywhere.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
enrolled
newest() { # the journal's newest record
    "$tool" log tail --store root1 -n 1 --json
}
files() { # but those of the database
    find . -path './*/store.db-*' -prune -o -print | sort
}
rehearse() { # rehearse CODE KIND OPTIONS...: by root1; nothing changes
    code=$1
    shift
    files > before
    newest > record
    exits "$code" "$tool" license "$@" --store root1 --dry-run
    newest | cmp - record || fail "the journal has grown: $*"
    files | cmp - before || fail "a file was written: $*"
}
license() { # license CODE KIND OPTIONS...: by root1
    code=$1
    shift
    exits "$code" "$tool" license "$@" --store root1
}
touch before record
# BODY of the rehearsal in out, and of a document: the same but for what is new
# each time, and in the rehearsal zeros where the document has something sealed.
same() { # same FILE
    python3 - "$1" << 'END' || fail "$1: another BODY: $(head -c 400 out)"
import json, re, sys
rehearsed = json.load(open('out'))
assert rehearsed['dry-run'] and not rehearsed['again'], rehearsed
issued = re.search('<BODY.*?</BODY>', open(sys.argv[1], encoding='utf-8').read(), re.S).group()
pattern = '(<ENABLINGBITS[^>]*><VALUE[^>]*>)([^<]*)'
assert all(set(value) <= set('A=') and len(value) > 400 for _, value in re.findall(pattern, rehearsed['body']))
assert all(len(set(value)) > 30 for _, value in re.findall(pattern, issued))

def blank(body):
    body = re.sub(pattern, r'\1', body)
    body = re.sub('(id="Encrypted-Rights-Data">)[^<]*', r'\1', body)
    body = re.sub('(<(?:ISSUEDTIME|FROM|UNTIL)>)[^<]*', r'\1', body)
    if '<FEDERATIONPRINCIPALS' in body or 'Client-Licensor-Certificate' in body: # key pairs that are new
        body = re.sub('(<ISSUEDPRINCIPALS>.*?<PARAMETER name="modulus"><VALUE[^>]*>)[^<]*', r'\1', body, flags=re.S)
    body = re.sub('(<DESCRIPTOR>.*?MS-GUID">)[^<]*', r'\1', body, flags=re.S)
    return re.sub('(<WORK>.*?MS-GUID">)[^<]*', r'\1', body, count=1, flags=re.S)
assert blank(rehearsed['body']) == blank(issued)
END
}

for name in anna bo; do
    exits 0 "$tool" client init --client $name --anchors ea/anchors.pem --name $name
done
# ---- accounts ---------------------------------------------------------------
rehearse 25 rac --user anna@example.org --machine anna/machine.xml
for name in anna bo; do
    exits 0 "$tool" trust add --store root1 machines $name/authority.pem --name $name --yes
done
rehearse 0 rac --user anna@example.org --machine anna/machine.xml
says out "would write anna@example.org.rac.xml"
says out "<BODY"
says out "nothing was changed"
rehearse 0 rac --user anna@example.org --machine anna/machine.xml --json
cp out rehearsed
license 0 rac --user anna@example.org --machine anna/machine.xml
cp rehearsed out
same anna@example.org.rac.xml
license 0 rac --user bo@example.org --machine bo/machine.xml
rehearse 9 rac --user bo@example.org --machine bo/machine.xml
rehearse 0 rac --user bo@example.org --machine bo/machine.xml --force
rehearse 4 rac --user bo@example.org --machine ea/anchors.pem

rehearse 0 clc --rac anna@example.org.rac.xml --json
cp out rehearsed
license 0 clc --rac anna@example.org.rac.xml
cp rehearsed out
same anna@example.org.clc.xml

# ---- content ----------------------------------------------------------------
nonce=000102030405060708090a0b0c0d0e0f
set -- --owner anna@example.org --for bo@example.org --rights view,print --nonce $nonce --out plan.pl.xml
rehearse 0 pl "$@"
says out "would write plan.pl.xml.key   a new content key"
rehearse 0 pl "$@" --json
json 'd["content-key"] == "plan.pl.xml.key" and d["kind"] == "pl"'
cp out rehearsed
license 0 pl "$@"
cp rehearsed out
same plan.pl.xml
# What is there is what would be written again.
rehearse 0 pl "$@"
says out "as it was issued before"
silent out "a new content key"
rehearse 0 pl "$@" --json
json 'd["again"] and d["record"] > 0 and "body" not in d'
rehearse 3 pl --owner anna@example.org --for bo@example.org --rights view --until 2001-01-01

rehearse 0 template --name Internal --for anyone --rights view --json
cp out rehearsed
license 0 template --name Internal --for anyone --rights view
cp rehearsed out
same Internal.template.xml

# ---- use: the token is asked, and what it said stays with us ------------------
rehearse 0 ul --rac bo@example.org.rac.xml --pl plan.pl.xml
says out "may        VIEW, PRINT"
rehearse 0 ul --rac bo@example.org.rac.xml --pl plan.pl.xml --json
json 'd["rights"] == ["VIEW", "PRINT"] and d["user"] == "bo@example.org"'
cp out rehearsed
license 0 ul --rac bo@example.org.rac.xml --pl plan.pl.xml
cp rehearsed out
same plan.bo@example.org.ul.xml
license 0 pl --owner anna@example.org --for anna@example.org --rights view --out own.pl.xml
rehearse 3 ul --rac bo@example.org.rac.xml --pl own.pl.xml
says err "bo@example.org"

# ---- a whole list ------------------------------------------------------------
mkdir licenses
cat > list << END
privyseal-batch 1
ul --rac bo@example.org.rac.xml --pl plan.pl.xml
ul --rac bo@example.org.rac.xml --pl own.pl.xml
pl --owner anna@example.org --for bo@example.org --rights view
rac --user carol@example.org --machine nowhere.xml
template --name T --for anyone --rights view --until 2000-01-01
end 5
END
rehearse 3 batch list --out licenses
says out "would issue 2"
says out "line 3: bo@example.org gets no use license"
says out "line 5: nowhere.xml"
# each says its own cause, and not the one before it
says out "line 6: template: "
rehearse 3 batch list --out licenses --json
json 'd["would-issue"] == 2 and d["refused-count"] == 3 and d["dry-run"] and "issued" not in d'
[ -z "$(ls licenses)" ] || fail "written: $(ls licenses)"
license 3 batch list --out licenses --json
json 'd["issued"] == 2'
rehearse 3 batch list --out licenses --json
json 'd["would-issue"] == 0 and d["again"] == 2'
sed 's/^ul .*own.*/# &/; s/^rac.*/# &/; s/^template.*/# &/; s/^end.*/end 2/' list > good
rehearse 0 batch good --out licenses --json
json 'd["would-issue"] == 2 and d["complete"]'
exits 3 "$tool" license template --store ea --name N --for anyone --rights view --dry-run
exits 0 "$tool" log verify --store root1
echo "rehearsed: as in earnest, and nothing done"
