/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts of signatures: settings, and messages hashed on the host. */
#include "sigctx.h"

#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "key.h"
#include "prov.h"

struct prov_sigctx *prov_sigctx_new(struct prov *prov, const char *propq,
                                    const struct prov_sigalg *alg)
{
    struct prov_sigctx *ctx = calloc(1, sizeof(*ctx));

    if (ctx == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "signature context");
        return NULL;
    }
    ctx->scheme.prov = prov;
    ctx->alg = alg;
    prov_prime_repair(&prov->prime, propq);
    return ctx;
}

void prov_sigctx_free(struct prov_sigctx *ctx)
{
    if (ctx == NULL)
        return;
    prov_message_clear(&ctx->message);
    EVP_MD_CTX_free(ctx->hash);
    free(ctx->expected);
    free(ctx->properties);
    prov_key_free(ctx->scheme.key);
    free(ctx);
}

/* False without memory. */
static bool copy_rest(struct prov_sigctx *to, const struct prov_sigctx *from)
{
    bool ok = prov_message_copy(&to->message, &from->message);

    if (from->properties != NULL)
        ok = (to->properties = strdup(from->properties)) != NULL && ok;
    if (from->expected != NULL) {
        to->expected = malloc(from->expected_len);
        ok = to->expected != NULL && ok;
        if (to->expected != NULL)
            memcpy(to->expected, from->expected, from->expected_len);
    }
    if (from->hash != NULL)
        ok = (to->hash = EVP_MD_CTX_new()) != NULL &&
             EVP_MD_CTX_copy_ex(to->hash, from->hash) == 1 && ok;
    return ok;
}

struct prov_sigctx *prov_sigctx_dup(const struct prov_sigctx *from)
{
    struct prov *prov = from->scheme.prov;
    struct prov_sigctx *to = malloc(sizeof(*to));

    if (to != NULL) {
        *to = *from;
        to->hash = NULL;
        to->properties = NULL;
        to->expected = NULL;
        if (from->scheme.key != NULL)
            (void)prov_key_up_ref(from->scheme.key);
        if (copy_rest(to, from))
            return to;
    }
    prov_sigctx_free(to);
    prov_raise(&prov->core, CKR_HOST_MEMORY, "signature context");
    return NULL;
}

/* ---- parameters -------------------------------------------------------- */

static const struct prov_sig_ops *ops(const struct prov_sigctx *ctx)
{
    return ctx->scheme.key->type->signature;
}

static int set_digest(struct prov_sigctx *ctx, const char *name)
{
    const struct prov_digest *digest =
        name != NULL ? prov_digest_find(name) : NULL;

    if (ops(ctx)->whole)
        return name != NULL && *name == '\0'
                   ? 1
                   : prov_raise(&ctx->scheme.prov->core, CKR_MECHANISM_INVALID,
                                "%s: this key signs messages, not digests",
                                prov_key_name(ctx->scheme.key));
    if (digest == NULL)
        return prov_raise(&ctx->scheme.prov->core, CKR_MECHANISM_INVALID,
                          "signature: digest not known");
    if ((ctx->is_message || ctx->alg != NULL) && ctx->scheme.digest != NULL &&
        digest != ctx->scheme.digest)
        return prov_raise(&ctx->scheme.prov->core, CKR_OPERATION_ACTIVE,
                          "signature: the digest cannot change now");
    ctx->scheme.digest = digest;
    return 1;
}

static int set_digest_param(struct prov_sigctx *ctx, const OSSL_PARAM *param)
{
    const char *name = NULL;

    (void)OSSL_PARAM_get_utf8_string_ptr(param, &name);
    return set_digest(ctx, name);
}

/* The message API of OpenSSL 3.4 says beforehand what is to be verified. */
static int set_expected(struct prov_sigctx *ctx, const OSSL_PARAM *param)
{
    void *copy = NULL;
    size_t len = 0;

    if (OSSL_PARAM_get_octet_string(param, &copy, 0, &len) != 1)
        return prov_raise(&ctx->scheme.prov->core, CKR_ARGUMENTS_BAD,
                          "signature: no octets to be verified");
    free(ctx->expected);
    ctx->expected = malloc(len != 0 ? len : 1);
    ctx->expected_len = len;
    if (ctx->expected != NULL && len != 0)
        memcpy(ctx->expected, copy, len);
    OPENSSL_free(copy);
    return ctx->expected != NULL
               ? 1
               : prov_raise(&ctx->scheme.prov->core, CKR_HOST_MEMORY,
                            "signature to be verified");
}

/* What a named algorithm has fixed. */
static int refuse_fixed(struct prov_sigctx *ctx, const OSSL_PARAM *params)
{
    static const char *const fixed[] = {OSSL_SIGNATURE_PARAM_PAD_MODE,
                                        "instance"};

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (OSSL_PARAM_locate_const(params, fixed[i]) != NULL)
            return prov_raise(&ctx->scheme.prov->core, CKR_ARGUMENTS_BAD,
                              "signature: the algorithm was named, its %s "
                              "cannot change",
                              fixed[i]);
    }
    return 1;
}

int prov_sigctx_set(struct prov_sigctx *ctx, const OSSL_PARAM *params)
{
    const OSSL_PARAM *p;

    if (params == NULL || params[0].key == NULL)
        return 1;
    if (ctx->scheme.key == NULL)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_OPERATION_NOT_INITIALIZED, "signature: no key");
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PROPERTIES);
    if (p != NULL) {
        free(ctx->properties);
        ctx->properties =
            p->data != NULL ? strndup(p->data, p->data_size) : NULL;
    }
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
    if (p != NULL && set_digest_param(ctx, p) != 1)
        return 0;
    p = OSSL_PARAM_locate_const(params, "signature");
    if (p != NULL && set_expected(ctx, p) != 1)
        return 0;
    if (ctx->alg != NULL && refuse_fixed(ctx, params) != 1)
        return 0;
    return ops(ctx)->set_params(&ctx->scheme, params);
}

int prov_sigctx_get(struct prov_sigctx *ctx, OSSL_PARAM *params)
{
    OSSL_PARAM *p;

    if (params == NULL || ctx->scheme.key == NULL)
        return 1;
    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
    if (p != NULL && ctx->scheme.digest != NULL) {
        struct prov_digest_name name = prov_digest_name(ctx->scheme.digest);

        if (OSSL_PARAM_set_utf8_string(p, name.text) != 1)
            return prov_raise(&ctx->scheme.prov->core, CKR_BUFFER_TOO_SMALL,
                              "signature: no room for the digest's name");
    }
    return ops(ctx)->get_params(&ctx->scheme, params);
}

/* ---- keys -------------------------------------------------------------- */

static int take_key(struct prov_sigctx *ctx, struct prov_key *key)
{
    if (key->type->signature == NULL)
        return prov_raise(
            &ctx->scheme.prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
            "%s: keys of this type do not sign", prov_key_name(key));
    (void)prov_key_up_ref(key);
    prov_key_free(ctx->scheme.key);
    ctx->scheme.key = key;
    ctx->scheme.digest = NULL;
    ctx->scheme.variant = 0;
    ctx->scheme.context_len = 0;
    key->type->signature->init(&ctx->scheme);
    if (ctx->alg != NULL) {
        ctx->scheme.variant = ctx->alg->variant;
        if (ctx->alg->digest != NULL)
            ctx->scheme.digest = prov_digest_find(ctx->alg->digest);
    }
    return 1;
}

static int begin(struct prov_sigctx *ctx, struct prov_key *key, bool signing)
{
    EVP_MD_CTX_free(ctx->hash);
    ctx->hash = NULL;
    prov_message_clear(&ctx->message);
    ctx->is_message = false;
    ctx->signing = signing;
    if (key != NULL && take_key(ctx, key) != 1)
        return 0;
    if (ctx->scheme.key == NULL)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_OPERATION_NOT_INITIALIZED, "signature: no key");
    if (signing && !prov_key_is_private(ctx->scheme.key))
        return prov_raise(
            &ctx->scheme.prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
            "%s: a public key does not sign", prov_key_name(ctx->scheme.key));
    return 1;
}

int prov_sigctx_begin(struct prov_sigctx *ctx, struct prov_key *key,
                      bool signing, const OSSL_PARAM *params)
{
    if (begin(ctx, key, signing) != 1)
        return 0;
    if (ops(ctx)->whole)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_KEY_FUNCTION_NOT_PERMITTED,
                          "%s: this key signs messages (EVP_DigestSign), not "
                          "what was hashed before",
                          prov_key_name(ctx->scheme.key));
    return prov_sigctx_set(ctx, params);
}

/* ---- messages ---------------------------------------------------------- */

static int hash_failed(const struct prov *prov)
{
    return prov_raise(&prov->core, CKR_FUNCTION_FAILED,
                      "signature: hashing failed");
}

static bool is_plain(const struct prov_sigctx *ctx)
{
    return ctx->properties == NULL || *ctx->properties == '\0';
}

/* Fetches the digest, if that was not done before. */
static int check_digest(struct prov_sigctx *ctx)
{
    struct prov *prov = ctx->scheme.prov;
    EVP_MD *md;

    if (is_plain(ctx) &&
        prov_soft_kept(&prov->soft, ctx->scheme.digest) != NULL)
        return 1;
    prov_enter(prov);
    md = prov_soft_md(&prov->soft, ctx->scheme.digest, ctx->properties);
    EVP_MD_free(md);
    prov_leave(prov);
    return md != NULL ? 1
                      : prov_raise(&prov->core, CKR_MECHANISM_INVALID,
                                   "signature: no software implementation of "
                                   "%s",
                                   prov_digest_name(ctx->scheme.digest).text);
}

int prov_sigctx_begin_message(struct prov_sigctx *ctx, const char *mdname,
                              struct prov_key *key, bool signing,
                              const OSSL_PARAM *params)
{
    bool named = mdname != NULL && *mdname != '\0';
    size_t limit;

    if (begin(ctx, key, signing) != 1 ||
        (named && set_digest(ctx, mdname) != 1))
        return 0;
    if (!ops(ctx)->whole && ctx->scheme.digest == NULL &&
        set_digest(ctx, ctx->scheme.key->type->default_digest) != 1)
        return 0;
    if (prov_sigctx_set(ctx, params) != 1)
        return 0;
    if (ops(ctx)->whole)
        limit = PROV_MESSAGE_WHOLE_MAX;
    else if (check_digest(ctx) != 1)
        return 0;
    else
        limit =
            signing && ctx->scheme.key->object != NULL &&
                    atomic_load_explicit(&ctx->scheme.key->raw,
                                         memory_order_relaxed) != PROV_RAW_WORKS
                ? PROV_MESSAGE_MAX
                : 0;
    prov_message_begin(&ctx->message, limit);
    ctx->is_message = true;
    return 1;
}

static int begin_hash(struct prov_sigctx *ctx)
{
    struct prov *prov = ctx->scheme.prov;
    EVP_MD *md;
    bool ok;

    if (ctx->hash != NULL)
        return 1;
    prov_enter(prov);
    md = prov_soft_md(&prov->soft, ctx->scheme.digest, ctx->properties);
    ctx->hash = md != NULL ? EVP_MD_CTX_new() : NULL;
    ok = ctx->hash != NULL && EVP_DigestInit_ex2(ctx->hash, md, NULL) == 1;
    EVP_MD_free(md);
    prov_leave(prov);
    return ok ? 1 : hash_failed(prov);
}

int prov_sigctx_add(struct prov_sigctx *ctx, const uint8_t *data, size_t len)
{
    struct prov *prov = ctx->scheme.prov;
    int ok;

    prov_message_add(&ctx->message, data, len);
    if (ops(ctx)->whole)
        return ctx->message.kept
                   ? 1
                   : prov_raise(&prov->core, CKR_DATA_LEN_RANGE,
                                "%s: a message of this length is to be given "
                                "at once, not in parts",
                                prov_key_name(ctx->scheme.key));
    if (begin_hash(ctx) != 1)
        return 0;
    prov_enter(prov);
    ok = EVP_DigestUpdate(ctx->hash, data, len);
    prov_leave(prov);
    return ok == 1 ? 1 : hash_failed(prov);
}

int prov_sigctx_end(struct prov_sigctx *ctx, struct prov_input *input,
                    uint8_t value[static PROV_DIGEST_MAX])
{
    const struct prov *prov = ctx->scheme.prov;
    const struct prov_message *message = &ctx->message;
    int ok;

    *input = (struct prov_input){.data = value};
    if (message->kept) { /* an empty message is one too */
        input->message = message->len != 0 ? message->data : value;
        input->message_len = message->len;
    }
    if (ops(ctx)->whole) {
        input->data = input->message;
        input->len = input->message_len;
        return message->kept ? 1 : hash_failed(prov);
    }
    if (begin_hash(ctx) != 1)
        return 0;
    prov_enter(prov);
    ok = EVP_DigestFinal_ex(ctx->hash, value, NULL);
    prov_leave(prov);
    input->len = ctx->scheme.digest->size;
    return ok == 1 ? 1 : hash_failed(prov);
}

int prov_sigctx_all(struct prov_sigctx *ctx, const uint8_t *data, size_t len,
                    struct prov_input *input,
                    uint8_t value[static PROV_DIGEST_MAX])
{
    struct prov *prov = ctx->scheme.prov;
    const EVP_MD *md;

    *input = (struct prov_input){
        .data = data, .len = len, .message = data, .message_len = len};
    if (ops(ctx)->whole)
        return 1;
    input->data = value;
    input->len = ctx->scheme.digest->size;
    md = is_plain(ctx) ? prov_soft_kept(&prov->soft, ctx->scheme.digest) : NULL;
    if (md == NULL || ctx->hash != NULL) {
        if (prov_sigctx_add(ctx, data, len) != 1)
            return 0;
        return prov_sigctx_end(ctx, input, value);
    }
    /* No foreign code, and nothing raised but without memory: no brackets. */
    return prov_hash(&prov->soft.hashers, md, data, len, value)
               ? 1
               : hash_failed(prov);
}
