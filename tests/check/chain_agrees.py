#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xrml_chain_verify against check_chain.py. Over documents made for it, of
every kind, and copies that are changed and signed anew: the same exit code.
Over the real documents: the same exit code; over copies of them with one
character changed: both refuse.

usage: chain_agrees.py CHAIN_VERDICT CHAIN_MAKE SAMPLES
"""
import base64
import contextlib
import hashlib
import io
import os
import random
import re
import subprocess
import sys
import tempfile

import check_chain

VERDICT, MAKE, SAMPLES = (sys.argv[1:] + 3 * [None])[:3]
CHAINS = ['4 5 6 7', '1 4 5 6 7', '2 1 4 5 6 7', '0 1 4 5 6 7', '3 4 5 6 7',
          '4 6 7', '5 4 6 7', '4 5 6', '0 4 5 6 7', '7 6 5 4', '5 6 7 7']
CHANGES_A_CHAIN = 8
KINDS = ['rac', 'clc', 'pl', 'offline-pl', 'ul', 'owner-ul', 'template', 'list']
CODES = {}


def der(tag, octets):
    size = len(octets)
    length = bytes([size]) if size < 128 else b'\x81' + bytes([size]) if size < 256 else b'\x82' + size.to_bytes(2, 'big')
    return bytes([tag]) + length + octets


def pem_of_issuer(text):
    """The anchor: made from ISSUER by code of this test alone."""
    value = re.search('<ISSUER>.*?encoding="base64"[^>]*>([^<]*)<', text, re.S).group(1)
    n = int.from_bytes(base64.b64decode(value), 'little')
    numbers = der(2, n.to_bytes(n.bit_length() // 8 + 1, 'big')) + der(2, (65537).to_bytes(3, 'big'))
    spki = der(0x30, bytes.fromhex('300d06092a864886f70d0101010500') +
               der(3, b'\0' + der(0x30, numbers)))
    lines = base64.encodebytes(spki).decode()
    return '# ISSUER of the last document\n-----BEGIN PUBLIC KEY-----\n%s-----END PUBLIC KEY-----\n' % lines


def both(folder, anchor, texts, options=(), lists=()):
    """The two exit codes."""
    names = []
    for number, text in enumerate([anchor] + texts + list(lists)):
        names.append(os.path.join(folder, 'file-%d' % number))
        with open(names[-1], 'w', encoding='utf-8', newline='') as file:
            file.write(text)
    given = list(options)
    for name in names[1 + len(texts):]:
        given += ['--revocation', name]
    names = names[:1 + len(texts)]
    done = subprocess.run([VERDICT] + given + names, capture_output=True, text=True)
    if done.returncode < 0 or not done.stdout.strip():
        sys.exit('%s: %d %s' % (names, done.returncode, done.stderr))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        theirs = check_chain.main(given + names)
    return done.returncode, theirs, done.stdout.strip(), said.getvalue().strip()


def agree(what, *arguments, **more):
    ours, theirs, our_words, their_words = both(*arguments, **more)
    if ours != theirs:
        sys.exit('%s: privyseal says %d (%s), the checker %d (%s)' % (what, ours, our_words, theirs, their_words))
    CODES[ours] = CODES.get(ours, 0) + 1
    return ours


def change(text, chance):
    start, end = text.index('<BODY'), text.index('</XrML>')
    at = chance.randrange(start, end)
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1:], at


# ---- documents made for it ---------------------------------------------------------------------------------


def sign(body, key):
    octets = body.encode('utf-16-le')
    signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key], input=octets, capture_output=True,
                               check=True).stdout
    return ('<XrML xmlns="" version="1.2">%s<SIGNATURE><DIGEST><ALGORITHM>SHA256</ALGORITHM><PARAMETER '
            'name="codingtype"><VALUE encoding="string">surface-coding</VALUE></PARAMETER><VALUE encoding="base64" '
            'size="256">%s</VALUE></DIGEST><ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM><VALUE encoding="base64" size="%d">%s'
            '</VALUE></SIGNATURE></XrML>' % (body, base64.b64encode(hashlib.sha256(octets).digest()).decode(),
                                             len(signature) * 8, base64.b64encode(signature).decode()))


def body_of(text):
    return re.search('<BODY.*</BODY>', text, re.S).group(0)


def key_of(pem):
    """PUBLICKEY of a private key's file."""
    text = subprocess.run(['openssl', 'rsa', '-in', pem, '-noout', '-modulus'], capture_output=True, text=True,
                          check=True).stdout
    n = int(text.strip().split('=')[1], 16)
    value = base64.b64encode(n.to_bytes(256, 'little')).decode()
    return ('<PUBLICKEY><ALGORITHM>RSA</ALGORITHM><PARAMETER name="public-exponent"><VALUE encoding="integer32">65537'
            '</VALUE></PARAMETER><PARAMETER name="modulus"><VALUE encoding="base64" size="2048">%s</VALUE></PARAMETER>'
            '</PUBLICKEY>' % value)


def element(name):
    return '<%s[ >].*?</%s>' % (name, name)


def edits(folder):
    """Pairs of a pattern in BODY and what takes its place."""
    key = key_of(os.path.join(folder, 'revoker.pem'))
    refresh = ('<CONDITIONLIST><REFRESH><DISTRIBUTIONPOINT><OBJECT type="Revocation"><ID type="ascii-tag">Lists</ID>'
               '%s</OBJECT>' + key.replace('%', '%%') + '</DISTRIBUTIONPOINT><INTERVALTIME%s /></REFRESH>'
               '</CONDITIONLIST>')
    url = '<ADDRESS type="URL">https://lists.example</ADDRESS>'
    conditions = [refresh % pair for pair in ((url, ''), ('', ''), ('', ' days="30"'), (url, ' hours="1"'))]
    yield from [
        ('$', ''), ('(?<=<ISSUEDTIME>)2026', '2025'), ('(?<=<ISSUEDTIME>)2026', '2027'),
        ('(?<=<ISSUEDTIME>)2026', '2034'), ('(?<=<ISSUEDTIME>)2026-11-18T11:07', '2027-11-18T11:06'),
        ('(?<=<ISSUEDTIME>)2026-11-18T11:07', '2027-11-18T11:07'),
        ('(?<=<FROM>)[^<]*', '2026-11-18T11:08'), ('(?<=<UNTIL>)[^<]*', '2026-11-18T11:07'),
        ('(?<=<UNTIL>)[^<]*', '2001-01-01T00:00'), ('(?<=<ISSUEDTIME>)[^<]*', 'today'),
        ('Group-Identity-Credential', 'Client-Licensor-Certificate'),
        ('(?<=<DESCRIPTOR><OBJECT type=")Client-Licensor-Certificate', 'Content-License'),
        ('(?<=<DESCRIPTOR><OBJECT type=")Content-License', 'Machine-Certificate'),
        ('(?<=<DESCRIPTOR><OBJECT type=")[^"]*', 'DRM-CA-Certificate'),
        ('(?<=<DESCRIPTOR><OBJECT type=")[^"]*', 'Server-Licensor-Certificate'),
        ('(?<=<DESCRIPTOR><OBJECT type=")[^"]*', 'Something'),
        ('Microsoft Rights Label', 'Microsoft Official Rights Template'), ('Microsoft Official Rights Template', 'Label'),
        (element('VALIDITYTIME'), ''), (element('FEDERATIONPRINCIPALS'), ''), (element('AUTHENTICATEDDATA'), ''),
        (element('ISSUEDPRINCIPALS'), ''), (element('WORK'), ''), (element('REVOCATIONLIST'), ''),
        (element('ENABLINGBITS'), ''), (element('DESCRIPTOR'), ''), (element('RIGHTSGROUP'), ''),
        ('(?<=<ISSUER>)' + element('OBJECT'), '<OBJECT type="MS-DRM-Server"><ID type="MS-GUID">'
         '{00000000-0000-0000-0000-000000000099}</ID></OBJECT>'),
        ('</PUBLICKEY></ISSUER>', '</PUBLICKEY><SECURITYLEVEL name="SDK" value="1" /></ISSUER>'),
        ('(?<=<ISSUER>)(.*?)' + element('PUBLICKEY'), r'\1' + key),
        ('(<ISSUEDPRINCIPALS>.*?)' + element('PUBLICKEY'), r'\1' + key),
        ('(<ISSUEDPRINCIPALS>.*?)' + element('PUBLICKEY'), r'\1'),
        ('(<ISSUEDPRINCIPALS><PRINCIPAL internal-id="1"><OBJECT type=")[^"]*', r'\1Nobody'),
        ('S-1-5-21-1-2-3-1000(?!.*S-1-5-21)', 'S-1-5-21-1-2-3-1001'),
        ('name="OWNER"', 'name="VIEWRIGHTSDATA"'), ('<VIEW>(.*)</VIEW>', r'<RIGHT name="OWNER">\1</RIGHT>'),
        ('name="ISSUE"', 'name="VIEW"'), ('(<ACCESS><PRINCIPAL internal-id=")1', r'\g<1>2'),
        ('internal-id="1"', 'internal-id="2"'), ('Encrypted-Rights-Data', 'Other'),
        ('(?<=<WORK><OBJECT><ID type="MS-GUID">)[^<]*', ''), ('(<WORK><OBJECT type=")[^"]*', r'\1Other'),
        ('(?<=<FEDERATIONPRINCIPALS><PRINCIPAL>)' + element('OBJECT'), ''),
    ]
    for condition in conditions:
        yield '(<WORK>.*?</OBJECT>)', r'\1' + condition


def made_documents(folder):
    def read(name):
        with open(os.path.join(folder, name), encoding='utf-8', newline='') as file:
            return file.read()

    anchor = read('anchors.pem')
    above = {'': read('above.xml'), 'sub-': read('sub-above.xml')}
    changes = list(edits(folder))
    fresh = a_list(folder, 'revoker', '', '2026-11-18T11:00')
    stale = a_list(folder, 'revoker', '', '2026-09-18T11:00')
    for prefix in above:
        clc = read(prefix + 'clc.xml')
        server = [above[prefix]]
        for kind in KINDS:
            text = read('%s%s.xml' % (prefix, kind))
            client = kind in ('offline-pl', 'owner-ul')
            key = os.path.join(folder, 'clc.pem' if client else 'sub.pem' if prefix else 'slc.pem')
            for number, (pattern, put) in enumerate(changes):
                body = re.sub(pattern, put, body_of(text), count=1, flags=re.S)
                if number > 0 and body == body_of(text):
                    continue
                what = '%s%s, %s' % (prefix, kind, pattern)
                signed = sign(body, key)
                way = [clc] + server if client else server
                agree(what, folder, anchor, [signed] + way)
                if number == 0 or '<' in pattern and 'TI' in pattern:
                    agree(what, folder, anchor, [signed] + way, options=['--at', '2027-01-01T00:00'])
                for lists in ([fresh], [stale], [stale, fresh]) if 'REFRESH' in put or number == 0 else []:
                    agree(what, folder, anchor, [signed] + way, lists=lists)
            other = [above['' if prefix else 'sub-']]
            agree(kind, folder, anchor, [text] + ([clc] if client else []) + other)
            agree(kind, folder, anchor, [text] + (server if client else [clc] + server))
            agree(kind, folder, anchor, [text])
            agree(kind, folder, anchor, [text] + ([clc] if client else []) + check_documents(server[0])[:-1])
    revoke_each(folder, anchor, read)


def check_documents(text):
    return re.findall('<XrML.*?</XrML>', text, re.S)


def a_list(folder, signer, entries, issued='2026-11-18T11:07'):
    pem = os.path.join(folder, signer + '.pem')
    return sign('<BODY type="LICENSE" version="3.0"><ISSUEDTIME>%s</ISSUEDTIME><DESCRIPTOR><OBJECT '
                'type="Revocation-List"><ID type="MS-GUID">{20000000-0000-0000-0000-0000000000ff}</ID></OBJECT>'
                '</DESCRIPTOR><ISSUER><OBJECT type="Revocation-List"><ID type="ascii-tag">Lists</ID></OBJECT>%s'
                '</ISSUER><REVOCATIONLIST>%s</REVOCATIONLIST></BODY>' % (issued, key_of(pem), entries), pem)


def revokes(document):
    """Entries that hit a document, by each way to name it."""
    body = body_of(document)
    ids = {'license-id': '<DESCRIPTOR>', 'issuer-id': '<ISSUER>', 'content-id': '<WORK>',
           'principal-id': '<ISSUEDPRINCIPALS>'}
    for kind, place in ids.items():
        found = re.search(place + '.*?(<ID type="[^"]*">[^<]+</ID>)', body, re.S)
        if found:
            category = 'license' if kind[:2] in ('li', 'is') else kind.split('-')[0]
            named = re.sub('{.*}', lambda guid: guid.group(0).upper(), found.group(1))
            yield '<REVOKE category="%s" type="%s"><OBJECT>%s</OBJECT></REVOKE>' % (category, kind, named)
    for kind, place in (('principal-key', '<ISSUEDPRINCIPALS>'), ('issuer-key', '<ISSUER>')):
        found = re.search(place + '.*?(<PUBLICKEY>.*?</PUBLICKEY>)', body, re.S)
        if found:
            category = 'license' if kind[:2] == 'is' else 'principal'
            yield '<REVOKE category="%s" type="%s">%s</REVOKE>' % (category, kind, found.group(1))
    for name in ('SHA1', 'SHA256'):
        value = base64.b64encode(hashlib.new(name.lower(), body.encode('utf-16-le')).digest()).decode()
        yield ('<REVOKE category="license" type="license-hash"><DIGEST><ALGORITHM>%s</ALGORITHM><PARAMETER '
               'name="codingtype"><VALUE encoding="string">surface-coding</VALUE></PARAMETER><VALUE encoding="base64" '
               'size="%d">%s</VALUE></DIGEST></REVOKE>' % (name, len(base64.b64decode(value)) * 8, value))


def revoke_each(folder, anchor, read):
    chain = [read('owner-ul.xml'), read('clc.xml')] + check_documents(read('above.xml'))
    for document in chain:
        for entry in revokes(document):
            codes = [agree('%s by %s' % (entry[:80], signer), folder, anchor, chain,
                           lists=[a_list(folder, signer, entry)])
                     for signer in ('rac', 'clc', 'slc', 'esc', 'root', 'revoker')]
            if codes[4] != 24 or codes[5] != 0:
                sys.exit('%s: revoked by the root: %d, by a stranger: %d' % (entry[:80], codes[4], codes[5]))


# ---- real documents ----------------------------------------------------------------------------------------


def real_documents(folder):
    chance = random.Random(8)

    def read(name):
        with open(os.path.join(SAMPLES, name), encoding='utf-8', newline='') as file:
            return file.read()

    sets = [[read('mode1-chain/chain-%s.xml' % n) for n in c.split()] for c in CHAINS]
    for name in sorted(os.listdir(os.path.join(SAMPLES, 'spec-examples'))):
        if 'ERD' not in name:
            sets.append([read('spec-examples/' + name)])
    for name in sorted(os.listdir(os.path.join(SAMPLES, 'synthetic'))):
        sets.append([read('synthetic/' + name)])
    root = pem_of_issuer(read('mode1-chain/chain-7.xml'))
    for texts in sets:
        anchor = root if len(texts) > 1 else pem_of_issuer(texts[0])
        what = texts[0][:200]
        agree(what, folder, anchor, texts, options=['--legacy'])
        agree(what, folder, anchor, texts)
        for _ in range(CHANGES_A_CHAIN if len(texts) != 3 else 1):
            copy = list(texts)
            which = chance.randrange(len(copy))
            copy[which], at = change(copy[which], chance)
            ours, theirs, *_ = both(folder, anchor, copy, options=['--legacy'])
            if 0 in (ours, theirs):
                sys.exit('%s: a change at %d was accepted: %d, %d' % (what, at, ours, theirs))


def main():
    with tempfile.TemporaryDirectory(dir='.') as folder:
        subprocess.run([MAKE, folder], check=True, capture_output=True)
        made_documents(folder)
        if os.path.isdir(SAMPLES):
            real_documents(folder)
        else:
            print('the real documents are not here: only those made for it')
    print(', '.join('exit %d: %d' % pair for pair in sorted(CODES.items())) + ', both times')
    return 0 if all(CODES.get(code, 0) >= 12 for code in (0, 20, 21, 22, 23, 24, 25)) else 1


if __name__ == '__main__':
    sys.exit(main())
