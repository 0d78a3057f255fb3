#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""xrml_chain_verify against check_chain.py: both accept or both refuse, over
the real documents and over changed copies of them.

usage: chain_agrees.py CHAIN_VERDICT SAMPLES
"""
import base64
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
VERDICT, SAMPLES = sys.argv[1], sys.argv[2]
CHAINS = ['4 5 6 7', '1 4 5 6 7', '2 1 4 5 6 7', '0 1 4 5 6 7', '3 4 5 6 7',
          '4 6 7', '5 4 6 7', '4 5 6', '0 4 5 6 7', '7 6 5 4', '5 6 7 7']
CHANGES_A_CHAIN = 8


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


def accepted(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode < 0 or not done.stdout.strip():
        sys.exit('%s: %d %s' % (command, done.returncode, done.stderr))
    return done.returncode == 0


def agree(folder, anchor, texts, strict, what):
    names = []
    for number, text in enumerate([anchor] + texts):
        names.append(os.path.join(folder, 'file-%d' % number))
        with open(names[-1], 'w', encoding='utf-8', newline='') as file:
            file.write(text)
    ours = accepted([VERDICT, '--strict' if strict else '--legacy'] + names)
    theirs = accepted([sys.executable, os.path.join(HERE, 'check_chain.py')] +
                      ([] if strict else ['--legacy']) + names)
    if ours != theirs:
        sys.exit('%s: privyseal says %s, the checker %s' % (what, ours, theirs))
    return ours


def change(text, chance):
    start, end = text.index('<BODY'), text.index('</XrML>')
    at = chance.randrange(start, end)
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1:], at


def main():
    chance = random.Random(8)
    counts = [0, 0]

    def read(name):
        with open(os.path.join(SAMPLES, name), encoding='utf-8', newline='') as file:
            return file.read()

    sets = [[read('mode1-chain/chain-%s.xml' % n) for n in c.split()] for c in CHAINS]
    for name in sorted(os.listdir(os.path.join(SAMPLES, 'spec-examples'))):
        if 'ERD' not in name:
            sets.append([read('spec-examples/' + name)])
    for name in sorted(os.listdir(os.path.join(SAMPLES, 'synthetic'))):
        sets.append([read('synthetic/' + name)])
    with tempfile.TemporaryDirectory(dir='.') as folder:
        root = pem_of_issuer(read('mode1-chain/chain-7.xml'))
        for texts in sets:
            anchor = root if len(texts) > 1 else pem_of_issuer(texts[0])
            what = texts[0][:200]
            counts[agree(folder, anchor, texts, False, what)] += 1
            counts[agree(folder, anchor, texts, True, what)] += 1
            for _ in range(CHANGES_A_CHAIN if len(texts) != 3 else 1):
                copy = list(texts)
                which = chance.randrange(len(copy))
                copy[which], at = change(copy[which], chance)
                if agree(folder, anchor, copy, False, '%s at %d' % (what, at)):
                    sys.exit('%s: a change at %d was accepted by both' % (what, at))
                counts[0] += 1
    print('%d accepted, %d refused by both' % (counts[1], counts[0]))
    return 0 if counts[1] >= 12 else 1


if __name__ == '__main__':
    if not os.path.isdir(SAMPLES):
        print('skipped: the real documents are not here')
        sys.exit(77)
    sys.exit(main())
