/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: see xrml_hash.h. */
#include "xrml_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "xml_text.h"

enum { DIGESTS = 2, CHUNK = 1024 };

static const struct xrml_digest_row rows[DIGESTS] = {
    [XRML_SHA1] = {.name = "SHA1",
                   .fetched = "SHA1",
                   .octets = 20,
                   .legacy = true},
    [XRML_SHA256] = {.name = "SHA256", .fetched = "SHA256", .octets = 32},
};

/* Made once, kept as long as the process lives. */
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static OSSL_LIB_CTX *context;
static EVP_MD *methods[DIGESTS];

static void fetch(void)
{
    context = OSSL_LIB_CTX_new();
    for (size_t i = 0; context != NULL && i < DIGESTS; i++)
        methods[i] = EVP_MD_fetch(context, rows[i].fetched, NULL);
}

const struct xrml_digest_row *xrml_digest_row(enum xrml_digest digest)
{
    return &rows[digest];
}

bool xrml_digest_find(const char *name, size_t len, enum xrml_digest *out)
{
    for (size_t i = 0; i < DIGESTS; i++) {
        if (strlen(rows[i].name) != len || memcmp(rows[i].name, name, len) != 0)
            continue;
        *out = (enum xrml_digest)i;
        return true;
    }
    return false;
}

const EVP_MD *xrml_digest_md(enum xrml_digest digest)
{
    return CRYPTO_THREAD_run_once(&once, fetch) == 1 ? methods[digest] : NULL;
}

bool xrml_hash(enum xrml_digest digest, const void *data, size_t len,
               uint8_t hash[static XRML_HASH_MAX])
{
    const EVP_MD *md = xrml_digest_md(digest);

    return md != NULL && EVP_Digest(data, len, hash, NULL, md, NULL) == 1;
}

/* The end of the last whole character in the first CHUNK octets from at. */
static size_t chunk_end(const char *text, size_t len, size_t at)
{
    size_t end = at + CHUNK;

    if (end >= len)
        return len;
    while (end > at && ((uint8_t)text[end] & 0xc0) == 0x80)
        end--;
    return end == at ? at + CHUNK : end;
}

bool xrml_hash_utf16le(enum xrml_digest digest, const char *text, size_t len,
                       uint8_t hash[static XRML_HASH_MAX])
{
    const EVP_MD *md = xrml_digest_md(digest);
    EVP_MD_CTX *ctx = md == NULL ? NULL : EVP_MD_CTX_new();
    uint8_t units[2 * CHUNK];
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1;

    for (size_t at = 0; ok && at < len;) {
        size_t end = chunk_end(text, len, at);
        size_t octets = xml_utf16le(text + at, end - at, units);
        ok = octets != SIZE_MAX && EVP_DigestUpdate(ctx, units, octets) == 1;
        at = end;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}
