/* SPDX-License-Identifier: Apache-2.0 */
/* The curves that the fault module's token is tried with. */
#ifndef PRIVYSEAL_FAULT_CURVE_ROWS_H
#define PRIVYSEAL_FAULT_CURVE_ROWS_H

#include "tests/fault/newer.h"

#include <stddef.h>

static const struct row {
    const char *name; /* libcrypto's */
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE generate, sign; /* sign 0: derives only */
    size_t size;
    const char *printable;
    CK_BYTE oid_len, oid[12];
} rows[] = {
#define EC(name, printable, size, ...)                                       \
    {                                                                        \
        (name), CKK_EC, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, (size), (printable), \
            sizeof((CK_BYTE[]){__VA_ARGS__}),                                \
        {                                                                    \
            __VA_ARGS__                                                      \
        }                                                                    \
    }
    EC("prime256v1", "secp256r1", 32, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1,
       7),
    EC("secp384r1", "secp384r1", 48, 6, 5, 0x2b, 0x81, 4, 0, 0x22),
    EC("secp521r1", "secp521r1", 66, 6, 5, 0x2b, 0x81, 4, 0, 0x23),
    EC("secp256k1", "secp256k1", 32, 6, 5, 0x2b, 0x81, 4, 0, 0x0a),
    EC("brainpoolP256r1", "brainpoolP256r1", 32, 6, 9, 0x2b, 0x24, 3, 3, 2, 8,
       1, 1, 7),
    EC("brainpoolP512r1", "brainpoolP512r1", 64, 6, 9, 0x2b, 0x24, 3, 3, 2, 8,
       1, 1, 13),
    {"ED25519",
     CKK_EC_EDWARDS,
     CKM_EC_EDWARDS_KEY_PAIR_GEN,
     CKM_EDDSA,
     32,
     "edwards25519",
     5,
     {6, 3, 0x2b, 0x65, 0x70}},
    {"ED448",
     CKK_EC_EDWARDS,
     CKM_EC_EDWARDS_KEY_PAIR_GEN,
     CKM_EDDSA,
     57,
     "edwards448",
     5,
     {6, 3, 0x2b, 0x65, 0x71}},
    {"X25519",
     CKK_EC_MONTGOMERY,
     CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
     0,
     32,
     "curve25519",
     5,
     {6, 3, 0x2b, 0x65, 0x6e}},
    {"X448",
     CKK_EC_MONTGOMERY,
     CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
     0,
     56,
     "curve448",
     5,
     {6, 3, 0x2b, 0x65, 0x6f}},
#undef EC
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

#endif
