/* SPDX-License-Identifier: Apache-2.0 */
/* Types of key: the words of --type, names for people, Cryptoki's numbers. */
#ifndef PRIVYSEAL_TOOL_KEYTYPE_H
#define PRIVYSEAL_TOOL_KEYTYPE_H

#include "device.h"

enum { TOOL_TYPE_SIZE = 48, TOOL_PARAMS_MAX = 64 };

/* What --type may be, for tables of uses. */
#define TOOL_TYPES                                                            \
    "rsa:2048 (default), rsa:3072, rsa:4096, ec:CURVE (P-256, P-384, P-521, " \
    "secp256k1, brainpoolP256r1...), ed25519, ed448, x25519, x448, "          \
    "ml-dsa:44, 65 or 87, ml-kem:512, 768 or 1024"

/* --type into keygen; params keeps what keygen->ec_params points to. Unchanged
 * where it is not given. ISS_USAGE. */
ISS_CHECKED enum iss_status
tool_option_type(struct tool *tool, struct p11_keygen *keygen,
                 uint8_t params[static TOOL_PARAMS_MAX]);

/* "RSA-2048", "EC P-256", "Ed25519", "ML-DSA-65"; "CKK 0x.." where it is not
 * known. */
void tool_type_of_key(const struct p11_object *key,
                      char out[static TOOL_TYPE_SIZE]);
void tool_type_of_keygen(const struct p11_keygen *keygen,
                         char out[static TOOL_TYPE_SIZE]);

/* The uses that keys can have, as words for the rows of attributes; false at
 * the end. */
struct tool_use_of_key {
    CK_ATTRIBUTE_TYPE attribute;
    const char *word;
};
bool tool_use_at(size_t n, struct tool_use_of_key *out);

/* Whether the key may be used so: it is allowed, and its type can do it (some
 * tokens allow what makes no sense). */
bool tool_key_may(struct p11_object *key, CK_ATTRIBUTE_TYPE use);

#endif
