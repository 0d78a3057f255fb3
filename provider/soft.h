/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software implementations: digests, random salts, public-key operations. They
 * come from a child of the application's library context and, where that lacks
 * an algorithm, from a private context with OpenSSL's default provider; never
 * from ourselves (property "privyseal.token").
 */
#ifndef PRIVYSEAL_PROV_SOFT_H
#define PRIVYSEAL_PROV_SOFT_H

#include <openssl/evp.h>
#include <openssl/types.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core.h"
#include "digest.h"
#include "hasher.h"

/* What our own algorithms bear and these must not. */
#define PROV_NOT_OURS "privyseal.token!=yes"

enum { PROV_SOFT_DIGESTS = 16 };

struct prov_soft {
    OSSL_LIB_CTX *child; /* NULL where it could not be made */
    OSSL_LIB_CTX *own;   /* made at first need */
    pthread_mutex_t lock;
    _Atomic(EVP_MD *) digests[PROV_SOFT_DIGESTS];
    struct prov_hashers hashers;
};

void prov_soft_init(struct prov_soft *soft, const OSSL_CORE_HANDLE *handle,
                    const OSSL_DISPATCH *dispatch);
void prov_soft_clear(struct prov_soft *soft);

/* The digest that is kept, of any provider; NULL where it was not fetched yet.
 * Borrowed. */
EVP_MD *prov_soft_kept(struct prov_soft *soft,
                       const struct prov_digest *digest);

/* Returns new (up-refs a cached one where properties is NULL or empty). */
EVP_MD *prov_soft_md(struct prov_soft *soft, const struct prov_digest *digest,
                     const char *properties);

/* A key made of params; selection as EVP_PKEY_fromdata has it. Returns new. */
EVP_PKEY *prov_soft_key(struct prov_soft *soft, const char *type, int selection,
                        const OSSL_PARAM *params);

/* A context to use pkey, or to generate a key of type. Returns new. */
EVP_PKEY_CTX *prov_soft_use(struct prov_soft *soft, EVP_PKEY *pkey);
EVP_PKEY_CTX *prov_soft_generate(struct prov_soft *soft, const char *type);

/* The public key of a SubjectPublicKeyInfo, or of a certificate. Returns new,
 * or NULL. */
EVP_PKEY *prov_soft_decode(struct prov_soft *soft, const uint8_t *der,
                           size_t len, bool certificate);

/* Runs a key derivation function. False where there is none of this name or
 * it does not take params. */
bool prov_soft_kdf(struct prov_soft *soft, const char *name,
                   const OSSL_PARAM *params, uint8_t *out, size_t len);

/* A context to sign or verify a whole message with pkey; *pctx borrows its
 * settings. Returns new, or NULL. */
EVP_MD_CTX *prov_soft_message(struct prov_soft *soft, EVP_PKEY *pkey,
                              bool signing, EVP_PKEY_CTX **pctx);

bool prov_soft_random(struct prov_soft *soft, uint8_t *out, size_t len);

/* Digest of up to three parts, each of which may be empty. */
struct prov_part {
    const void *data;
    size_t len;
};
bool prov_soft_hash(const EVP_MD *md, const struct prov_part parts[static 3],
                    uint8_t *out);

#endif
