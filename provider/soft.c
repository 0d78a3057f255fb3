/* SPDX-License-Identifier: Apache-2.0 */
/* Software operations in library contexts of the provider's own. */
#include "soft.h"

#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { CONTEXTS = 2, QUERY_SIZE = 256 };

void prov_soft_init(struct prov_soft *soft, const OSSL_CORE_HANDLE *handle,
                    const OSSL_DISPATCH *dispatch)
{
    memset(soft, 0, sizeof(*soft));
    prov_hashers_init(&soft->hashers);
    (void)pthread_mutex_init(&soft->lock, NULL);
    soft->child = OSSL_LIB_CTX_new_child(handle, dispatch);
}

void prov_soft_clear(struct prov_soft *soft)
{
    prov_hashers_clear(&soft->hashers);
    for (size_t i = 0; i < PROV_SOFT_DIGESTS; i++)
        EVP_MD_free(atomic_load(&soft->digests[i]));
    OSSL_LIB_CTX_free(soft->own);
    OSSL_LIB_CTX_free(soft->child);
    (void)pthread_mutex_destroy(&soft->lock);
}

/* A context without a configuration has the default provider by itself. */
static OSSL_LIB_CTX *own_context(struct prov_soft *soft)
{
    OSSL_LIB_CTX *own;

    (void)pthread_mutex_lock(&soft->lock);
    if (soft->own == NULL)
        soft->own = OSSL_LIB_CTX_new();
    own = soft->own;
    (void)pthread_mutex_unlock(&soft->lock);
    return own;
}

/* The n-th context to try; NULL means that there is none. */
static OSSL_LIB_CTX *context(struct prov_soft *soft, int n)
{
    return n == 0 ? soft->child : own_context(soft);
}

static EVP_MD *fetch_md(struct prov_soft *soft, const char *name,
                        const char *properties)
{
    char query[QUERY_SIZE] = PROV_NOT_OURS;
    EVP_MD *md = NULL;

    if (properties != NULL &&
        snprintf(query, sizeof(query), "%s,%s", PROV_NOT_OURS, properties) >=
            (int)sizeof(query))
        return NULL;
    for (int n = 0; n < CONTEXTS && md == NULL; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        md = ctx != NULL ? EVP_MD_fetch(ctx, name, query) : NULL;
    }
    return md;
}

EVP_MD *prov_soft_kept(struct prov_soft *soft, const struct prov_digest *digest)
{
    return atomic_load_explicit(&soft->digests[prov_digest_index(digest)],
                                memory_order_acquire);
}

EVP_MD *prov_soft_md(struct prov_soft *soft, const struct prov_digest *digest,
                     const char *properties)
{
    struct prov_digest_name name = prov_digest_name(digest);
    _Atomic(EVP_MD *) *slot = &soft->digests[prov_digest_index(digest)];
    EVP_MD *md, *expected = NULL;

    if (properties != NULL && *properties != '\0')
        return fetch_md(soft, name.text, properties);
    md = atomic_load(slot);
    if (md == NULL) {
        md = fetch_md(soft, name.text, NULL);
        if (md == NULL)
            return NULL;
        if (!atomic_compare_exchange_strong(slot, &expected, md)) {
            EVP_MD_free(md);
            md = expected;
        }
    }
    return EVP_MD_up_ref(md) == 1 ? md : NULL;
}

EVP_PKEY_CTX *prov_soft_generate(struct prov_soft *soft, const char *type)
{
    EVP_PKEY_CTX *pctx = NULL;

    for (int n = 0; n < CONTEXTS && pctx == NULL; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        if (ctx != NULL)
            pctx = EVP_PKEY_CTX_new_from_name(ctx, type, PROV_NOT_OURS);
    }
    return pctx;
}

EVP_PKEY *prov_soft_key(struct prov_soft *soft, const char *type, int selection,
                        const OSSL_PARAM *params)
{
    EVP_PKEY_CTX *pctx = prov_soft_generate(soft, type);
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *readable; /* fromdata lacks a const, and changes nothing */

    memcpy(&readable, &params, sizeof(readable));
    if (pctx == NULL || EVP_PKEY_fromdata_init(pctx) != 1 ||
        EVP_PKEY_fromdata(pctx, &pkey, selection, readable) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(pctx);
    return pkey;
}

EVP_PKEY_CTX *prov_soft_use(struct prov_soft *soft, EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *pctx = NULL;

    for (int n = 0; n < CONTEXTS && pctx == NULL; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        if (ctx != NULL)
            pctx = EVP_PKEY_CTX_new_from_pkey(ctx, pkey, PROV_NOT_OURS);
    }
    return pctx;
}

static EVP_PKEY *decode_certificate(OSSL_LIB_CTX *ctx, const uint8_t *der,
                                    size_t len)
{
    X509 *cert = X509_new_ex(ctx, PROV_NOT_OURS);
    EVP_PKEY *pkey = NULL;

    if (cert != NULL && d2i_X509(&cert, &der, (long)len) != NULL)
        pkey = X509_get_pubkey(cert);
    X509_free(cert);
    return pkey;
}

EVP_PKEY *prov_soft_decode(struct prov_soft *soft, const uint8_t *der,
                           size_t len, bool certificate)
{
    EVP_PKEY *pkey = NULL;

    for (int n = 0; n < CONTEXTS && pkey == NULL; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);
        const uint8_t *p = der;

        if (ctx == NULL)
            continue;
        pkey = certificate
                   ? decode_certificate(ctx, der, len)
                   : d2i_PUBKEY_ex(NULL, &p, (long)len, ctx, PROV_NOT_OURS);
    }
    return pkey;
}

bool prov_soft_kdf(struct prov_soft *soft, const char *name,
                   const OSSL_PARAM *params, uint8_t *out, size_t len)
{
    EVP_KDF_CTX *kctx;
    EVP_KDF *kdf = NULL;
    bool ok;

    for (int n = 0; n < CONTEXTS && kdf == NULL; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        kdf = ctx != NULL ? EVP_KDF_fetch(ctx, name, PROV_NOT_OURS) : NULL;
    }
    kctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
    ok = kctx != NULL && EVP_KDF_derive(kctx, out, len, params) == 1;
    EVP_KDF_CTX_free(kctx);
    EVP_KDF_free(kdf);
    return ok;
}

EVP_MD_CTX *prov_soft_message(struct prov_soft *soft, EVP_PKEY *pkey,
                              bool signing, EVP_PKEY_CTX **pctx)
{
    EVP_MD_CTX *mctx = NULL;
    int ok = 0;

    for (int n = 0; n < CONTEXTS && ok != 1; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        EVP_MD_CTX_free(mctx);
        mctx = ctx != NULL ? EVP_MD_CTX_new() : NULL;
        if (mctx != NULL)
            ok = signing ? EVP_DigestSignInit_ex(mctx, pctx, NULL, ctx,
                                                 PROV_NOT_OURS, pkey, NULL)
                         : EVP_DigestVerifyInit_ex(mctx, pctx, NULL, ctx,
                                                   PROV_NOT_OURS, pkey, NULL);
    }
    if (ok == 1)
        return mctx;
    EVP_MD_CTX_free(mctx);
    return NULL;
}

bool prov_soft_random(struct prov_soft *soft, uint8_t *out, size_t len)
{
    for (int n = 0; n < CONTEXTS; n++) {
        OSSL_LIB_CTX *ctx = context(soft, n);

        if (ctx != NULL && RAND_bytes_ex(ctx, out, len, 0) == 1)
            return true;
    }
    return false;
}

bool prov_soft_hash(const EVP_MD *md, const struct prov_part parts[static 3],
                    uint8_t *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) == 1;

    for (int i = 0; i < 3 && ok; i++)
        ok = EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}
