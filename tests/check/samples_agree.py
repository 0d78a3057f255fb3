#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `verify --explain --json` prints of a document against a reading of it
by a reader of this test alone: of documents made for it, and of the real ones.
Of those a table is kept beside this file, which was checked by eye against
the documents; values that are long or name a person stand in it as the
beginning of their SHA-256.

usage: samples_agree.py PRIVYSEAL CHAIN_MAKE SAMPLES [--table]
"""
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

TOOL, MAKE, SAMPLES = sys.argv[1:4]
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples.json')
KINDS = ['rac', 'clc', 'pl', 'offline-pl', 'ul', 'owner-ul', 'template', 'list']
REAL = ['mode1-chain/chain-%d.xml' % n for n in range(8)] + \
    ['spec-examples/MS-RMPR-4.5.%s.xml' % n for n in ('1-SPC', '2-RAC', '3-CLC', '4-PL', '6-UL', '7-TEMPLATE')] + \
    ['synthetic/slc-sha1.xml', 'synthetic/slc-sha256.xml']
PLAIN_MAX = 32


def der(tag, octets):
    size = len(octets)
    length = bytes([size]) if size < 128 else b'\x81' + bytes([size]) if size < 256 else b'\x82' + size.to_bytes(2, 'big')
    return bytes([tag]) + length + octets


def spki(element):
    value = element.find("PARAMETER[@name='modulus']/VALUE").text
    n = int.from_bytes(base64.b64decode(value), 'little')
    numbers = der(2, n.to_bytes(n.bit_length() // 8 + 1, 'big')) + der(2, (65537).to_bytes(3, 'big'))
    return der(0x30, bytes.fromhex('300d06092a864886f70d0101010500') + der(3, b'\0' + der(0x30, numbers))), n


def pem_of_issuer(text):
    octets, _ = spki(ET.fromstring(body_of(text)).find('ISSUER/PUBLICKEY'))
    return '-----BEGIN PUBLIC KEY-----\n%s-----END PUBLIC KEY-----\n' % base64.encodebytes(octets).decode()


def body_of(text):
    return text[text.index('<BODY'):text.rindex('</BODY>') + 7]


# ---- the reader --------------------------------------------------------------------------------------------


def given(pairs):
    return {name: value for name, value in pairs if value not in (None, {}, [])}


def moment(text):
    return text + ':00Z'


def read_range(element):
    return None if element is None else {'from': moment(element.find('FROM').text),
                                         'until': moment(element.find('UNTIL').text)}


def read_object(element):
    if element is None:
        return {}
    number = element.find('ID')
    return given([('type', element.get('type')), ('id-type', number.get('type')), ('id', number.text or ''),
                  ('name', element.findtext('NAME')), ('address', element.findtext('ADDRESS'))])


def read_key(element):
    if element is None:
        return {}
    octets, n = spki(element)
    return {'key-sha-256': hashlib.sha256(octets).hexdigest(), 'key-bits': (n.bit_length() + 7) // 8 * 8}


def read_bits(element):
    if element is None:
        return None
    return {'form': element.get('type'), 'bits': len(base64.b64decode(element.find('VALUE').text)) * 8}


def read_principal(element):
    if element is None:
        return {}
    out = dict(read_object(element.find('OBJECT')), **read_key(element.find('PUBLICKEY')))
    if element.find('DIGEST') is not None:
        out.update(digest=element.findtext('DIGEST/ALGORITHM'), hash=element.findtext('DIGEST/VALUE'))
    levels = {level.get('name'): level.get('value') for level in element.findall('SECURITYLEVEL')}
    return dict(out, **given([('levels', levels), ('sealed', read_bits(element.find('ENABLINGBITS')))]))


def read_point(element):
    return dict(read_object(element.find('OBJECT')), **read_key(element.find('PUBLICKEY')))


def seconds(element):
    if element is None:
        return None
    parts = [int(element.get(name, '0')) for name in ('days', 'hours', 'minutes', 'seconds')]
    return ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3]


def read_right(element):
    conditions = element.find('CONDITIONLIST')
    above = element if conditions is None else conditions
    principal = above.find('ACCESS/PRINCIPAL')
    out = {'right': element.get('name') if element.tag == 'RIGHT' else element.tag,
           'principal': principal.get('internal-id') == '1'}
    return dict(out, **given([('user', read_object(principal.find('OBJECT'))),
                              ('range', read_range(above.find('TIME/RANGETIME'))),
                              ('interval-seconds', seconds(above.find('TIME/INTERVALTIME'))),
                              ('sealed', read_bits(principal.find('ENABLINGBITS')))]))


def read_data(element):
    return given([('id', element.get('id')), ('name', element.get('name')), ('characters', len(element.text or ''))])


def read_revoke(element):
    return dict({'revoke': element.get('type')}, **read_object(element.find('OBJECT')),
                **read_key(element.find('PUBLICKEY')),
                **given([('digest', element.findtext('DIGEST/ALGORITHM')), ('hash', element.findtext('DIGEST/VALUE'))]))


def read_document(text):
    body = body_of(text)
    tree = ET.fromstring(body)
    points = tree.findall('DISTRIBUTIONPOINT')
    referral = [p for p in points if p.find('OBJECT').get('type') == 'Referral-Info']
    descriptor = tree.find('DESCRIPTOR/OBJECT')
    refresh = tree.find('WORK/CONDITIONLIST/REFRESH')
    lists = tree.find('REVOCATIONLIST')
    out = given([
        ('descriptor', None if descriptor is None else descriptor.get('type')),
        ('guid', None if descriptor is None else descriptor.findtext('ID')),
        ('text', None if descriptor is None else descriptor.findtext('NAME')),
        ('validity', read_range(tree.find('VALIDITYTIME'))),
        ('issuer', read_principal(tree.find('ISSUER'))),
        ('principal', read_principal(tree.find('ISSUEDPRINCIPALS/PRINCIPAL'))),
        ('machine', read_principal(tree.find('FEDERATIONPRINCIPALS/PRINCIPAL'))),
        ('content', read_object(tree.find('WORK/OBJECT'))),
        ('owner', read_object(tree.find('WORK/METADATA/OWNER/OBJECT'))),
        ('referral', read_object(referral[0].find('OBJECT')) if referral else None),
        ('points', [read_point(p) for p in points if p not in referral]),
        ('when', read_range(tree.find('WORK/PRECONDITIONLIST/TIME/RANGETIME'))),
        ('how-long-seconds', seconds(tree.find('WORK/PRECONDITIONLIST/TIME/INTERVALTIME'))),
        ('rights', [read_right(r) for r in tree.findall('WORK/RIGHTSGROUP/RIGHTSLIST/*')]),
        ('refresh', None if refresh is None else given([
            ('points', [read_point(p) for p in refresh.findall('DISTRIBUTIONPOINT')]),
            ('interval-seconds', seconds(refresh.find('INTERVALTIME')))])),
        ('data', [read_data(d) for d in tree.findall('AUTHENTICATEDDATA')])])
    if lists is not None:
        out['revoked'] = [read_revoke(r) for r in lists.findall('REVOKE')]
    return {'body-sha-256': hashlib.sha256(body.encode('utf-16-le')).hexdigest(),
            'issued': moment(tree.findtext('ISSUEDTIME')), 'license': out}


# ---- comparing ---------------------------------------------------------------------------------------------


def flat(value, name=''):
    """One line a field: for the table, and to say what differs."""
    if isinstance(value, dict):
        for key in value:
            yield from flat(value[key], '%s.%s' % (name, key) if name else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from flat(item, '%s.%d' % (name, number))
    else:
        yield name, value


def short(value):
    text = str(value)
    if len(text) <= PLAIN_MAX and '@' not in text and not text.startswith('S-1-5-'):
        return value
    return 'sha-256 %s' % hashlib.sha256(text.encode()).hexdigest()[:16]


def printed(folder, anchor, path, valid):
    with open(os.path.join(folder, 'anchor.pem'), 'w', encoding='utf-8') as file:
        file.write(anchor)
    done = subprocess.run([TOOL, 'verify', '--legacy', '--explain', '--json', '--anchors',
                           os.path.join(folder, 'anchor.pem'), path], capture_output=True, text=True)
    told = json.loads(done.stdout)
    if told['valid'] != valid:
        sys.exit('%s: valid: %s; %s' % (path, told['valid'], told.get('error')))
    return told['documents'][0]


def compare(what, expected, got):
    got = {name: got.get(name) for name in expected}
    if got == expected:
        return len(list(flat(expected)))
    a, b = dict(flat(expected)), dict(flat(got))
    for name in sorted(set(a) | set(b)):
        if a.get(name) != b.get(name):
            print('%s: %s: printed %r, stands there %r' % (what, name, b.get(name), a.get(name)))
    sys.exit(1)


def read_file(path):
    with open(path, encoding='utf-8', newline='') as file:
        return file.read()


def main():
    fields, table = 0, {}
    with tempfile.TemporaryDirectory(dir='.') as folder:
        subprocess.run([MAKE, folder], check=True, capture_output=True)
        for name in KINDS + ['sub-' + kind for kind in KINDS if kind != 'rac']:
            path = os.path.join(folder, name + '.xml')
            text = read_file(path)
            fields += compare(name, read_document(text), printed(folder, pem_of_issuer(text), path, True))
        for name in REAL if os.path.isdir(SAMPLES) else []:
            path = os.path.join(SAMPLES, name)
            text = read_file(path)
            valid = 'TEMPLATE' not in name  # its printed signature fits no key
            reading = read_document(text)
            fields += compare(name, reading, printed(folder, pem_of_issuer(text), path, valid))
            table[name] = {key: short(value) for key, value in flat(reading)}
    if '--table' in sys.argv:
        json.dump(table, open(TABLE, 'w', encoding='utf-8'), indent=1)
        return 0
    kept = json.load(open(TABLE, encoding='utf-8'))
    for name in table:
        compare(name + ', table', kept[name], table[name])
    if not table:
        print('the real documents are not here: only those made for it')
    print('%d fields of %d documents agree' % (fields, len(table) + 2 * len(KINDS) - 1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
