/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys between tokens and OpenSSL. */
#ifndef PRIVYSEAL_TOOL_PUBKEY_H
#define PRIVYSEAL_TOOL_PUBKEY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkcs11/p11.h"

/* The public key of a token's object: of a public key or certificate, and of a
 * private key that tells, or whose public key or certificate does. Returns new,
 * NULL where there is none that is understood. */
EVP_PKEY *tool_pubkey_of(struct p11_object *object);

/* The attributes of a public key object that are its type's own: CKA_KEY_TYPE,
 * numbers, usage. */
enum { TOOL_PUBKEY_ATTRS = 6, TOOL_PUBKEY_ROOM = 4096 };

struct tool_pubkey_attrs {
    CK_ATTRIBUTE attrs[TOOL_PUBKEY_ATTRS];
    CK_ULONG count;
    uint8_t room[TOOL_PUBKEY_ROOM];
    size_t used;
};

/* Fills out, whose attrs point into itself; false where the type has none. */
bool tool_pubkey_attrs(const EVP_PKEY *pkey, struct tool_pubkey_attrs *out);

#endif
