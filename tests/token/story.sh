#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole story by the commands, on SoftHSM2, without a network: an authority,
# two roots (one with custom revocation), three licensing servers, the access
# list edited between, a renewal of each, a re-key, a cluster of two. Every
# certificate is verified by privyseal and by an independent checker.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end
for token in lic1 lic2 lic3 root2; do
    softhsm2-util --init-token --free --label "$token" --pin 1234 --so-pin 5678 > /dev/null
done
user=$(id -un)

store() { # store DIR ROLE NAME URL OPTIONS...: on the token of its name
    dir=$1 role=$2 name=$3 url=$4
    shift 4
    exits 0 "$tool" init --store "$dir" --role "$role" --name "$name" --url "$url" \
        --module "$SOFTHSM_MODULE" --token "pkcs11:token=$dir" --pin-source file:pin --anchors ea/anchors.pem "$@"
}

good() { # good FILE DOCUMENTS: a response, to us and to the other
    exits 0 "$tool" verify --store root1 "$1" --explain
    [ "$(grep -c '2 signature' out)" = "$2" ] || fail "$1: not $2 documents: $(cat out)"
    python3 - "$1" "$1.chain" <<'PYTHON'
import sys
import xml.etree.ElementTree as ET
# Each child of the chain is one document as text.
chain = next(e for e in ET.parse(sys.argv[1]).iter() if e.tag.endswith('LicensorCertificateChain'))
with open(sys.argv[2], 'w', encoding='utf-8', newline='') as out:
    out.write('\n'.join(e.text for e in chain))
PYTHON
    python3 "$PRIVYSEAL_SOURCE/tests/check/check_chain.py" ea/anchors.pem "$1.chain" > checked ||
        fail "$1: $(cat checked)"
}

lists() { # lists LINES: the access list of root1
    (
        echo 'privyseal-acl 1'
        printf '%s\n' "$@"
        echo "end $#"
    ) > new-list
    exits 0 "$tool" acl check new-list
    mv new-list root1/acl
}

# More servers for redundancy are members of the root's cluster, R73.
exits 0 "$tool" init --help
says out "rather add members"

# ---- the root, and another with custom revocation -------------------------
exits 0 "$tool" enroll --store root1 --export .
exits 0 "$tool" authority sign --store ea RMS01EnrollRequest.xml --yes
good RMS01.slc.xml 4
exits 0 "$tool" enroll --store root1 --import RMS01.slc.xml --yes
exits 0 "$tool" trust export --store root1 --out root1.chain

openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out revoker.pem 2> /dev/null
store root2 root RMS02 https://rms2.example/_wmcs --revocation custom --revocation-key revoker.pem
exits 0 "$tool" enroll --store root2 --export .
grep -q '<RevocationType>CustomRevocation<' RMS02EnrollRequest.xml || fail "not asked for custom revocation"
exits 0 "$tool" authority sign --store ea RMS02EnrollRequest.xml --yes
good RMS02.slc.xml 4
[ "$(grep -o '&lt;OBJECT type="Revocation"' RMS02.slc.xml | wc -l)" -ge 2 ] ||
    [ "$(grep -o 'External revocation authority' RMS02.slc.xml | wc -l)" -ge 2 ] ||
    fail "the certificate does not name who may revoke it"
exits 0 "$tool" enroll --store root2 --import RMS02.slc.xml --yes

# ---- three licensing servers, and whom the list lets in --------------------
for n in 1 2 3; do
    store "lic$n" licensing "LIC0$n" "https://lic$n.example/_wmcs" --root root1.chain
done
exits 3 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --yes
lists "principal here unix-user:$user" \
    'allow here op=sub-enroll,renew,rekey url=https://lic1.example/_wmcs outstanding=9 quota=9/30d' \
    'allow here op=sub-enroll,renew,rekey url=https://lic2.example/_wmcs outstanding=9 quota=9/30d'
for n in 1 2; do
    exits 0 "$tool" subenroll --store root1 --serve "LIC0${n}EnrollRequest.xml" --yes
    good "LIC0$n.slc.xml" 5
    exits 0 "$tool" subenroll --store "lic$n" --import "LIC0$n.slc.xml" --yes
done
exits 3 "$tool" subenroll --store root1 --serve LIC03EnrollRequest.xml --yes
exits 0 "$tool" request show LIC03EnrollRequest.xml --json
key=$(python3 -c 'import json; d = json.load(open("out")); print(d.get("key-sha-256") or d.get("key"))')
# The third is let in by its key, for 30 days.
lists "principal here unix-user:$user" "principal third key-sha256:$key" \
    'allow here op=sub-enroll,renew,rekey url=https://lic1.example/_wmcs outstanding=9 quota=9/30d' \
    'allow here op=sub-enroll,renew,rekey url=https://lic2.example/_wmcs outstanding=9 quota=9/30d' \
    'allow third op=sub-enroll,renew,rekey url=https://lic3.example/_wmcs max-validity=30d quota=9/30d'
exits 3 "$tool" subenroll --store root1 --serve LIC03EnrollRequest.xml --days 31 --yes
exits 3 "$tool" subenroll --store root1 --serve LIC03EnrollRequest.xml --as here --yes
exits 0 "$tool" subenroll --store root1 --serve LIC03EnrollRequest.xml --as third --yes
good LIC03.slc.xml 5
exits 0 "$tool" subenroll --store lic3 --import LIC03.slc.xml --yes
exits 12 "$tool" status --store lic3
# A response of another server, and of another root's, is not taken.
exits 9 "$tool" subenroll --store lic3 --import LIC02.slc.xml --yes

# ---- a renewal of each ------------------------------------------------------
for n in 1 2 3; do
    exits 0 "$tool" renew --store "lic$n" --export .
    exits 0 "$tool" subenroll --store root1 --serve "LIC0${n}RenewalRequest.xml" --out "new$n.xml" --yes
    good "new$n.xml" 5
    exits 0 "$tool" renew --store "lic$n" --import "new$n.xml" --yes
    exits "$([ $n = 3 ] && echo 12 || echo 0)" "$tool" status --store "lic$n" --json
    json 'd["generation"] == 2'
done
for n in 1 2; do
    exits 0 "$tool" renew --store "root$n" --export .
    exits 0 "$tool" authority sign --store ea "RMS0${n}RenewalRequest.xml" --out "root-new$n.xml" --yes
    good "root-new$n.xml" 4
    exits 0 "$tool" renew --store "root$n" --import "root-new$n.xml" --yes
done
# What was answered once is answered so again, with the chain of that time.
exits 0 "$tool" subenroll --store root1 --serve LIC01EnrollRequest.xml --out again.xml
cmp LIC01.slc.xml again.xml

# ---- a new key ----------------------------------------------------------------
exits 0 "$tool" renew --store lic1 --export . --rekey --force
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out rekeyed.xml --yes
# Given up when it was answered already, it is begun again with the same pair.
exits 0 "$tool" renew --store lic1 --abandon --yes
exits 0 "$tool" renew --store lic1 --export . --rekey --force
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out rekeyed2.xml --yes
mv rekeyed2.xml rekeyed.xml
good rekeyed.xml 5
exits 5 "$tool" renew --store lic1 --import rekeyed.xml --yes
exits 0 "$tool" renew --store lic1 --import rekeyed.xml --accept-change --yes
exits 0 "$tool" renew --store lic1 --export . --force
exits 0 "$tool" subenroll --store root1 --serve LIC01RenewalRequest.xml --out after.xml --yes
good after.xml 5
exits 0 "$tool" renew --store lic1 --import after.xml --yes

# ---- a deny ends it, without a restart ------------------------------------------
lists "principal here unix-user:$user" \
    'allow here op=sub-enroll,renew,rekey url=https://lic2.example/_wmcs outstanding=9 quota=9/30d' \
    'deny * op=*'
exits 0 "$tool" renew --store lic2 --export . --force
exits 3 "$tool" subenroll --store root1 --serve LIC02RenewalRequest.xml --out denied.xml --yes
[ ! -e denied.xml ] || fail "a refused request was answered"

# ---- a cluster of two ------------------------------------------------------------
exits 0 "$tool" cluster join --store root1 --member second --token pkcs11:token=root --yes
exits 0 "$tool" cluster members --store root1 --json
json 'len(d["members"]) == 2'
exits 0 "$tool" cluster check --store root1
PRIVYSEAL_MEMBER=second exits 3 "$tool" enroll --store root1 --export usb.xml
exits 30 "$tool" cluster join --store root1 --member third --token pkcs11:token=lic1 --yes

# ---- what remains -----------------------------------------------------------------
for dir in ea root1 root2 lic1 lic2 lic3; do
    exits 0 "$tool" log verify --store "$dir"
done
exits 0 "$tool" log whence --store root1 LIC03.slc.xml
says out third
