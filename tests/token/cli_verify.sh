#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify on real signed documents, found beside the checkout.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
samples=$PRIVYSEAL_SOURCE/../shared/samples/rms
[ -d "$samples" ] || {
    echo "skipped: the real signed documents are not beside the checkout"
    exit 77
}
# Names without blanks, wherever the checkout lies.
ln -s "$samples" samples
samples=samples
chain=$samples/mode1-chain
spec=$samples/spec-examples

# anchor FILE: the ISSUER key of a document as PEM, by no code of ours
anchor() {
    python3 - "$1" << 'END' | openssl asn1parse -genconf /dev/stdin -noout -out anchor.der
import base64, re, sys
issuer = re.search(r'<ISSUER>.*?</ISSUER>', open(sys.argv[1], encoding='utf-8').read(), re.S).group(0)
def value(name):
    return re.search(r'name="%s">\s*<VALUE[^>]*>([^<]*)<' % name, issuer).group(1)
n = int.from_bytes(base64.b64decode(value('modulus')), 'little')
print('asn1=SEQUENCE:k\n[k]\na=SEQUENCE:al\nb=BITWRAP,SEQUENCE:r\n[al]\no=OID:rsaEncryption\np=NULL\n'
      '[r]\nn=INTEGER:%d\ne=INTEGER:%s\n' % (n, value('public-exponent')))
END
    { echo '# Sample root'; openssl pkey -pubin -inform DER -in anchor.der; } > anchor.pem
}

# number N...: the files of a chain, leaf first
files() { for n; do printf '%s/chain-%s.xml ' "$chain" "$n"; done; }

anchor "$chain/chain-7.xml"
for way in '4 5 6 7' '1 4 5 6 7' '2 1 4 5 6 7' '0 1 4 5 6 7' '3 4 5 6 7' 7; do
    # Lists of words on purpose.
    # shellcheck disable=SC2046,SC2086
    exits 0 "$tool" verify --legacy --anchors anchor.pem $(files $way)
    says out 'anchor "Sample root"'
    # shellcheck disable=SC2046,SC2086
    cat $(files $way) > one.xml
    exits 0 "$tool" verify --legacy --anchors anchor.pem one.xml
done
# shellcheck disable=SC2046
{
    exits 21 "$tool" verify --anchors anchor.pem $(files 4 5 6 7)
    says err --legacy
    exits 25 "$tool" verify --legacy --anchors anchor.pem $(files 4 5 6)
    exits 21 "$tool" verify --legacy --anchors anchor.pem $(files 4 6 7)
    exits 21 "$tool" verify --legacy --anchors anchor.pem $(files 4 4 5 6 7)
    exits 23 "$tool" verify --legacy --anchors anchor.pem --at 2026-01-01 $(files 0 1 4 5 6 7)
    exits 0 "$tool" verify --legacy --anchors anchor.pem --at 2015-04-02 $(files 0 1 4 5 6 7)
    exits 0 "$tool" verify --legacy --explain --anchors anchor.pem $(files 4 5 6 7)
    [ "$(grep -c '6 issuer.s key' out)" = 4 ] || fail "not four nodes: $(cat out)"
    exits 0 "$tool" verify --legacy --json --anchors anchor.pem $(files 0 1 4 5 6 7)
    json 'd["valid"] and d["exit"] == 0 and len(d["documents"]) == 6'
    json 'all(len(n["tests"]) == 6 for n in d["documents"]) and d["documents"][0]["ended"]'
    exits 25 "$tool" verify --legacy --json --anchors anchor.pem $(files 4 5 6)
    json 'not d["valid"] and d["exit"] == 25 and d["failed-test"] == 6 and d["failed-document"] == 3'
}

# The published document with its white space, cut to one chain.
python3 - "$chain/as-found.xml" << 'END'
import re, sys
text = open(sys.argv[1], encoding='utf-8').read()
parts = re.findall(r'<XrML.*?</XrML>', text, re.S)
open('pretty.xml', 'w', encoding='utf-8').write('\n'.join(parts[4:8]))
END
exits 20 "$tool" verify --legacy --anchors anchor.pem pretty.xml
exits 0 "$tool" verify --legacy --pretty --anchors anchor.pem pretty.xml
says out "white space"

for document in 4.5.1-SPC 4.5.2-RAC 4.5.3-CLC 4.5.4-PL 4.5.6-UL; do
    anchor "$spec/MS-RMPR-$document.xml"
    exits 0 "$tool" verify --legacy --anchors anchor.pem "$spec/MS-RMPR-$document.xml"
done
anchor "$spec/MS-RMPR-4.5.7-TEMPLATE.xml"
exits 21 "$tool" verify --legacy --anchors anchor.pem "$spec/MS-RMPR-4.5.7-TEMPLATE.xml"
exits 20 "$tool" verify --legacy --anchors anchor.pem "$spec/MS-RMPR-4.5.5-ERD.xml"

# No character of a document may change: some of every part, by the command.
anchor "$samples/synthetic/slc-sha256.xml"
exits 0 "$tool" verify --anchors anchor.pem "$samples/synthetic/slc-sha256.xml"
python3 - "$tool" "$samples/synthetic/slc-sha256.xml" << 'END'
import subprocess, sys
tool, path = sys.argv[1:]
good = open(path, 'rb').read()
for at in range(40, len(good) - 20, 89):
    changed = bytearray(good)
    changed[at] ^= 1
    open('changed.xml', 'wb').write(changed)
    done = subprocess.run([tool, 'verify', '--anchors', 'anchor.pem', 'changed.xml'], capture_output=True)
    if done.returncode not in (20, 21, 22, 23, 25) or done.stderr.count(b'\n') != 1:
        sys.exit('octet %d changed: exit %d %r' % (at, done.returncode, done.stderr))
END

# CPU: the least of several runs, the machine may be busy.
anchor "$chain/chain-7.xml"
python3 - "$tool" "$chain" << 'END'
import os, subprocess, sys
tool, chain = sys.argv[1:]
args = [tool, 'verify', '--legacy', '--anchors', 'anchor.pem'] + ['%s/chain-%d.xml' % (chain, n) for n in (0, 1, 4, 5, 6, 7)]
slow = b'libasan' in subprocess.run(['ldd', tool], capture_output=True).stdout
best = 9
for _ in range(7):
    child = subprocess.Popen(args, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    best = min(best, usage.ru_utime + usage.ru_stime)
print('%.1f ms of CPU for a chain of six' % (best * 1000))
sys.exit(0 if best < 0.030 or slow else 1)
END
