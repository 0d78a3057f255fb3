#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Publishing licenses of a server whose key lies in a file, as its own programs
would make them: by the openssl command and nothing of privyseal.

usage: publish.py [--v1] [--sha1] [--damaged] KEY.pem CHAIN OWNER USER OUT
       publish.py --mode1 CHAIN KEY.pem OUT

CHAIN begins with the server's certificate. OUT has the license, which grants
VIEW to USER, and CHAIN; OUT.key the content key as hexadecimal digits. --v1:
its content key is a "sealed-key"; --sha1: its signature is of SHA-1; --damaged:
what is sealed is bound to something else.

--mode1: the same certificates as CHAIN with other keys, in cryptographic mode 1:
RSA-1024, SHA-1. KEY.pem gets the key of the first.
"""
import base64
import hashlib
import os
import re
import subprocess
import sys
import time
import uuid


def openssl(arguments, data=b''):
    return subprocess.run(['openssl'] + arguments, input=data, stdout=subprocess.PIPE, check=True).stdout


def value(octets, bits=None):
    return '<VALUE encoding="base64" size="%d">%s</VALUE>' % (bits or len(octets) * 8,
                                                              base64.b64encode(octets).decode())


def signed(body, pem, digest):
    octets = body.encode('utf-16-le')
    signature = openssl(['dgst', '-' + digest, '-sign', pem], octets)
    return ('<XrML xmlns="" version="1.2">' + body + '<SIGNATURE><DIGEST><ALGORITHM>' + digest.upper() +
            '</ALGORITHM><PARAMETER name="codingtype"><VALUE encoding="string">surface-coding</VALUE></PARAMETER>' +
            value(hashlib.new(digest, octets).digest()) + '</DIGEST><ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>' +
            value(signature) + '</SIGNATURE></XrML>')


def public_key(pem):
    n = int(openssl(['rsa', '-in', pem, '-noout', '-modulus']).decode().split('=')[1], 16)
    return ('<PUBLICKEY><ALGORITHM>RSA</ALGORITHM><PARAMETER name="public-exponent"><VALUE encoding="integer32">65537'
            '</VALUE></PARAMETER><PARAMETER name="modulus">' + value(n.to_bytes((n.bit_length() + 7) // 8, 'little')) +
            '</PARAMETER></PUBLICKEY>')


def padded(octets):
    return octets + bytes(-len(octets) % 16)


def ecb(key, data):
    return openssl(['enc', '-aes-%d-ecb' % (len(key) * 8), '-nopad', '-K', key.hex()], padded(data))


def key_header(size):
    """MS-RMPR 2.2.9.1.13: length, ECB, bits, block, flags of AES."""
    return (12 + size).to_bytes(2, 'little') + b'\xff\xff' + (8 * size).to_bytes(2, 'little') + bytes.fromhex(
        '1000 01100000')


def sealed(key, element, pem, version):
    """A content key, by docs/formats/sealed.md."""
    session = os.urandom(16)
    digest, padding = {1: ('sha1', 'pkcs1'), 2: ('sha256', 'oaep')}[version]
    part = key_header(len(key)) + key + hashlib.new(digest, element.encode('utf-16-le')).digest()
    outer = openssl(['pkeyutl', '-encrypt', '-inkey', pem, '-pkeyopt', 'rsa_padding_mode:' + padding],
                    key_header(16) + session)
    return outer + ecb(session, version.to_bytes(4, 'little') + len(part).to_bytes(4, 'little') + bytes(8) + part)


def publish(options, pem, chain, owner, user, out):
    above = open(chain, encoding='utf-8').read()
    server = re.search('<ISSUEDPRINCIPALS><PRINCIPAL[^>]*>(.*?)</PRINCIPAL>', above, re.S).group(1)
    now = time.strftime('%Y-%m-%dT%H:%M', time.gmtime())
    work = ('<OBJECT><ID type="MS-GUID">{%s}</ID></OBJECT><METADATA><OWNER><OBJECT><ID type="Windows" /><NAME>%s'
            '</NAME></OBJECT></OWNER></METADATA>' % (uuid.uuid4(), owner))
    rights = ('<XrML xmlns="" version="1.2"><BODY type="Microsoft Rights Template" version="3.0"><ISSUEDTIME>%s'
              '</ISSUEDTIME><WORK>%s<RIGHTSGROUP name="Main-Rights"><RIGHTSLIST><VIEW><CONDITIONLIST><ACCESS>'
              '<PRINCIPAL><OBJECT><ID type="Unspecified" /><NAME>%s</NAME></OBJECT></PRINCIPAL></ACCESS>'
              '</CONDITIONLIST></VIEW></RIGHTSLIST></RIGHTSGROUP></WORK></BODY></XrML>' % (now, work, user))
    key = os.urandom(16)
    version = 1 if '--v1' in options else 2
    head, tail = '<ISSUEDPRINCIPALS><PRINCIPAL internal-id="1">' + server, '</PRINCIPAL></ISSUEDPRINCIPALS>'
    bits = sealed(key, head + ('!' if '--damaged' in options else '') + tail, pem, version)
    body = ('<BODY type="Microsoft Rights Label" version="3.0"><ISSUEDTIME>' + now + '</ISSUEDTIME><ISSUER>' + server +
            '</ISSUER>' + head + '<ENABLINGBITS type="sealed-key%s">' % ('-v2' if version == 2 else '') + value(bits) +
            '</ENABLINGBITS>' + tail + '<WORK>' + work + '</WORK><AUTHENTICATEDDATA id="Encrypted-Rights-Data">' +
            base64.b64encode(ecb(key, rights.encode('utf-16-le'))).decode() + '</AUTHENTICATEDDATA></BODY>')
    with open(out, 'w', encoding='utf-8', newline='') as file:
        file.write(signed(body, pem, 'sha1' if '--sha1' in options else 'sha256') + above)
    with open(out + '.key', 'w', encoding='ascii') as file:
        file.write(key.hex() + '\n')


def mode1(chain, pem, out):
    bodies = re.findall('<BODY[ >].*?</BODY>', open(chain, encoding='utf-8').read(), re.S)
    keys = [pem] + ['%s.%d' % (pem, n) for n in range(1, len(bodies) + 1)]
    for key in keys:
        openssl(['genrsa', '-out', key, '1024'])
    with open(out, 'w', encoding='utf-8', newline='') as file:
        for n, body in enumerate(bodies):
            for element, key in (('ISSUER', keys[n + 1]), ('ISSUEDPRINCIPALS', keys[n])):
                body, count = re.subn('(<%s>.*?)<PUBLICKEY>.*?</PUBLICKEY>' % element,
                                      lambda m, key=key: m.group(1) + public_key(key), body, count=1, flags=re.S)
                if count != 1:
                    sys.exit('publish.py: no key in ' + element)
            file.write(signed(body, keys[n + 1], 'sha1'))


if __name__ == '__main__':
    options = {word for word in sys.argv[1:] if word.startswith('--')}
    words = [word for word in sys.argv[1:] if not word.startswith('--')]
    if options == {'--mode1'} and len(words) == 3:
        mode1(*words)
    elif options <= {'--v1', '--sha1', '--damaged'} and len(words) == 5:
        publish(options, *words)
    else:
        sys.exit(__doc__)
