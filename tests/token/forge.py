#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs a changed document with a server's own key: what a server that does not
keep to the rules could do, which no command of ours does.

usage: forge.py KEY-URI ISSUER-CHAIN DOCUMENT OUT [PATTERN=TEXT]...

The first document of the file DOCUMENT gets the issuer that ISSUER-CHAIN
begins with, each PATTERN (a regular expression) of its BODY is replaced once,
and openssl signs it with KEY-URI. OUT holds it and ISSUER-CHAIN.
"""
import base64
import hashlib
import re
import subprocess
import sys


def main(uri, above, document, out, *changes):
    above = open(above, encoding='utf-8').read()
    text = open(document, encoding='utf-8').read()
    body = re.search('<BODY[ >].*?</BODY>', text, re.S).group()
    principal = re.search('<ISSUEDPRINCIPALS><PRINCIPAL[^>]*>(.*?)</PRINCIPAL></ISSUEDPRINCIPALS>', above, re.S).group(1)
    body = re.sub('<ISSUER>.*?</ISSUER>', lambda _: '<ISSUER>' + principal + '</ISSUER>', body, count=1, flags=re.S)
    for change in changes:
        pattern, new = change.split('=', 1)
        body, count = re.subn(pattern, lambda _, new=new: new, body, count=1, flags=re.S)
        if count != 1:
            sys.exit('forge.py: not in the document: ' + pattern)
    octets = body.encode('utf-16-le')
    digest = hashlib.sha256(octets).digest()
    signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', uri], input=octets, check=True,
                               stdout=subprocess.PIPE).stdout

    def value(octets):
        return '<VALUE encoding="base64" size="%d">%s</VALUE>' % (len(octets) * 8, base64.b64encode(octets).decode())
    with open(out, 'w', encoding='utf-8') as file:
        file.write('<XrML xmlns="" version="1.2">' + body + '<SIGNATURE><DIGEST><ALGORITHM>SHA256</ALGORITHM>'
                   '<PARAMETER name="codingtype"><VALUE encoding="string">surface-coding</VALUE></PARAMETER>' +
                   value(digest) + '</DIGEST><ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>' + value(signature) +
                   '</SIGNATURE></XrML>' + above)


if __name__ == '__main__':
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
