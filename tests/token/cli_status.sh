#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# status: the block, what ends when, the page, and what an interrupted init left.
set -eu
. "$PRIVYSEAL_SOURCE/tests/token/cli.sh"
cli_begin
end_to_end

# An init that stopped early says what is missing and how to go on.
mkdir half
cp root1/privyseal.conf half
exits 10 "$tool" status --store half
says out 'no journal yet; the same privyseal init again goes on'
exits 10 "$tool" status --store half --json
json 'd["exit"] == 10 and d["missing"] == "no journal"'
cp -r root1 lost
rm lost/store.db*
exits 8 "$tool" status --store lost # no init will bring this back
mv root1/anchors.pem kept.pem
exits 10 "$tool" status --store root1
says out 'init was interrupted: no anchors.pem'
mv kept.pem root1/anchors.pem
exits 10 "$tool" status --store root1
silent out interrupted

exits 0 "$tool" enroll --store root1 --export
exits 11 "$tool" status --store root1 --horizon
says out 'enrollment pending since'
says out 'pending proof'
exits 0 "$tool" authority sign --yes --store ea RMS01EnrollRequest.xml --out answer.xml
exits 0 "$tool" enroll --yes --store root1 --import answer.xml

# Events 16, 17 and 18 by their days; the block of R128.
exits 0 "$tool" status --store root1 --json
json 'd["event"] is None and d["missing"] is None and d["free-mib"] > 0 and d["members"] == 1 and len(d["member-names"]) == 1'
json 'd["licensing-url"] == d["url"] + "/licensing" and d["certification-url"] == d["url"] + "/certification"'
until=$(python3 -c 'import json; print(json.load(open("out"))["until"])')
before() { date -u -d "$until - $1" +%Y-%m-%dT%H:%M; }
exits 0 "$tool" status --store root1 --at "$(before '61 days')"
silent out 'time to renew'
exits 0 "$tool" status --store root1 --at "$(before '31 days')"
silent out event
says out 'time to renew'
exits 12 "$tool" status --store root1 --at "$(before '29 days')"
says out 'event 16 LicensorCertExpiresInOneMonthEvent'
exits 13 "$tool" status --store root1 --json --at "$(before '6 days')"
json 'd["exit"] == 13 and d["event"] == {"number": 17, "name": "LicensorCertExpiresInOneWeekEvent"}'
exits 14 "$tool" status --store root1 --at "$(date -u -d "$until + 1 minute" +%Y-%m-%dT%H:%M)"
says out 'event 18 LicensorCertExpiredEvent: nothing is issued'
exits 14 "$tool" status --store root1 --json --at 9999-12-31
json 'd["state"] == "expired"'

# What ends when: the whole chain, its anchor, the last license.
exits 0 "$tool" status --store root1 --horizon
says out 'Enrollment Service certificate'
says out 'last license'
says out 'What stops working then'
minute=$(date -u +%Y-%m-%dT%H:%M)
exits 0 "$tool" status --store root1 --horizon --json --at "$minute"
json '[e["what"] for e in d["horizon"]][:5] == ["SLC", "Enrollment Service certificate", "CA certificate", "CA certificate", "anchor"]'
json 'd["horizon"][0]["until"] == d["until"] and d["horizon"][4]["until"] is None and all(e["then"] for e in d["horizon"])'
cp out horizon.json

# The page: well-formed, alone, and its bars stand where the dates say.
exits 0 "$tool" status --store root1 --html root1.html
exits 0 "$tool" status --store ea --html ea.html
exits 0 "$tool" status --store root1 --html root1.html --at "$minute" # the next replaces it
echo mine > precious
exits 9 "$tool" status --store root1 --html precious
[ "$(cat precious)" = mine ] || fail "replaced"
exits 14 "$tool" status --store root1 --html late.html --at 2030-01-01
cat > page.py << 'END'
import json, re, sys, xml.etree.ElementTree as tree
from datetime import datetime, timezone
text = open(sys.argv[1], encoding='utf-8').read()
root = tree.fromstring(text)
H, S = '{http://www.w3.org/1999/xhtml}', '{http://www.w3.org/2000/svg}'
for e in root.iter():
    assert e.tag.rsplit('}')[-1] not in ('script', 'img', 'link', 'iframe', 'object', 'embed', 'use', 'image'), e.tag
    assert not {a for a in e.attrib if a in ('src', 'href', 'style', 'srcset') or a.startswith('on')}, e.attrib
assert not re.search(r'url\(|@import|://(?!www\.w3\.org)', re.sub(r'<d[dt]>[^<]*</d[dt]>|https://rms[^<]*', '', text))
assert root.get('lang') == 'en' and root.find(f'{H}head/{H}title').text
svg = root.find(f'.//{S}svg')
ids = {e.get('id') for e in root.iter()}
assert svg.get('role') == 'img' and all(i in ids for i in svg.get('aria-labelledby').split())
assert svg.find(S + 'title').text and svg.find(S + 'desc').text
width = float(svg.get('viewBox').split()[2])
begin, end, margin = int(svg.get('data-from')), int(svg.get('data-until')), 12
def x(time): return margin + (width - 2 * margin) * min(1, max(0, (time - begin) / (end - begin)))
bars = svg.findall(f'.//{S}rect')
rows = root.findall(f'.//{H}tbody/{H}tr')
assert len(bars) == len(rows) >= 5
def day(time): return datetime.fromtimestamp(time, timezone.utc).strftime('%Y-%m-%d')
spans = [t.text for t in svg.findall(f'.//{S}text') if t.get('class') == 'span']
for bar, row, span in zip(bars, rows, spans):
    since, until = int(bar.get('data-from')), int(bar.get('data-until'))
    left, right = float(bar.get('x')), float(bar.get('x')) + float(bar.get('width'))
    assert abs(left - (x(since) if since else margin)) < 0.02, (left, since)
    assert abs(right - max(left + 1, x(until) if until else width - margin)) < 0.02, (right, until)
    assert (row[1].text or '') == (day(until) if until else ''), row[1].text
    assert not until or span.endswith(day(until)), span
now = next(l for l in svg.findall(f'{S}line') if l.get('class') == 'now')
assert abs(float(now.get('x1')) - x(int(now.get('data-time')))) < 0.02
if len(sys.argv) > 2:
    ends = json.load(open(sys.argv[2]))['horizon']
    for bar, row, e in zip(bars, rows, ends):
        stamp = lambda t: t and int(datetime.strptime(t, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc).timestamp())
        assert row[0][0].text == e['what'] and int(bar.get('data-until')) == (stamp(e['until']) or 0)
END
python3 page.py root1.html horizon.json || fail "root1.html"
python3 page.py ea.html || fail "ea.html"
python3 page.py late.html || fail "late.html"
grep -q 'note bad">Event 18: SLC expired' late.html || fail "late.html does not name the event"
! grep -q 'Event' root1.html || fail "root1.html names an event"
grep -q 'pill bad">SLC expired' late.html || fail "late.html does not say that it is late"

# A browser shows it, by day and by night.
browser=$(command -v chromium || command -v google-chrome || true)
if [ -n "$browser" ]; then
    for scheme in light dark; do
        flag=
        [ $scheme = light ] || flag=--force-dark-mode
        # shellcheck disable=SC2086
        timeout 60 "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$folder/browser" $flag \
            --hide-scrollbars --force-device-scale-factor=0.5 --window-size=1000,1800 --screenshot="$folder/$scheme.png" "file://$folder/root1.html" > log 2>&1 ||
            fail "$(cat log)"
    done
    python3 - << 'END' || fail "not drawn"
import struct, zlib
def pixels(path):  # the colours of an 8-bit PNG, and the first pixel
    data, at, packed = open(path, 'rb').read(), 8, b''
    while at < len(data):
        size, kind = struct.unpack('>I4s', data[at:at + 8])
        if kind == b'IHDR': w, h, depth, form = struct.unpack('>IIBB', data[at + 8:at + 18])
        if kind == b'IDAT': packed += data[at + 8:at + 8 + size]
        at += size + 12
    n, raw, last, seen = {2: 3, 6: 4}[form], zlib.decompress(packed), bytearray(), set()
    stride = w * n
    last = bytearray(stride)
    for y in range(h):
        f, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            a, b, c = (line[i - n] if i >= n else 0), last[i], (last[i - n] if i >= n else 0)
            p = a + b - c
            pick = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2] if f == 4 else 0
            line[i] = (line[i] + (0, a, b, (a + b) // 2, pick)[f]) & 255
        last = line
        seen.update(bytes(line[i:i + 3]) for i in range(0, stride, n))
        if y == 0: first = bytes(line[:3])
    return first, seen
light, dark = pixels('light.png'), pixels('dark.png')
assert sum(light[0]) > 600 and sum(dark[0]) < 150, (light[0], dark[0])
assert len(light[1]) > 50 and len(dark[1]) > 50
assert bytes.fromhex('2563c9') in light[1], 'no bar'
assert bytes.fromhex('6ea3ff') in dark[1], 'no bar by night'
END
else
    echo "no browser here: the page is not looked at"
fi
