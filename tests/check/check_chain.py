#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a chain of XrML documents of any kind without any code of privyseal.

usage: check_chain.py [--legacy] [--at TIME] [--revocation FILE]...
                      [--open KEY.pem [--out FILE]] ANCHOR FILE...

The files are leaf first. ANCHOR is PEM public keys or XrML certificates (the
key in ISSUEDPRINCIPALS). TIME is YYYY-MM-DDThh:mm. Exit 0: valid; 20 to 25: the
first of the six tests that failed, leaf first, as docs/formats/verify.md says.
--open: what is sealed in the leaf is opened with a private key, by the openssl
command; --out: the content key as octets, or the private key as PEM. Exit 3:
it cannot be opened.
"""
import argparse
import base64
import datetime
import hashlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

FORM, SIGNATURE, SEMANTICS, CONDITIONS, REVOCATION, KEY = range(20, 26)
CANNOT_OPEN = 3
PREFIX = {'SHA1': bytes.fromhex('3021300906052b0e03021a05000414'),
          'SHA256': bytes.fromhex('3031300d060960864801650304020105000420')}
RSA_OID = bytes.fromhex('300d06092a864886f70d0101010500')
ALGORITHM = r'<ALGORITHM>RSA PKCS#1-V1\.5</ALGORITHM>'
VALUE = '<VALUE encoding="base64" size="([0-9]+)">([A-Za-z0-9+/=]+)</VALUE>'
FRAME = re.compile(r'(?:<\?xml[^>]*\?>)?\s*<XrML\s[^<>]*>(<BODY[ >].*?</BODY>)<SIGNATURE>(' + ALGORITHM +
                   ')?<DIGEST><ALGORITHM>(SHA1|SHA256)</ALGORITHM><PARAMETER name="codingtype"><VALUE '
                   'encoding="string">surface-coding</VALUE></PARAMETER>' + VALUE + '</DIGEST>(' + ALGORITHM +
                   ')?' + VALUE + r'</SIGNATURE></XrML>\s*', re.S)
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d')
GUID = re.compile(r'\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?')
KINDS = {'DRM-CA-Certificate': 'CA', 'Server-Licensor-Certificate': 'SERVER', 'Machine-Certificate': 'SPC',
         'Group-Identity-Credential': 'RAC', 'Client-Licensor-Certificate': 'CLC', 'Content-License': 'UL',
         'Revocation-List': 'LIST'}
BODIES = {'Microsoft Rights Label': 'PL', 'Microsoft Official Rights Template': 'TEMPLATE'}
AUTHORITY, SERVER = 'DRM-Certificate-Authority', 'MS-DRM-Server'
MACHINE_CA = 'DRM-Desktop-Security-Processor-Certificate-Authority'
MACHINE = 'MS-DRM-Desktop-Security-Processor'
# Licenses by role of the issuer; certificates are in place().
MAY_ISSUE = {'anchor': 'SPC RAC CLC PL UL TEMPLATE LIST', 'ca': 'LIST', 'enrollment': 'LIST', 'machines': 'SPC',
             'root': 'RAC CLC PL UL TEMPLATE LIST', 'licensing': 'CLC PL UL TEMPLATE LIST',
             'unshown': 'CLC PL UL TEMPLATE LIST', 'client': 'PL UL LIST', 'none': ''}
TAILS = ('Root', 'CA', 'Server Enrollment CA', 'Server Enrollment Service', 'Machine Activation Server CA')
BOTH_HIERARCHIES = 'Microsoft DRM Production Server Enrollment CA'


# Elements of the certificates that issue servers: in them no other is known.
FAMILY = set('BODY ISSUEDTIME VALIDITYTIME RANGETIME FROM UNTIL DESCRIPTOR ISSUER ISSUEDPRINCIPALS PRINCIPAL OBJECT ID '
             'NAME ADDRESS PUBLICKEY ALGORITHM PARAMETER VALUE DIGEST SECURITYLEVEL ENABLINGBITS DISTRIBUTIONPOINT WORK '
             'RIGHTSGROUP RIGHTSLIST RIGHT CONDITIONLIST TIME ACCESS REFRESH INTERVALTIME'.split())


class Refused(Exception):
    """Which test failed, and why."""

    def __init__(self, code, why):
        super().__init__(why)
        self.code = code


def need(holds, code, why):
    if not holds:
        raise Refused(code, why)


def base64_octets(text):
    octets = base64.b64decode(text or '', validate=True)
    need(base64.b64encode(octets).decode() == text, FORM, 'base64 is not canonical')
    return octets


def rsa_key(element):
    """(n, e) of a PUBLICKEY; the modulus is little-endian."""
    if element is None:
        return None
    exponent, modulus = (p.find('VALUE') for p in element.findall('PARAMETER'))
    octets = base64_octets(modulus.text)
    need(len(octets) * 8 == int(modulus.get('size')), FORM, 'modulus of another size than it says')
    return int.from_bytes(octets, 'little'), int(exponent.text)


def identity(text):
    """An identifier as it is compared: a GUID in any form."""
    guid = GUID.fullmatch(text or '')
    return guid.group(1).lower() if guid else text


class Thing:
    """An OBJECT."""

    def __init__(self, element):
        def text(path):
            return None if element is None else element.findtext(path)

        def kind(path):
            found = element.find(path) if element is not None else None
            return None if found is None else found.get('type')

        self.type, self.id_type = kind('.'), kind('ID')
        self.id, self.name, self.address = text('ID'), text('NAME'), text('ADDRESS')

    def same(self, other):
        def parts(o):
            return o.type, o.id_type, identity(o.id), o.name, o.address
        return parts(self) == parts(other)


def time_range(element):
    if element is None:
        return None
    both = element.findtext('FROM'), element.findtext('UNTIL')
    need(all(TIME.fullmatch(t or '') for t in both) and both[0] < both[1], FORM, 'a range that is none')
    return both


class Right:
    def __init__(self, element):
        self.name = element.get('name') if element.tag == 'RIGHT' else element.tag
        conditions = element.find('CONDITIONLIST')
        above = element if conditions is None else conditions
        principals = above.findall('ACCESS/PRINCIPAL')
        need(len(principals) == 1, FORM, 'a right that is not granted to one')
        self.first = principals[0].get('internal-id') == '1'
        self.bits = principals[0].find('ENABLINGBITS')
        self.range = time_range(above.find('TIME/RANGETIME'))


class Refresh:
    def __init__(self, element):
        self.points = [(rsa_key(p.find('PUBLICKEY')), p.find('OBJECT/ADDRESS') is not None)
                       for p in element.findall('DISTRIBUTIONPOINT')]
        interval = element.find('INTERVALTIME')
        parts = dict.fromkeys(('days', 'hours', 'minutes', 'seconds'), 0)
        for name in parts if interval is not None else ():
            parts[name] = int(interval.get(name, '0'))
        self.age = datetime.timedelta(**parts)


class Document:
    def __init__(self, body, first, algorithm, digest_size, digest, second, size, signature):
        self.body, self.algorithm = body, algorithm
        self.tree = tree = ET.fromstring(body)
        described = tree.find('DESCRIPTOR/OBJECT')
        self.kind = BODIES.get(tree.get('type'))
        if tree.get('type') == 'LICENSE' and described is not None:
            self.kind = KINDS.get(described.get('type'))
        self.family = self.kind in ('CA', 'SERVER')
        need(not self.family or FAMILY >= {e.tag for e in tree.iter()}, FORM, 'an unknown element')
        self.issued = tree.findtext('ISSUEDTIME')
        need(TIME.fullmatch(self.issued or ''), FORM, 'ISSUEDTIME is no time')
        principal = tree.find('ISSUEDPRINCIPALS/PRINCIPAL')
        self.issuer, self.subject = rsa_key(tree.find('ISSUER/PUBLICKEY')), rsa_key(
            tree.find('ISSUEDPRINCIPALS/PRINCIPAL/PUBLICKEY'))
        self.issuer_text = re.search('<ISSUER[^>]*>(.*?)</ISSUER>', body, re.S).group(1)
        inner = re.search('<ISSUEDPRINCIPALS><PRINCIPAL[^>]*>(.*)</PRINCIPAL></ISSUEDPRINCIPALS>', body, re.S)
        self.subject_text = inner.group(1) if inner else None
        self.descriptor, self.by, self.to, self.work = (Thing(tree.find(path)) for path in (
            'DESCRIPTOR/OBJECT', 'ISSUER/OBJECT', 'ISSUEDPRINCIPALS/PRINCIPAL/OBJECT', 'WORK/OBJECT'))
        self.validity = time_range(tree.find('VALIDITYTIME'))
        self.rights = [Right(r) for r in tree.findall('WORK/RIGHTSGROUP/RIGHTSLIST/*')]
        self.range = self.own_range()
        self.may_issue = principal is not None and principal.get('internal-id') == '1' and \
            any(r.name == 'ISSUE' and r.first for r in self.rights)
        self.bits = tree.find('ISSUEDPRINCIPALS/PRINCIPAL/ENABLINGBITS')
        self.machine = tree.find('FEDERATIONPRINCIPALS/PRINCIPAL')
        self.refreshes = [Refresh(r) for path in ('CONDITIONLIST/REFRESH', 'WORK/CONDITIONLIST/REFRESH')
                          for r in tree.findall(path)]
        self.digest, self.signature = base64_octets(digest), base64_octets(signature)
        need((first is None) != (second is None) and digest_size == str(len(self.digest) * 8) and
             size == str(len(self.signature) * 8), FORM, 'SIGNATURE is not in one of its two forms')

    def own_range(self):
        if self.kind != 'UL':
            return next((r.range for r in self.rights if r.name == 'ISSUE'), None)
        ranges = [r.range for r in self.rights]
        if not ranges or None in ranges:
            return None
        return min(r[0] for r in ranges), max(r[1] for r in ranges)

    def hash(self, algorithm):
        return hashlib.new(algorithm.lower().replace('-', ''), self.body.encode('utf-16-le')).digest()

    def names(self):
        """The two halves of the hierarchy that the names in it belong to."""
        found = set()
        for name in (self.by.name, self.by.id, self.to.name, self.to.id) if self.by.type == AUTHORITY else ():
            for tail in TAILS if name not in (None, BOTH_HIERARCHIES) else ():
                found |= {word for word in ('Production', 'ISV') if name.endswith(' %s %s' % (word, tail))}
        return found


# ---- the six tests ---------------------------------------------------------------------------------------


def check_signature(document, key, legacy):
    need(document.hash(document.algorithm) == document.digest, SIGNATURE, 'DIGEST is not the hash of BODY')
    if key is not None:
        n, e = key
        size = (n.bit_length() + 7) // 8
        info = PREFIX[document.algorithm] + document.digest
        block = b'\0\1' + b'\xff' * (size - 3 - len(info)) + b'\0' + info
        number = int.from_bytes(document.signature, 'big')
        need(len(document.signature) == size and number < n and pow(number, e, n).to_bytes(size, 'big') == block,
             SIGNATURE, 'not the signature of the issuer')
    bits = [k[0].bit_length() for k in (document.issuer, document.subject) if k]
    need(legacy or document.algorithm != 'SHA1' and min(bits) >= 2048, SIGNATURE, 'SHA-1 or a key under 2048 bits')
    need(min(bits) >= 1024, SIGNATURE, 'a key under 1024 bits')


def place(document, role):
    """What the document may be used for below, or Refused."""
    pair = document.by.type, document.to.type
    if document.kind == 'CA' and role in ('anchor', 'ca') and pair in ((AUTHORITY, AUTHORITY), (AUTHORITY, MACHINE_CA)):
        return 'ca'
    if document.kind == 'SERVER':
        found = {(AUTHORITY, SERVER): {'anchor': 'enrollment', 'ca': 'enrollment'},
                 (MACHINE_CA, MACHINE): {'anchor': 'machines', 'ca': 'machines'},
                 (SERVER, SERVER): {'anchor': 'unshown', 'enrollment': 'root', 'root': 'licensing'}}
        return found.get(pair, {}).get(role)
    if document.kind in MAY_ISSUE[role].split():
        return 'client' if document.kind == 'CLC' else 'none'
    return None


def sealed(element):
    return element is not None and element.find('VALUE') is not None


def check_kind(document, above, role):
    d = document
    if d.kind in ('RAC', 'CLC', 'UL'):
        need(d.to.type == 'Group-Identity' and d.to.id and d.subject, SEMANTICS, 'no account')
    if d.kind == 'SPC':
        need(d.subject, SEMANTICS, 'no key')
    if d.kind == 'RAC':
        need(d.validity and d.machine is not None and d.machine.findtext('OBJECT/ID') is not None and
             sealed(d.machine.find('ENABLINGBITS')), SEMANTICS, 'no VALIDITYTIME or no machine')
    if d.kind == 'CLC':
        need([r.name for r in d.rights] == ['ISSUE'] and sealed(d.rights[0].bits), SEMANTICS, 'rights')
    if d.kind == 'PL':
        need(d.to.type == SERVER and d.subject and sealed(d.bits) and d.work.id, SEMANTICS, 'no server or content')
        need(above is None or d.subject == (above.issuer if role == 'client' else above.subject), SEMANTICS,
             'another server')
        need(any(a.get('id') == 'Encrypted-Rights-Data' for a in d.tree.findall('AUTHENTICATEDDATA')), SEMANTICS,
             'no rights data')
    if d.kind == 'UL':
        need(d.work.id and d.rights and all(r.first and sealed(r.bits) for r in d.rights), SEMANTICS, 'rights')
        if role == 'client':
            need([r.name for r in d.rights] == ['OWNER'] and d.to.id == above.to.id, SEMANTICS, 'not an owner license')
    if d.kind == 'TEMPLATE':
        need(d.rights, SEMANTICS, 'no right')
    if d.kind == 'LIST':
        need(d.tree.find('REVOCATIONLIST') is not None, SEMANTICS, 'no REVOCATIONLIST')


def check_issuing(document, role):
    d = document
    if not d.family and d.kind != 'CLC':
        return
    need(d.may_issue and d.range and d.subject, SEMANTICS, 'does not grant ISSUE')
    need(d.descriptor.same(d.work), SEMANTICS, 'WORK is not DESCRIPTOR')
    if d.family:
        need(d.tree.get('version') == '3.0', SEMANTICS, 'BODY version')
        need(role not in ('root', 'licensing', 'unshown') or d.to.address is not None, SEMANTICS, 'no URL')


def check_names(document, above):
    if document.kind == 'LIST' and document.by.type == 'Revocation-List':
        return
    if document.kind in ('PL', 'TEMPLATE', 'LIST'):
        need(document.by.same(above.to), SEMANTICS, 'ISSUER is another')
    else:
        need(document.issuer_text == above.subject_text, SEMANTICS, 'ISSUER is not PRINCIPAL to the letter')


def check_conditions(document, above, at):
    ranges = [document.validity, document.range] + ([above.range, above.validity] if above else [])
    need(all(r is None or r[0] <= document.issued < r[1] for r in ranges), CONDITIONS, 'ISSUEDTIME is outside')
    need(at is None or all(r is None or r[0] <= at < r[1] for r in ranges[:2]), CONDITIONS, 'outside at that time')


class Lists:
    """Revocation lists: what each says and who signed it."""

    def __init__(self, chain, legacy):
        self.lists = []
        for document in chain:
            if document.kind != 'LIST':
                continue
            check_signature(document, document.issuer, legacy)
            self.lists.append((document.issuer, document.issued, [self.entry(r) for r in document.tree.findall(
                'REVOCATIONLIST/REVOKE')]))

    @staticmethod
    def entry(revoke):
        kind = revoke.get('type')
        if kind in ('principal-key', 'issuer-key'):
            return kind, rsa_key(revoke.find('PUBLICKEY'))
        if kind == 'license-hash':
            return revoke.findtext('DIGEST/ALGORITHM').replace('-', ''), base64_octets(revoke.findtext('DIGEST/VALUE'))
        return kind, identity(revoke.findtext('OBJECT/ID'))

    def check(self, chain, n, at):
        d = chain[n]
        machine = None if d.machine is None else d.machine.findtext('OBJECT/ID')
        marks = {('principal-key', d.subject), ('issuer-key', d.issuer), ('license-id', identity(d.descriptor.id)),
                 ('issuer-id', identity(d.by.id)), ('content-id', identity(d.work.id)),
                 ('principal-id', identity(d.to.id)), ('principal-id', identity(machine)),
                 ('SHA1', d.hash('SHA1')), ('SHA256', d.hash('SHA256'))}
        marks = {mark for mark in marks if mark[1]}
        allowed = {above.issuer for above in chain[n:]} | {
            key for above in chain[n:] for refresh in above.refreshes for key, _ in refresh.points}
        for key, _, entries in self.lists:
            need(key not in allowed or not marks & set(entries), REVOCATION, 'revoked')
        for refresh in d.refreshes if d.kind != 'TEMPLATE' else ():
            oldest = (at - refresh.age).strftime('%Y-%m-%dT%H:%M') if refresh.age else ''
            for key, fetched in refresh.points:
                need(not (refresh.age or fetched) or any(
                    k == key and issued >= oldest for k, issued, _ in self.lists), REVOCATION, 'no list, or too old')


def place_all(chain):
    """The role of each issuer, and of each document; None from where it breaks."""
    roles = ['anchor']
    for document in reversed(chain):
        roles.insert(0, place(document, roles[0]) or 'none')
    return roles


def check_repeats(chain, n):
    d = chain[n]
    for other in chain[:n]:
        need(other.body != d.body, SEMANTICS, 'twice')
        need(not (other.family and d.family and other.subject == d.subject), SEMANTICS, 'one key twice')


def check(trusted, chain, lists, legacy=False, at=None):
    need(chain, FORM, 'no document')
    roles = place_all(chain)
    when = datetime.datetime.strptime(at or chain[0].issued, '%Y-%m-%dT%H:%M')
    for n, document in enumerate(chain):
        above = chain[n + 1] if n + 1 < len(chain) else None
        key = above.subject if above else document.issuer if document.issuer in trusted else None
        try:
            check_signature(document, key, legacy)
            need(place(document, roles[n + 1]), SEMANTICS, 'not what its issuer may issue')
            if above and key == document.issuer:
                check_names(document, above)
            check_issuing(document, roles[n])
            check_repeats(chain, n)
            names = [d.names() for d in chain[n:] if d.family]
            need(len(set().union(*names)) < 2, SEMANTICS, 'names of two hierarchies')
            check_kind(document, above, roles[n + 1])
            check_conditions(document, above, at if n == 0 else None)
            lists.check(chain, n, when)
            need(key is not None and key == document.issuer, KEY, 'the key of the issuer is another, or no anchor')
        except Refused as why:
            raise Refused(why.code, 'document %d: %s' % (n + 1, why))


# ---- files -------------------------------------------------------------------------------------------------


def documents(text):
    found = list(FRAME.finditer(text))
    need(''.join(match.group(0) for match in found) == text, FORM, 'something that is no XrML document')
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


# ---- ENABLINGBITS, docs/formats/sealed.md ------------------------------------------------------------------


def openssl(arguments, data):
    done = subprocess.run(['openssl'] + arguments, input=data, capture_output=True)
    need(done.returncode == 0, CANNOT_OPEN, 'the openssl command refuses')
    return done.stdout


def sealed_part(document):
    """ENABLINGBITS, and the text that it is bound to."""
    issuer = re.search('<ISSUER[ >].*?</ISSUER>', document.body, re.S).group(0)
    if document.kind == 'PL':
        element = re.search('<ISSUEDPRINCIPALS>.*?</ISSUEDPRINCIPALS>', document.body, re.S).group(0)
        return document.bits, re.sub('<ENABLINGBITS.*?</ENABLINGBITS>', '', element, flags=re.S)
    if document.kind == 'RAC':
        return document.machine.find('ENABLINGBITS'), issuer
    return next((r.bits for r in document.rights if r.bits is not None), None), issuer


def open_sealed(document, pem):
    bits, bound = sealed_part(document)
    need(bits is not None and bits.get('type') == 'sealed-key-v2', CANNOT_OPEN, 'nothing sealed with OAEP')
    data = base64_octets(bits.findtext('VALUE'))
    public = openssl(['pkey', '-in', pem, '-pubout', '-outform', 'DER'], b'')
    size = (integer(public, public.index(b'\x02', public.index(RSA_OID) + len(RSA_OID)))[0].bit_length() + 7) // 8
    session = openssl(['pkeyutl', '-decrypt', '-inkey', pem, '-pkeyopt', 'rsa_padding_mode:oaep'], data[:size])
    need(len(session) == 28 and session[:12] == bytes.fromhex('1c00ffff8000100001100000'), CANNOT_OPEN, 'session key')
    inner = openssl(['enc', '-d', '-aes-128-ecb', '-nopad', '-K', session[12:].hex()], data[size:])
    need(inner[:4] == b'\2\0\0\0' and inner[8:16] == bytes(8), CANNOT_OPEN, 'header')
    length = int.from_bytes(inner[4:8], 'little')
    need(len(inner) == 16 + (length + 15) // 16 * 16 and inner[16 + length - 32:16 + length] == hashlib.sha256(
        bound.encode('utf-16-le')).digest(), CANNOT_OPEN, 'not bound to this document')
    key = inner[16:16 + length - 32]
    need(int.from_bytes(key[:2], 'little') == len(key), CANNOT_OPEN, 'length of the key')
    if document.kind not in ('RAC', 'CLC'):
        return key[12:]
    made = openssl(['rsa', '-inform', 'MSBLOB'], key[8:])
    modulus = openssl(['rsa', '-noout', '-modulus'], made).decode().split('=')[1]
    need(int(modulus, 16) == document.subject[0], CANNOT_OPEN, 'not the key that the document certifies')
    return made


def main(arguments):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--legacy', action='store_true')
    parser.add_argument('--at')
    parser.add_argument('--revocation', action='append', default=[])
    parser.add_argument('--open')
    parser.add_argument('--out')
    parser.add_argument('anchor')
    parser.add_argument('files', nargs='+')
    given = parser.parse_args(arguments)

    def read(name):
        with open(name, encoding='utf-8', newline='') as file:
            return file.read()

    try:
        chain = [d for name in given.files for d in documents(read(name))]
        lists = Lists([d for name in given.revocation for d in documents(read(name))], given.legacy)
        check(anchors(read(given.anchor)), chain, lists, given.legacy, given.at)
        if given.open:
            key = open_sealed(chain[0], given.open)
            print('opened: %d octets, SHA-256 %s' % (len(key), hashlib.sha256(key).hexdigest()))
            if given.out:
                with open(given.out, 'wb') as file:
                    file.write(key)
    except Refused as why:
        print('cannot be opened: %s' % why if why.code == CANNOT_OPEN else
              'refused: test %d: %s' % (why.code - FORM + 1, why))
        return why.code
    except OSError as why:
        sys.exit('%s: %s' % (why.filename, why.strerror))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ET.ParseError) as why:
        print('refused: %s' % why)
        return FORM
    print('valid')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
