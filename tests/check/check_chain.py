#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a chain of XrML certificates without any code of privyseal.

usage: check_chain.py [--legacy] ANCHOR FILE...  (leaf first)

ANCHOR is PEM public keys or XrML certificates (the key in ISSUEDPRINCIPALS).
Exit 0: each document is signed by the next, the last by an anchor; 1: not so.
"""
import base64
import hashlib
import re
import sys
import xml.etree.ElementTree as ET

PREFIX = {'sha1': bytes.fromhex('3021300906052b0e03021a05000414'),
          'sha256': bytes.fromhex('3031300d060960864801650304020105000420')}
KEYS = ('ISSUER/PUBLICKEY', 'ISSUEDPRINCIPALS/PRINCIPAL/PUBLICKEY')
RSA_OID = bytes.fromhex('300d06092a864886f70d0101010500')
ALGORITHM = r'<ALGORITHM>RSA PKCS#1-V1\.5</ALGORITHM>'
VALUE = '<VALUE encoding="base64" size="([0-9]+)">([A-Za-z0-9+/=]+)</VALUE>'
FRAME = re.compile(r'(?:<\?xml[^>]*\?>)?\s*<XrML\s[^<>]*>(<BODY[ >].*?</BODY>)<SIGNATURE>(' + ALGORITHM +
                   ')?<DIGEST><ALGORITHM>(SHA1|SHA256)</ALGORITHM><PARAMETER name="codingtype"><VALUE '
                   'encoding="string">surface-coding</VALUE></PARAMETER>' + VALUE + '</DIGEST>(' + ALGORITHM +
                   ')?' + VALUE + r'</SIGNATURE></XrML>\s*', re.S)


class Refused(Exception):
    """Why a chain is not valid."""


def base64_octets(text):
    octets = base64.b64decode(text, validate=True)
    if base64.b64encode(octets).decode() != text:
        raise Refused('base64 is not canonical')
    return octets


def rsa_key(element):
    """(n, e) of a PUBLICKEY; the modulus is little-endian."""
    if element is None:
        return None
    exponent, modulus = (p.find('VALUE') for p in element.findall('PARAMETER'))
    octets = base64_octets(modulus.text)
    if len(octets) * 8 != int(modulus.get('size')):
        raise Refused('modulus of another size than it says')
    return int.from_bytes(octets, 'little'), int(exponent.text)


class Document:
    def __init__(self, body, first, algorithm, digest_size, digest, second, size, signature):
        self.body = body
        tree = ET.fromstring(body)
        self.issued = tree.findtext('ISSUEDTIME')
        self.kind = tree.get('type')
        self.issuer, self.subject = map(rsa_key, map(tree.find, KEYS))
        self.issuer_text = re.search('<ISSUER>(.*?)</ISSUER>', body, re.S).group(1)
        principal = re.search('<ISSUEDPRINCIPALS><PRINCIPAL[^>]*>(.*?)</PRINCIPAL>', body, re.S)
        self.subject_text = principal.group(1) if principal else None
        self.ranges = [(r.findtext('FROM'), r.findtext('UNTIL')) for r in
                       tree.findall('VALIDITYTIME') +
                       tree.findall('WORK/RIGHTSGROUP/RIGHTSLIST/RIGHT/CONDITIONLIST/TIME/RANGETIME')]
        self.type = ''.join(o.get('type', '') for o in tree.findall('DESCRIPTOR/OBJECT'))
        self.revokers = [rsa_key(p.find('PUBLICKEY')) for p in tree.findall('CONDITIONLIST/REFRESH/DISTRIBUTIONPOINT')]
        self.may_issue = tree.find("WORK/RIGHTSGROUP/RIGHTSLIST/RIGHT[@name='ISSUE']") is not None
        self.algorithm, self.digest, self.signature = algorithm.lower(), base64_octets(digest), base64_octets(signature)
        if (first is None) == (second is None) or digest_size != str(len(self.digest) * 8) or \
                size != str(len(self.signature) * 8):
            raise Refused('SIGNATURE is not in one of its two forms')

    def check_signature(self, key, legacy):
        n, e = key
        size = (n.bit_length() + 7) // 8
        digest = hashlib.new(self.algorithm, self.body.encode('utf-16-le')).digest()
        info = PREFIX[self.algorithm] + digest
        block = b'\0\1' + b'\xff' * (size - 3 - len(info)) + b'\0' + info
        number = int.from_bytes(self.signature, 'big')
        if digest != self.digest or len(self.signature) != size or number >= n or \
                pow(number, e, n).to_bytes(size, 'big') != block:
            raise Refused('DIGEST or signature does not fit BODY and the key of the issuer')
        if not legacy and (self.algorithm == 'sha1' or n.bit_length() < 2048):
            raise Refused('SHA-1 or a key under 2048 bits')

    def check_issuer(self, above):
        if self.issuer != above.subject or not above.may_issue or \
                self.kind == 'LICENSE' and self.issuer_text != above.subject_text:
            raise Refused('issuer is not the next document, or may not issue')
        if not all(f <= self.issued < u for f, u in above.ranges) or self.revokers[:1] not in ([], [self.issuer]):
            raise Refused('issued outside the range of its issuer, or its issuer may not revoke it')


def documents(text):
    found = list(FRAME.finditer(text))
    if ''.join(match.group(0) for match in found) != text:
        raise Refused('something that is no XrML document')
    return [Document(*match.groups()) for match in found]


def integer(der, at):
    length, at = der[at + 1], at + 2
    if length > 0x80:
        length, at = int.from_bytes(der[at:at + length - 0x80], 'big'), at + length - 0x80
    return int.from_bytes(der[at:at + length], 'big'), at + length


def anchors(text):
    keys = [d.subject for d in documents(text)] if text.lstrip().startswith('<') else []
    for block in re.findall('-----BEGIN PUBLIC KEY-----(.*?)-----END', text, re.S):
        der = base64.b64decode(''.join(block.split()))
        n, after = integer(der, der.index(b'\x02', der.index(RSA_OID) + len(RSA_OID)))
        keys.append((n, integer(der, after)[0]))
    return keys


def check(trusted, chain, legacy):
    servers = 0  # Enrollment Service, root, licensing server: below that nobody is
    for document in reversed(chain):
        servers += document.type == 'Server-Licensor-Certificate'
        if servers > 3 or servers > 2 and document.type == 'Group-Identity-Credential':
            raise Refused('a licensing server has issued what only a root may')
    for number, document in enumerate(chain):
        try:
            if number + 1 < len(chain):
                document.check_issuer(chain[number + 1])
            elif document.issuer not in trusted:
                raise Refused('no anchor has the key of the issuer')
            document.check_signature(document.issuer, legacy)
            if not all(f <= document.issued < u for f, u in document.ranges):
                raise Refused('issued outside its own range')
        except Refused as why:
            raise Refused('document %d: %s' % (number + 1, why))


def main(arguments):
    names = [a for a in arguments if a != '--legacy']
    if len(names) < 2:
        sys.exit(__doc__)
    try:
        texts = [open(n, encoding='utf-8', newline='').read() for n in names]
        check(anchors(texts[0]), [d for t in texts[1:] for d in documents(t)], '--legacy' in arguments)
    except (Refused, ValueError, KeyError, TypeError, AttributeError, ET.ParseError) as why:
        print('refused: %s' % why)
        return 1
    print('valid')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
