#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts a private RSA key into a token: it decrypts, and signs only if told so.
What an administrator's own import would do; privyseal imports no keys.

usage: put_key.py [--sign] MODULE TOKEN PIN LABEL KEY.pem
"""
import ctypes
import re
import subprocess
import sys

OK, USER, RW_SERIAL = 0, 1, 0x6
FUNCTIONS = {'C_Initialize': 0, 'C_Finalize': 1, 'C_GetSlotList': 4, 'C_GetTokenInfo': 6, 'C_OpenSession': 12,
             'C_Login': 18, 'C_CreateObject': 20}
CLASS, TOKEN, PRIVATE, LABEL, KEY_TYPE, ID, SENSITIVE, DECRYPT, UNWRAP, SIGN, SIGN_RECOVER, DERIVE, EXTRACTABLE = (
    0, 1, 2, 3, 0x100, 0x102, 0x103, 0x105, 0x107, 0x108, 0x109, 0x10c, 0x162)
PRIVATE_KEY, RSA = 3, 0
# CKA_MODULUS to CKA_COEFFICIENT, by openssl's names.
NUMBERS = {0x120: 'modulus', 0x122: 'publicExponent', 0x123: 'privateExponent', 0x124: 'prime1', 0x125: 'prime2',
           0x126: 'exponent1', 0x127: 'exponent2', 0x128: 'coefficient'}


class Attribute(ctypes.Structure):
    _fields_ = [('type', ctypes.c_ulong), ('value', ctypes.c_char_p), ('length', ctypes.c_ulong)]


def numbers(pem):
    text = subprocess.run(['openssl', 'rsa', '-in', pem, '-noout', '-text'], check=True, capture_output=True,
                          text=True).stdout
    found = {name: int(''.join(digits.split()).replace(':', ''), 16)
             for name, digits in re.findall(r'^(\w+):\n((?: +[0-9a-f:]+\n)+)', text, re.M)}
    found['publicExponent'] = 65537
    return {kind: found[name].to_bytes((found[name].bit_length() + 7) // 8, 'big') for kind, name in NUMBERS.items()}


def main(sign, module, token, pin, label, pem):
    functions = ctypes.c_void_p()
    if ctypes.CDLL(module).C_GetFunctionList(ctypes.byref(functions)) != OK:
        sys.exit('put_key.py: no Cryptoki module: ' + module)

    def call(name, *arguments):
        at = ctypes.cast(functions, ctypes.POINTER(ctypes.c_void_p))[1 + FUNCTIONS[name]]
        rv = ctypes.CFUNCTYPE(ctypes.c_ulong, *[type(a) for a in arguments])(at)(*arguments)
        if rv != OK:
            sys.exit('put_key.py: %s: 0x%x' % (name, rv))

    ulong, pointer = ctypes.c_ulong, ctypes.c_void_p
    call('C_Initialize', pointer())
    slots, count = (ulong * 64)(), ulong(64)
    call('C_GetSlotList', ctypes.c_ubyte(1), ctypes.cast(slots, pointer), ctypes.cast(ctypes.pointer(count), pointer))
    for slot in slots[:count.value]:
        info = ctypes.create_string_buffer(512)
        call('C_GetTokenInfo', ulong(slot), ctypes.cast(info, pointer))
        if info.raw[:32].decode().rstrip() == token:
            break
    else:
        sys.exit('put_key.py: no token ' + token)
    session = ulong()
    call('C_OpenSession', ulong(slot), ulong(RW_SERIAL), pointer(), pointer(),
         ctypes.cast(ctypes.pointer(session), pointer))
    call('C_Login', session, ulong(USER), ctypes.c_char_p(pin.encode()), ulong(len(pin)))
    values = numbers(pem)
    values.update({CLASS: bytes(ulong(PRIVATE_KEY)), KEY_TYPE: bytes(ulong(RSA)), LABEL: label.encode(),
                   ID: label.encode(), SIGN: bytes([sign])})
    values.update((kind, b'\1') for kind in (TOKEN, PRIVATE, SENSITIVE, DECRYPT))
    values.update((kind, b'\0') for kind in (UNWRAP, SIGN_RECOVER, DERIVE, EXTRACTABLE))
    template = (Attribute * len(values))(*[Attribute(kind, value, len(value)) for kind, value in values.items()])
    call('C_CreateObject', session, ctypes.cast(template, pointer), ulong(len(values)),
         ctypes.cast(ctypes.pointer(ulong()), pointer))
    call('C_Finalize', pointer())


if __name__ == '__main__':
    words = [word for word in sys.argv[1:] if word != '--sign']
    if len(words) != 5:
        sys.exit(__doc__)
    main('--sign' in sys.argv, *words)
