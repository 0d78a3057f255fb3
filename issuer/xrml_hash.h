/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two hashes of XrML. They are computed in a private library context, so
 * that the identity of a document does not depend on the caller's providers.
 * Internal to xrml; thread-safe.
 */
#ifndef PRIVYSEAL_XRML_HASH_H
#define PRIVYSEAL_XRML_HASH_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xrml_digest { XRML_SHA1, XRML_SHA256 };

enum { XRML_HASH_MAX = 32 };

struct xrml_digest_row {
    const char *name;    /* in a document */
    const char *fetched; /* in libcrypto */
    size_t octets;
    bool legacy;
};

/* The row of a digest; static. */
const struct xrml_digest_row *xrml_digest_row(enum xrml_digest digest);
/* By the name in a document. False: none of ours. */
bool xrml_digest_find(const char *name, size_t len, enum xrml_digest *out);

/* The method, for EVP; NULL where libcrypto has none. Borrowed. */
const EVP_MD *xrml_digest_md(enum xrml_digest digest);

/* False: libcrypto refused, or text is not well-formed UTF-8. */
bool xrml_hash(enum xrml_digest digest, const void *data, size_t len,
               uint8_t hash[static XRML_HASH_MAX]);
bool xrml_hash_utf16le(enum xrml_digest digest, const char *text, size_t len,
                       uint8_t hash[static XRML_HASH_MAX]);

#endif
