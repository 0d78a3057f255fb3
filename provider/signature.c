/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's SIGNATURE operation, generic over the type of key. Messages are
 * hashed here; the token is entered once, at the end.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "message.h"
#include "prov.h"

struct context {
    struct prov_scheme scheme;
    EVP_MD_CTX *hash; /* NULL: the caller hashes */
    char *properties; /* for the digest, or NULL */
    struct prov_message message;
};

static OSSL_FUNC_signature_newctx_fn signature_newctx;
static OSSL_FUNC_signature_freectx_fn signature_freectx;
static OSSL_FUNC_signature_dupctx_fn signature_dupctx;
static OSSL_FUNC_signature_sign_init_fn signature_sign_init;
static OSSL_FUNC_signature_sign_fn signature_sign;
static OSSL_FUNC_signature_verify_init_fn signature_verify_init;
static OSSL_FUNC_signature_verify_fn signature_verify;
static OSSL_FUNC_signature_verify_recover_init_fn signature_recover_init;
static OSSL_FUNC_signature_verify_recover_fn signature_recover;
static OSSL_FUNC_signature_digest_sign_init_fn digest_sign_init;
static OSSL_FUNC_signature_digest_sign_update_fn digest_update;
static OSSL_FUNC_signature_digest_sign_final_fn digest_sign_final;
static OSSL_FUNC_signature_digest_sign_fn digest_sign;
static OSSL_FUNC_signature_digest_verify_init_fn digest_verify_init;
static OSSL_FUNC_signature_digest_verify_final_fn digest_verify_final;
static OSSL_FUNC_signature_digest_verify_fn digest_verify;
static OSSL_FUNC_signature_get_ctx_params_fn get_ctx_params;
static OSSL_FUNC_signature_gettable_ctx_params_fn gettable_ctx_params;
static OSSL_FUNC_signature_set_ctx_params_fn set_ctx_params;
static OSSL_FUNC_signature_settable_ctx_params_fn settable_ctx_params;

static void *signature_newctx(void *provctx, const char *propq)
{
    struct prov *prov = provctx;
    struct context *ctx = calloc(1, sizeof(*ctx));

    if (ctx == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "signature context");
        return NULL;
    }
    ctx->scheme.prov = prov;
    prov_prime_repair(&prov->prime, propq);
    return ctx;
}

static void signature_freectx(void *vctx)
{
    struct context *ctx = vctx;

    if (ctx == NULL)
        return;
    prov_message_clear(&ctx->message);
    EVP_MD_CTX_free(ctx->hash);
    free(ctx->properties);
    prov_key_free(ctx->scheme.key);
    free(ctx);
}

static void *signature_dupctx(void *vctx)
{
    const struct context *from = vctx;
    struct prov *prov = from->scheme.prov;
    struct context *to = malloc(sizeof(*to));
    bool ok;

    if (to == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "signature context");
        return NULL;
    }
    *to = *from;
    to->hash = NULL;
    to->properties = NULL;
    if (from->scheme.key != NULL)
        (void)prov_key_up_ref(from->scheme.key);
    ok = prov_message_copy(&to->message, &from->message);
    if (from->properties != NULL)
        ok = (to->properties = strdup(from->properties)) != NULL && ok;
    if (from->hash != NULL)
        ok = (to->hash = EVP_MD_CTX_new()) != NULL &&
             EVP_MD_CTX_copy_ex(to->hash, from->hash) == 1 && ok;
    if (ok)
        return to;
    prov_raise(&prov->core, CKR_HOST_MEMORY, "signature context");
    signature_freectx(to);
    return NULL;
}

/* ---- parameters -------------------------------------------------------- */

static int set_digest(struct context *ctx, const OSSL_PARAM *param)
{
    const struct prov_digest *digest = NULL;
    const char *name;

    if (OSSL_PARAM_get_utf8_string_ptr(param, &name) == 1)
        digest = prov_digest_find(name);
    if (digest == NULL)
        return prov_raise(&ctx->scheme.prov->core, CKR_MECHANISM_INVALID,
                          "signature: digest not known");
    if (ctx->hash != NULL && digest != ctx->scheme.digest)
        return prov_raise(&ctx->scheme.prov->core, CKR_OPERATION_ACTIVE,
                          "signature: the digest cannot change now");
    ctx->scheme.digest = digest;
    return 1;
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct context *ctx = vctx;
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
    if (p != NULL && set_digest(ctx, p) != 1)
        return 0;
    return ctx->scheme.key->type->signature->set_params(&ctx->scheme, params);
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    struct context *ctx = vctx;
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
    return ctx->scheme.key->type->signature->get_params(&ctx->scheme, params);
}

/* A context without a key may be asked before one is set: any type serves. */
static const struct prov_sig_ops *ops_of(const struct context *ctx)
{
    return ctx != NULL && ctx->scheme.key != NULL
               ? ctx->scheme.key->type->signature
               : prov_keytype_at(0)->signature;
}

static const OSSL_PARAM *gettable_ctx_params(void *vctx, void *provctx)
{
    (void)provctx;
    return ops_of(vctx)->gettable;
}

static const OSSL_PARAM *settable_ctx_params(void *vctx, void *provctx)
{
    (void)provctx;
    return ops_of(vctx)->settable;
}

/* ---- keys -------------------------------------------------------------- */

/* A NULL key keeps the one of before, settings included. */
static int begin(struct context *ctx, struct prov_key *key, bool signing,
                 const OSSL_PARAM params[])
{
    EVP_MD_CTX_free(ctx->hash);
    ctx->hash = NULL;
    prov_message_clear(&ctx->message);
    if (key != NULL) {
        (void)prov_key_up_ref(key);
        prov_key_free(ctx->scheme.key);
        ctx->scheme.key = key;
        ctx->scheme.digest = NULL;
        key->type->signature->init(&ctx->scheme);
    }
    if (ctx->scheme.key == NULL)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_OPERATION_NOT_INITIALIZED, "signature: no key");
    if (signing && !prov_key_is_private(ctx->scheme.key))
        return prov_raise(
            &ctx->scheme.prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
            "%s: a public key does not sign", prov_key_name(ctx->scheme.key));
    return set_ctx_params(ctx, params);
}

static int signature_sign_init(void *vctx, void *provkey,
                               const OSSL_PARAM params[])
{
    return begin(vctx, provkey, true, params);
}

static int signature_verify_init(void *vctx, void *provkey,
                                 const OSSL_PARAM params[])
{
    return begin(vctx, provkey, false, params);
}

static int signature_recover_init(void *vctx, void *provkey,
                                  const OSSL_PARAM params[])
{
    return begin(vctx, provkey, false, params);
}

/* ---- digests given by the caller --------------------------------------- */

/* Yields 1 where only the length was asked for, -1 to go on. */
static int answer_size(const struct context *ctx, const uint8_t *sig,
                       size_t *siglen, size_t sigsize)
{
    size_t size = ctx->scheme.key->size;

    if (sig == NULL) {
        *siglen = size;
        return 1;
    }
    if (sigsize < size)
        return prov_raise(&ctx->scheme.prov->core, CKR_BUFFER_TOO_SMALL,
                          "%s: no room for the signature",
                          prov_key_name(ctx->scheme.key));
    *siglen = size;
    return -1;
}

static int no_key(const struct context *ctx)
{
    return prov_raise(&ctx->scheme.prov->core, CKR_OPERATION_NOT_INITIALIZED,
                      "signature: not initialised");
}

static int sign_input(struct context *ctx, const struct prov_input *input,
                      uint8_t *sig, size_t *siglen)
{
    return ctx->scheme.key->type->signature->sign(&ctx->scheme, input, sig,
                                                  siglen);
}

static int signature_sign(void *vctx, unsigned char *sig, size_t *siglen,
                          size_t sigsize, const unsigned char *tbs,
                          size_t tbslen)
{
    const struct prov_input input = {.data = tbs, .len = tbslen};
    struct context *ctx = vctx;
    int answered;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    answered = answer_size(ctx, sig, siglen, sigsize);
    return answered >= 0 ? answered : sign_input(ctx, &input, sig, siglen);
}

static int signature_verify(void *vctx, const unsigned char *sig, size_t siglen,
                            const unsigned char *tbs, size_t tbslen)
{
    struct context *ctx = vctx;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    return ctx->scheme.key->type->signature->verify(&ctx->scheme, sig, siglen,
                                                    tbs, tbslen);
}

static int signature_recover(void *vctx, unsigned char *rout, size_t *routlen,
                             size_t routsize, const unsigned char *sig,
                             size_t siglen)
{
    struct context *ctx = vctx;
    int answered;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    answered = answer_size(ctx, rout, routlen, routsize);
    if (answered >= 0)
        return answered;
    *routlen = routsize;
    return ctx->scheme.key->type->signature->recover(&ctx->scheme, rout,
                                                     routlen, sig, siglen);
}

/* ---- messages hashed here ---------------------------------------------- */

static int begin_hash(struct context *ctx)
{
    struct prov *prov = ctx->scheme.prov;
    EVP_MD *md;
    bool ok;

    prov_enter(prov);
    md = prov_soft_md(&prov->soft, ctx->scheme.digest, ctx->properties);
    ctx->hash = md != NULL ? EVP_MD_CTX_new() : NULL;
    ok = ctx->hash != NULL && EVP_DigestInit_ex2(ctx->hash, md, NULL) == 1;
    EVP_MD_free(md);
    prov_leave(prov);
    return ok ? 1
              : prov_raise(&prov->core, CKR_MECHANISM_INVALID,
                           "signature: no software implementation of %s",
                           prov_digest_name(ctx->scheme.digest).text);
}

static int begin_digest(struct context *ctx, const char *mdname,
                        struct prov_key *key, bool signing,
                        const OSSL_PARAM params[])
{
    const OSSL_PARAM none[] = {OSSL_PARAM_END};

    if (begin(ctx, key, signing, none) != 1)
        return 0;
    if (mdname == NULL || *mdname == '\0')
        mdname = ctx->scheme.key->type->default_digest;
    if (mdname != NULL) {
        const OSSL_PARAM digest =
            prov_param_utf8(OSSL_SIGNATURE_PARAM_DIGEST, mdname);

        if (set_digest(ctx, &digest) != 1)
            return 0;
    }
    if (set_ctx_params(ctx, params) != 1 || begin_hash(ctx) != 1)
        return 0;
    prov_message_begin(&ctx->message, signing &&
                                          ctx->scheme.key->object != NULL &&
                                          atomic_load(&ctx->scheme.key->raw) !=
                                              PROV_RAW_WORKS);
    return 1;
}

static int digest_sign_init(void *vctx, const char *mdname, void *provkey,
                            const OSSL_PARAM params[])
{
    return begin_digest(vctx, mdname, provkey, true, params);
}

static int digest_verify_init(void *vctx, const char *mdname, void *provkey,
                              const OSSL_PARAM params[])
{
    return begin_digest(vctx, mdname, provkey, false, params);
}

static int hash_failed(const struct prov *prov)
{
    return prov_raise(&prov->core, CKR_FUNCTION_FAILED,
                      "signature: hashing failed");
}

static int hash_more(struct context *ctx, const uint8_t *data, size_t len)
{
    const struct prov *prov = ctx->scheme.prov;
    int ok;

    prov_enter(prov);
    ok = EVP_DigestUpdate(ctx->hash, data, len);
    prov_leave(prov);
    return ok == 1 ? 1 : hash_failed(prov);
}

static int digest_update(void *vctx, const unsigned char *data, size_t datalen)
{
    struct context *ctx = vctx;

    if (ctx->hash == NULL)
        return no_key(ctx);
    prov_message_add(&ctx->message, data, datalen);
    return hash_more(ctx, data, datalen);
}

static int final_hash(struct context *ctx,
                      uint8_t value[static PROV_DIGEST_MAX])
{
    const struct prov *prov = ctx->scheme.prov;
    int ok;

    prov_enter(prov);
    ok = EVP_DigestFinal_ex(ctx->hash, value, NULL);
    prov_leave(prov);
    return ok == 1 ? 1 : hash_failed(prov);
}

static int digest_sign_final(void *vctx, unsigned char *sig, size_t *siglen,
                             size_t sigsize)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct context *ctx = vctx;
    struct prov_input input = {.data = value};
    int answered;

    if (ctx->hash == NULL)
        return no_key(ctx);
    answered = answer_size(ctx, sig, siglen, sigsize);
    if (answered >= 0)
        return answered;
    if (final_hash(ctx, value) != 1)
        return 0;
    input.len = ctx->scheme.digest->size;
    if (ctx->message.kept) { /* an empty message is one too */
        input.message = ctx->message.len != 0 ? ctx->message.data : value;
        input.message_len = ctx->message.len;
    }
    return sign_input(ctx, &input, sig, siglen);
}

static int hash_all(struct context *ctx, const uint8_t *data, size_t len,
                    uint8_t value[static PROV_DIGEST_MAX])
{
    return hash_more(ctx, data, len) == 1 ? final_hash(ctx, value) : 0;
}

static int digest_sign(void *vctx, unsigned char *sigret, size_t *siglen,
                       size_t sigsize, const unsigned char *tbs, size_t tbslen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct context *ctx = vctx;
    struct prov_input input = {
        .data = value, .message = tbs, .message_len = tbslen};
    int answered;

    if (ctx->hash == NULL)
        return no_key(ctx);
    answered = answer_size(ctx, sigret, siglen, sigsize);
    if (answered >= 0)
        return answered;
    if (hash_all(ctx, tbs, tbslen, value) != 1)
        return 0;
    input.len = ctx->scheme.digest->size;
    return sign_input(ctx, &input, sigret, siglen);
}

static int digest_verify_final(void *vctx, const unsigned char *sig,
                               size_t siglen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct context *ctx = vctx;

    if (ctx->hash == NULL)
        return no_key(ctx);
    if (final_hash(ctx, value) != 1)
        return 0;
    return signature_verify(ctx, sig, siglen, value, ctx->scheme.digest->size);
}

static int digest_verify(void *vctx, const unsigned char *sig, size_t siglen,
                         const unsigned char *tbs, size_t tbslen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct context *ctx = vctx;

    if (ctx->hash == NULL)
        return no_key(ctx);
    if (hash_all(ctx, tbs, tbslen, value) != 1)
        return 0;
    return signature_verify(ctx, sig, siglen, value, ctx->scheme.digest->size);
}

const OSSL_DISPATCH prov_signature[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signature_newctx},
    {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))signature_freectx},
    {OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))signature_dupctx},
    {OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))signature_sign_init},
    {OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))signature_sign},
    {OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))signature_verify_init},
    {OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))signature_verify},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT,
     (void (*)(void))signature_recover_init},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER, (void (*)(void))signature_recover},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))digest_sign_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))digest_update},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))digest_sign_final},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))digest_sign},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT,
     (void (*)(void))digest_verify_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (void (*)(void))digest_update},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL,
     (void (*)(void))digest_verify_final},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (void (*)(void))digest_verify},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))get_ctx_params},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,
     (void (*)(void))gettable_ctx_params},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))set_ctx_params},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,
     (void (*)(void))settable_ctx_params},
    {0, NULL}};
