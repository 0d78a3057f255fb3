/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's SIGNATURE operation, generic over the type of key. Messages are
 * hashed here; the token is entered once, at the end.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "algs.h"
#include "ec_ops.h"
#include "error.h"
#include "key.h"
#include "prov.h"
#include "sigctx.h"

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
    return prov_sigctx_new(provctx, propq, NULL);
}

static void signature_freectx(void *vctx)
{
    prov_sigctx_free(vctx);
}

static void *signature_dupctx(void *vctx)
{
    return prov_sigctx_dup(vctx);
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    return prov_sigctx_set(vctx, params);
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    return prov_sigctx_get(vctx, params);
}

/* A context without a key may be asked before one is set: any type serves. */
static const struct prov_sig_ops *ops_of(const struct prov_sigctx *ctx)
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

static int signature_sign_init(void *vctx, void *provkey,
                               const OSSL_PARAM params[])
{
    return prov_sigctx_begin(vctx, provkey, true, params);
}

static int signature_verify_init(void *vctx, void *provkey,
                                 const OSSL_PARAM params[])
{
    return prov_sigctx_begin(vctx, provkey, false, params);
}

static int signature_recover_init(void *vctx, void *provkey,
                                  const OSSL_PARAM params[])
{
    return prov_sigctx_begin(vctx, provkey, false, params);
}

static int digest_sign_init(void *vctx, const char *mdname, void *provkey,
                            const OSSL_PARAM params[])
{
    return prov_sigctx_begin_message(vctx, mdname, provkey, true, params);
}

static int digest_verify_init(void *vctx, const char *mdname, void *provkey,
                              const OSSL_PARAM params[])
{
    return prov_sigctx_begin_message(vctx, mdname, provkey, false, params);
}

/* ---- signing and verifying --------------------------------------------- */

static int no_key(const struct prov_sigctx *ctx)
{
    return prov_raise(&ctx->scheme.prov->core, CKR_OPERATION_NOT_INITIALIZED,
                      "signature: not initialised");
}

/* Yields 1 where only the length was asked for, -1 to go on. */
static int answer_size(const struct prov_sigctx *ctx, const uint8_t *sig,
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

static int sign_input(struct prov_sigctx *ctx, const struct prov_input *input,
                      uint8_t *sig, size_t *siglen)
{
    return ctx->scheme.key->type->signature->sign(&ctx->scheme, input, sig,
                                                  siglen);
}

static int verify_input(struct prov_sigctx *ctx, const uint8_t *sig,
                        size_t siglen, const struct prov_input *input)
{
    return ctx->scheme.key->type->signature->verify(&ctx->scheme, sig, siglen,
                                                    input->data, input->len);
}

static int digest_sign(void *vctx, unsigned char *sigret, size_t *siglen,
                       size_t sigsize, const unsigned char *tbs, size_t tbslen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct prov_sigctx *ctx = vctx;
    struct prov_input input;
    int answered;

    if (!ctx->is_message)
        return no_key(ctx);
    answered = answer_size(ctx, sigret, siglen, sigsize);
    if (answered >= 0)
        return answered;
    return prov_sigctx_all(ctx, tbs, tbslen, &input, value) == 1
               ? sign_input(ctx, &input, sigret, siglen)
               : 0;
}

static int digest_verify(void *vctx, const unsigned char *sig, size_t siglen,
                         const unsigned char *tbs, size_t tbslen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct prov_sigctx *ctx = vctx;
    struct prov_input input;

    if (!ctx->is_message)
        return no_key(ctx);
    return prov_sigctx_all(ctx, tbs, tbslen, &input, value) == 1
               ? verify_input(ctx, sig, siglen, &input)
               : 0;
}

static int signature_sign(void *vctx, unsigned char *sig, size_t *siglen,
                          size_t sigsize, const unsigned char *tbs,
                          size_t tbslen)
{
    const struct prov_input input = {.data = tbs, .len = tbslen};
    struct prov_sigctx *ctx = vctx;
    int answered;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    if (ctx->is_message)
        return digest_sign(vctx, sig, siglen, sigsize, tbs, tbslen);
    answered = answer_size(ctx, sig, siglen, sigsize);
    return answered >= 0 ? answered : sign_input(ctx, &input, sig, siglen);
}

static int signature_verify(void *vctx, const unsigned char *sig, size_t siglen,
                            const unsigned char *tbs, size_t tbslen)
{
    const struct prov_input input = {.data = tbs, .len = tbslen};
    struct prov_sigctx *ctx = vctx;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    return ctx->is_message ? digest_verify(vctx, sig, siglen, tbs, tbslen)
                           : verify_input(ctx, sig, siglen, &input);
}

static int signature_recover(void *vctx, unsigned char *rout, size_t *routlen,
                             size_t routsize, const unsigned char *sig,
                             size_t siglen)
{
    struct prov_sigctx *ctx = vctx;
    int answered;

    if (ctx->scheme.key == NULL)
        return no_key(ctx);
    if (ctx->scheme.key->type->signature->recover == NULL)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_KEY_FUNCTION_NOT_PERMITTED,
                          "%s: nothing is recovered from its signatures",
                          prov_key_name(ctx->scheme.key));
    answered = answer_size(ctx, rout, routlen, routsize);
    if (answered >= 0)
        return answered;
    *routlen = routsize;
    return ctx->scheme.key->type->signature->recover(&ctx->scheme, rout,
                                                     routlen, sig, siglen);
}

/* ---- messages in parts ------------------------------------------------- */

static int digest_update(void *vctx, const unsigned char *data, size_t datalen)
{
    struct prov_sigctx *ctx = vctx;

    return ctx->is_message ? prov_sigctx_add(ctx, data, datalen) : no_key(ctx);
}

static int digest_sign_final(void *vctx, unsigned char *sig, size_t *siglen,
                             size_t sigsize)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct prov_sigctx *ctx = vctx;
    struct prov_input input;
    int answered;

    if (!ctx->is_message)
        return no_key(ctx);
    answered = answer_size(ctx, sig, siglen, sigsize);
    if (answered >= 0)
        return answered;
    return prov_sigctx_end(ctx, &input, value) == 1
               ? sign_input(ctx, &input, sig, siglen)
               : 0;
}

static int digest_verify_final(void *vctx, const unsigned char *sig,
                               size_t siglen)
{
    uint8_t value[PROV_DIGEST_MAX];
    struct prov_sigctx *ctx = vctx;
    struct prov_input input;

    if (!ctx->is_message)
        return no_key(ctx);
    return prov_sigctx_end(ctx, &input, value) == 1
               ? verify_input(ctx, sig, siglen, &input)
               : 0;
}

/* What both kinds of algorithm have. */
#define COMMON                                                                \
    {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))signature_freectx},         \
        {OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))signature_dupctx},       \
        {OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))signature_sign_init}, \
        {OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))signature_sign},           \
        {OSSL_FUNC_SIGNATURE_VERIFY_INIT,                                     \
         (void (*)(void))signature_verify_init},                              \
        {OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))signature_verify},       \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT,                                \
         (void (*)(void))digest_sign_init},                                   \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE,                              \
         (void (*)(void))digest_update},                                      \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL,                               \
         (void (*)(void))digest_sign_final},                                  \
        {OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void))digest_sign},       \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT,                              \
         (void (*)(void))digest_verify_init},                                 \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE,                            \
         (void (*)(void))digest_update},                                      \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL,                             \
         (void (*)(void))digest_verify_final},                                \
        {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (void (*)(void))digest_verify},   \
        {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))get_ctx_params}, \
        {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS,                             \
         (void (*)(void))gettable_ctx_params},                                \
        {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))set_ctx_params}, \
    {                                                                         \
        OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,                              \
            (void (*)(void))settable_ctx_params                               \
    }

const OSSL_DISPATCH prov_signature[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signature_newctx},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT,
     (void (*)(void))signature_recover_init},
    {OSSL_FUNC_SIGNATURE_VERIFY_RECOVER, (void (*)(void))signature_recover},
    COMMON,
    {0, NULL}};

/* ---- algorithms by name (OpenSSL 3.4) ---------------------------------- */

#ifdef OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT

static OSSL_FUNC_signature_sign_message_init_fn sign_message_init;
static OSSL_FUNC_signature_verify_message_init_fn verify_message_init;
static OSSL_FUNC_signature_verify_message_final_fn verify_message_final;

static int sign_message_init(void *vctx, void *provkey,
                             const OSSL_PARAM params[])
{
    return prov_sigctx_begin_message(vctx, NULL, provkey, true, params);
}

static int verify_message_init(void *vctx, void *provkey,
                               const OSSL_PARAM params[])
{
    return prov_sigctx_begin_message(vctx, NULL, provkey, false, params);
}

static int verify_message_final(void *vctx)
{
    const struct prov_sigctx *ctx = vctx;

    if (ctx->expected == NULL)
        return prov_raise(&ctx->scheme.prov->core,
                          CKR_OPERATION_NOT_INITIALIZED,
                          "signature: what is to be verified was not set");
    return digest_verify_final(vctx, ctx->expected, ctx->expected_len);
}

#define SIGALG(id, names, key, md, form)                                       \
    static OSSL_FUNC_signature_newctx_fn id##_newctx;                          \
    static OSSL_FUNC_signature_query_key_types_fn id##_key_types;              \
    static void *id##_newctx(void *provctx, const char *propq)                 \
    {                                                                          \
        static const struct prov_sigalg alg = {.digest = (md),                 \
                                               .variant = (form)};             \
        return prov_sigctx_new(provctx, propq, &alg);                          \
    }                                                                          \
    static const char **id##_key_types(void)                                   \
    {                                                                          \
        static const char *types[] = {key, NULL};                              \
        return types;                                                          \
    }                                                                          \
    static const OSSL_DISPATCH id##_dispatch[] = {                             \
        {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))id##_newctx},             \
        {OSSL_FUNC_SIGNATURE_QUERY_KEY_TYPES, (void (*)(void))id##_key_types}, \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT,                                \
         (void (*)(void))sign_message_init},                                   \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_UPDATE,                              \
         (void (*)(void))digest_update},                                       \
        {OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_FINAL,                               \
         (void (*)(void))digest_sign_final},                                   \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_INIT,                              \
         (void (*)(void))verify_message_init},                                 \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_UPDATE,                            \
         (void (*)(void))digest_update},                                       \
        {OSSL_FUNC_SIGNATURE_VERIFY_MESSAGE_FINAL,                             \
         (void (*)(void))verify_message_final},                                \
        COMMON,                                                                \
        {0, NULL}};
#include "sigalgs.def"
#undef SIGALG

static const struct prov_sigalg_row named[] = {
#define SIGALG(id, names, key, md, form) {names, id##_dispatch},
#include "sigalgs.def"
#undef SIGALG
    {NULL, NULL}};

#else

static const struct prov_sigalg_row named[] = {{NULL, NULL}};

#endif

const struct prov_sigalg_row *prov_sigalg_at(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (named[i].names == NULL)
            return NULL;
    }
    return named[n].names != NULL ? &named[n] : NULL;
}
