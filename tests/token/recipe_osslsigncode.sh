#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Windows program is signed with a key of the token, by the recipe of the
# manual, and the signature verified without it.
. "${PRIVYSEAL_SOURCE:?set by ctest}/tests/token/recipe.sh"
recipe_begin osslsigncode
# The least that is a PE file: DOS header, PE32 headers, one empty section.
python3 - <<'END'
import struct
dos = b'MZ' + bytes(58) + struct.pack('<I', 64)
coff = b'PE\0\0' + struct.pack('<HHIIIHH', 0x14c, 1, 0, 0, 0, 224, 0x102)
optional = struct.pack('<HBBIIIIIIIIIHHHHHHIIIIHHIIIIII', 0x10b, 14, 0, 512, 0, 0,
                       4096, 4096, 8192, 0x400000, 4096, 512, 6, 0, 0, 0, 6, 0, 0,
                       8192, 512, 0, 3, 0, 0x100000, 4096, 0x100000, 4096, 0, 16)
section = b'.text\0\0\0' + struct.pack('<IIIIIIHHI', 512, 4096, 512, 512, 0, 0, 0, 0, 0x60000020)
head = dos + coff + optional + bytes(128) + section
open('setup.exe', 'wb').write(head + bytes(512 - len(head)) + bytes(512))
END
recipe_run osslsigncode
unset OPENSSL_CONF
osslsigncode verify -CAfile "$CERT" -in setup-signed.exe > verify.log 2>&1 ||
    fail "the signature is not good"
grep -q 'Number of verified signatures: 1' verify.log || fail "no signature"
# A changed file is refused, so that the check means something.
printf 'x' | dd of=setup-signed.exe bs=1 seek=600 conv=notrunc 2> /dev/null
! osslsigncode verify -CAfile "$CERT" -in setup-signed.exe > changed.log 2>&1 ||
    fail "a changed file passes"
