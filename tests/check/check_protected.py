#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Protected files by another implementation, from docs/formats/protected.md:
HKDF by hand over hmac, GCM by hand (counter mode and GHASH) over single blocks
of AES from the openssl command.

  check_protected.py --table         prints the rows of test_protected.c
  check_protected.py --check FILE    whether FILE has them
  check_protected.py KEYHEX FILE     opens a protected file, content to stdout
"""
import hashlib
import hmac
import struct
import subprocess
import sys

MAGIC = b"\x89PVS\r\n\x1a\n"
CHUNK = 65536
TAG = 16
INFO = b"privyseal protected file 1"


class Bad(Exception):
    pass


def aes_blocks(key, blocks):
    return subprocess.run(
        ["openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex()],
        input=blocks, stdout=subprocess.PIPE, check=True).stdout


def hkdf(salt, secret):
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(prk, INFO + b"\x01", hashlib.sha256).digest()


def table(h):
    """h times each value of each octet: sixteen look-ups a product."""
    poly = 0xE1 << 120
    powers = []
    value = h
    for _ in range(128):
        powers.append(value)
        value = value >> 1 ^ poly if value & 1 else value >> 1
    rows = []
    for octet in range(16):
        row = []
        for value in range(256):
            product = 0
            for bit in range(8):
                if value & 0x80 >> bit:
                    product ^= powers[octet * 8 + bit]
            row.append(product)
        rows.append(row)
    return rows


def ghash(rows, data):
    y = 0
    for at in range(0, len(data), 16):
        y ^= int.from_bytes(data[at:at + 16], "big")
        product = 0
        for octet, value in enumerate(y.to_bytes(16, "big")):
            product ^= rows[octet][value]
        y = product
    return y


def padded(data):
    return data + bytes(-len(data) % 16)


class Gcm:
    def __init__(self, key):
        self.key = key
        self.rows = table(int.from_bytes(aes_blocks(key, bytes(16)), "big"))

    def stream(self, nonce, size):
        count = 1 + (size + 15) // 16
        blocks = b"".join(nonce + struct.pack(">I", i + 1)
                          for i in range(count))
        out = aes_blocks(self.key, blocks)
        return out[:16], out[16:16 + size]

    def tag(self, first, aad, text):
        lengths = struct.pack(">QQ", len(aad) * 8, len(text) * 8)
        y = ghash(self.rows, padded(aad) + padded(text) + lengths)
        return (y ^ int.from_bytes(first, "big")).to_bytes(16, "big")

    def xor(self, text, stream):
        size = len(text)
        return (int.from_bytes(text, "big")
                ^ int.from_bytes(stream, "big")).to_bytes(size, "big")

    def seal(self, nonce, aad, plain):
        first, stream = self.stream(nonce, len(plain))
        text = self.xor(plain, stream)
        return text + self.tag(first, aad, text)

    def open(self, nonce, aad, sealed):
        if len(sealed) < TAG:
            raise Bad("a chunk without its tag")
        text, tag = sealed[:-TAG], sealed[-TAG:]
        first, stream = self.stream(nonce, len(text))
        if not hmac.compare_digest(tag, self.tag(first, aad, text)):
            raise Bad("a chunk is not authentic")
        return self.xor(text, stream)


def nonce_of(number, last):
    return bytes(3) + struct.pack(">QB", number, 1 if last else 0)


def write(key, salt, chain, content):
    head = MAGIC + struct.pack(">HHII", 1, 1, CHUNK, len(chain)) + salt + chain
    aad = hashlib.sha256(head).digest()
    gcm = Gcm(hkdf(salt, key))
    out = [head]
    parts = [content[i:i + CHUNK] for i in range(0, len(content), CHUNK)]
    parts = parts or [b""]
    for number, part in enumerate(parts):
        out.append(gcm.seal(nonce_of(number, number + 1 == len(parts)), aad,
                            part))
    return b"".join(out)


def read(key, octets):
    if len(octets) < 52 or octets[:8] != MAGIC:
        raise Bad("no protected file")
    version, suite, chunk, size = struct.unpack(">HHII", octets[8:20])
    if (version, suite, chunk) != (1, 1, CHUNK):
        raise Bad("another version")
    head, rest = octets[:52 + size], octets[52 + size:]
    aad = hashlib.sha256(head).digest()
    gcm = Gcm(hkdf(octets[20:52], key))
    full = CHUNK + TAG
    parts = [rest[i:i + full] for i in range(0, len(rest), full)]
    out = []
    for number, part in enumerate(parts):
        plain = gcm.open(nonce_of(number, number + 1 == len(parts)), aad, part)
        if not plain and number > 0:
            raise Bad("an empty chunk behind content")
        out.append(plain)
    if not parts:
        raise Bad("no chunk")
    return b"".join(out)


SIZES = [0, 1, 16, 65535, 65536, 65537, 131072, 200000]


def rows():
    key = bytes(range(1, 33))
    salt = bytes(range(100, 132))
    for size in SIZES:
        content = bytes((i * 7 + i // 251) & 0xFF for i in range(size))
        whole = write(key, salt, b"<XrML/>", content)
        assert read(key, whole) == content
        yield '{%d, "%s"},' % (size, hashlib.sha256(whole).hexdigest())


def main(arguments):
    if arguments == ["--table"]:
        print("\n".join(rows()))
        return 0
    if len(arguments) == 2 and arguments[0] == "--check":
        with open(arguments[1], encoding="utf-8") as file:
            text = "".join(file.read().split()).replace('""', "")
        wrong = [row for row in rows() if "".join(row.split()) not in text]
        print("\n".join(wrong) if wrong else
              "%d protected files agree" % len(SIZES))
        return 1 if wrong else 0
    if len(arguments) == 2:
        with open(arguments[1], "rb") as file:
            sys.stdout.buffer.write(read(bytes.fromhex(arguments[0]),
                                         file.read()))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Bad as bad:
        print("check_protected: %s" % bad, file=sys.stderr)
        sys.exit(1)
