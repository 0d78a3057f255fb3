#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The private RSA key that decrypts, out of the folder of a token of tests/fault,
which protects nothing: what an administrator has who may export his key.

usage: fault_key.py FOLDER > KEY.der
"""
import glob
import os
import struct
import sys

CLASS, DECRYPT, MODULUS = 0, 0x105, 0x120
# The numbers of a key in the order of RSAPrivateKey; 0x121 is CKA_MODULUS_BITS.
NUMBERS = (MODULUS, 0x122, 0x123, 0x124, 0x125, 0x126, 0x127, 0x128)
MAGIC = b'privyseal-fault objects 1\n'


def objects(path):
    data = open(path, 'rb').read()
    if not data.startswith(MAGIC):
        return
    at = len(MAGIC)

    def number():
        nonlocal at
        at += 8
        return struct.unpack_from('=Q', data, at - 8)[0]
    for _ in range(number()):
        number()
        found = {}
        for _ in range(number()):
            kind, size = number(), number()
            found[kind] = data[at:at + size]
            at += size
        yield found


def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else b'\x82' + size.to_bytes(2, 'big')
    return bytes([tag]) + length + content



def number_octets(octets):
    octets = octets.lstrip(b'\0')
    return (b'\0' if octets[0] & 0x80 else b'') + octets


keys = [key for path in glob.glob(os.path.join(sys.argv[1], '**'), recursive=True) if os.path.isfile(path)
        for key in objects(path) if key.get(CLASS, b'\0')[0] == 3 and key.get(DECRYPT) == b'\1' and MODULUS in key]
if len(keys) != 1:
    sys.exit('fault_key.py: %d keys that decrypt' % len(keys))
sys.stdout.buffer.write(der(0x30, der(2, b'\0') + b''.join(
    der(2, number_octets(keys[0][kind])) for kind in NUMBERS)))
