/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context of one signature or verification: key, settings, and what came
 * of a message so far. All that return int: 1, or 0 and one error raised.
 */
#ifndef PRIVYSEAL_PROV_SIGCTX_H
#define PRIVYSEAL_PROV_SIGCTX_H

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keytype.h"
#include "message.h"

/* An algorithm that names key type, digest and form all in one. */
struct prov_sigalg {
    const char *digest; /* NULL: none */
    int variant;        /* as in struct prov_scheme */
};

struct prov_sigctx {
    struct prov_scheme scheme;
    const struct prov_sigalg *alg; /* NULL: parameters decide */
    EVP_MD_CTX *hash; /* of a message that comes in parts, or NULL */
    char *properties; /* for the digest, or NULL */
    struct prov_message message;
    uint8_t *expected; /* a signature to be verified at the end, or NULL */
    size_t expected_len;
    bool is_message; /* the message is given, not its digest */
    bool signing;
};

/* Returns new, or NULL and raises. */
struct prov_sigctx *prov_sigctx_new(struct prov *prov, const char *propq,
                                    const struct prov_sigalg *alg);
void prov_sigctx_free(struct prov_sigctx *ctx);
struct prov_sigctx *prov_sigctx_dup(const struct prov_sigctx *from);

int prov_sigctx_set(struct prov_sigctx *ctx, const OSSL_PARAM *params);
int prov_sigctx_get(struct prov_sigctx *ctx, OSSL_PARAM *params);

/* Begins with key (NULL: the one of before, its settings included). */
int prov_sigctx_begin(struct prov_sigctx *ctx, struct prov_key *key,
                      bool signing, const OSSL_PARAM *params);

/* The same for a message that is hashed here or signed whole. mdname NULL or
 * empty: the type's own digest. */
int prov_sigctx_begin_message(struct prov_sigctx *ctx, const char *mdname,
                              struct prov_key *key, bool signing,
                              const OSSL_PARAM *params);

/* Takes a part of the message. */
int prov_sigctx_add(struct prov_sigctx *ctx, const uint8_t *data, size_t len);

/* What is to be signed or verified; the digest, if any, is put into value,
 * which must live as long as input. Of all parts added: */
int prov_sigctx_end(struct prov_sigctx *ctx, struct prov_input *input,
                    uint8_t value[static PROV_DIGEST_MAX]);
/* Of a message that is given at once: */
int prov_sigctx_all(struct prov_sigctx *ctx, const uint8_t *data, size_t len,
                    struct prov_input *input,
                    uint8_t value[static PROV_DIGEST_MAX]);

#endif
