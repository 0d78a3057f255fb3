#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where a document came from, and what another list would have said: from the
# journals of an authority and of a root that answers a licensing server.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
softhsm2-util --init-token --free --label lic --pin 1234 --so-pin 5678 > /dev/null
enrolled
exits 0 "$tool" trust export --store root1 --out root.chain
exits 0 "$tool" init --store lic1 --role licensing --name LIC01 --url https://lic.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=lic --pin-source file:pin --anchors ea/anchors.pem --root root.chain

# Denied, then allowed: both are in the journal.
exits 3 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --yes
user=$(id -un)
cat > root1/acl << END
privyseal-acl 1
principal admins unix-user:$user
allow admins op=sub-enroll url=https://lic.example/_wmcs
end 2
END
exits 0 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --yes

# whence: a response, a chain, a single document; what another server issued
# is passed over.
exits 0 "$tool" log whence --store root1 LIC01.slc.xml
says out LIC01
says out 'by line 3 of the access list'
says out 'RESULT #'
says out "run by     $user"
says out admins
exits 0 "$tool" log whence --store root1 --json LIC01.slc.xml
json 'len(d["documents"]) == 1'
json 'd["documents"][0]["op"] == "sub-enroll" and d["documents"][0]["acl-line"] == 3'
json 'd["documents"][0]["principal"] == "admins" and d["documents"][0]["url"] == "https://lic.example/_wmcs"'
[ "$(sha256sum < root1/acl | cut -d' ' -f1)" = "$(python3 -c 'import json; print(json.load(open("out"))["documents"][0]["acl"])')" ] ||
    fail "not the list that decided"
cp out whence.json
exits 0 "$tool" log tail --store root1 --json -n 1000
python3 - << 'END' || fail "the records are not those"
import json
w = json.load(open('whence.json'))['documents'][0]
r = {x['seq']: x for x in json.load(open('out'))['records']}
assert r[w['admit']]['type'] == 'ADMIT' and r[w['intent']]['type'] == 'INTENT' and r[w['result']]['type'] == 'RESULT'
assert r[w['result']]['time'] == w['time'] and r[w['intent']]['fields']['subject-key'] == w['subject-key']
END
exits 0 "$tool" log whence --store ea --json LIC01.slc.xml
json 'd["documents"][0]["name"] == "RMS01" and d["documents"][0]["acl"] is None'
json 'any(w["op"] == "enroll" for w in d["documents"])'
exits 0 "$tool" log whence --store ea RMS01.slc.xml
says out 'by the policy of this authority'
exits 9 "$tool" log whence --store lic1 LIC01.slc.xml
says err 'nothing in it was issued by this store'
exits 20 "$tool" log whence --store root1 pin
exits 2 "$tool" log whence --store root1 nothing

# simulate: the past under other lists.
exits 0 "$tool" acl simulate root1/acl --store root1
says out 'denied -> allowed'
exits 0 "$tool" acl simulate root1/acl --store root1 --json
json 'len(d["requests"]) == 2 and d["gains"] == 1 and d["losses"] == 0'
json '[r["then"] for r in d["requests"]] == ["denied", "allowed"]'
exits 0 "$tool" acl template
cp out nobody
exits 0 "$tool" acl simulate nobody --store root1
says out 'allowed -> denied'
silent out 'denied -> allowed'
echo 'privyseal-acl 1' > bad
exits 2 "$tool" acl simulate bad --store root1

# tail: a note of several lines stands as such, and a reader may go away.
exits 0 "$tool" log tail --store root1 -n 1
says out '       note         privyseal-checkpoint 1'
! grep -q '?' out || fail "line ends as question marks"
for _ in 1 2 3 4 5 6 7 8; do
    "$tool" log tail --store root1 -n 1000 --json 2> err | head -n 1 > out
    [ ! -s err ] || fail "a reader that goes away: $(cat err)"
done

# verify: where it began.
exits 0 "$tool" log verify --store root1
says out 'at record 1'
exits 0 "$tool" log tail --store root1 --json
last=$(python3 -c 'import json; print(json.load(open("out"))["size"])')
exits 0 "$tool" log verify --store root1 --from "$last" --json
json 'd["from"] > 1 and d["verdict"] == "good"'

# verify --explain: place, rights, and who may revoke.
exits 0 "$tool" verify --store root1 --explain LIC01.slc.xml
says out 'LIC01   1 of 5: server licensor certificate, licensing-only server'
says out 'rights     ISSUE: CLCs, PLs, ULs'
says out 'rights     ISSUE: sub-enrolled SLCs, RACs, CLCs, PLs, ULs'
softhsm2-util --init-token --free --label root2 --pin 1234 --so-pin 5678 > /dev/null
openssl genrsa -out revoker.pem 2048 2> log
openssl pkey -in revoker.pem -pubout -out revoker.pub
exits 0 "$tool" init --store root2 --role root --name RMS02 --url https://rms2.example/_wmcs \
    --module "$SOFTHSM_MODULE" --token pkcs11:token=root2 --pin-source file:pin --anchors ea/anchors.pem \
    --revocation custom --revocation-key revoker.pub
exits 0 "$tool" enroll --store root2 --export
exits 0 "$tool" authority sign --store ea RMS02EnrollRequest.xml --yes
exits 0 "$tool" verify --store root1 --explain RMS02.slc.xml
says out 'revocation custom: by any of 2 keys'
says out 'revocation standard'
exits 0 "$tool" verify --store root1 --json RMS02.slc.xml
json 'd["documents"][0]["revocation"] == "custom" and d["documents"][1]["revocation"] == "standard"'
hash=$(openssl pkey -in revoker.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)
json "'$hash' in d['documents'][0]['revokers'] and len(d['documents'][0]['revokers']) == 2"
