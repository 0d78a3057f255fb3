/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's KEYEXCH operation, generic over the type of key: the type makes
 * the shared secret, the key derivation function after it runs on the host.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algs.h"
#include "curve.h"
#include "error.h"
#include "key.h"
#include "prov.h"

static OSSL_FUNC_keyexch_newctx_fn exchange_newctx;
static OSSL_FUNC_keyexch_freectx_fn exchange_freectx;
static OSSL_FUNC_keyexch_dupctx_fn exchange_dupctx;
static OSSL_FUNC_keyexch_init_fn exchange_init;
static OSSL_FUNC_keyexch_set_peer_fn exchange_set_peer;
static OSSL_FUNC_keyexch_derive_fn exchange_derive;
static OSSL_FUNC_keyexch_set_ctx_params_fn set_ctx_params;
static OSSL_FUNC_keyexch_settable_ctx_params_fn settable_ctx_params;
static OSSL_FUNC_keyexch_get_ctx_params_fn get_ctx_params;
static OSSL_FUNC_keyexch_gettable_ctx_params_fn gettable_ctx_params;

static void *exchange_newctx(void *provctx)
{
    struct prov *prov = provctx;
    struct prov_agreement *ctx = calloc(1, sizeof(*ctx));

    if (ctx == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "key agreement");
        return NULL;
    }
    ctx->prov = prov;
    ctx->cofactor = -1;
    return ctx;
}

static void exchange_freectx(void *vctx)
{
    struct prov_agreement *ctx = vctx;

    if (ctx == NULL)
        return;
    OPENSSL_clear_free(ctx->ukm, ctx->ukm_len);
    prov_key_free(ctx->key);
    prov_key_free(ctx->peer);
    free(ctx);
}

static void *exchange_dupctx(void *vctx)
{
    const struct prov_agreement *from = vctx;
    struct prov_agreement *to = malloc(sizeof(*to));
    uint8_t *ukm = NULL;

    if (from->ukm_len != 0)
        ukm = OPENSSL_memdup(from->ukm, from->ukm_len);
    if (to == NULL || (ukm == NULL && from->ukm_len != 0)) {
        prov_raise(&from->prov->core, CKR_HOST_MEMORY, "key agreement");
        OPENSSL_free(ukm);
        free(to);
        return NULL;
    }
    *to = *from;
    to->ukm = ukm;
    if (to->key != NULL)
        (void)prov_key_up_ref(to->key);
    if (to->peer != NULL)
        (void)prov_key_up_ref(to->peer);
    return to;
}

static int no_key(const struct prov_agreement *ctx)
{
    return prov_raise(&ctx->prov->core, CKR_OPERATION_NOT_INITIALIZED,
                      "key agreement: not initialised");
}

/* ---- parameters -------------------------------------------------------- */

typedef bool set_fn(struct prov_agreement *ctx, const OSSL_PARAM *param);

static bool set_cofactor(struct prov_agreement *ctx, const OSSL_PARAM *param)
{
    return OSSL_PARAM_get_int(param, &ctx->cofactor) == 1 &&
           ctx->cofactor >= -1 && ctx->cofactor <= 1;
}

static bool set_kdf(struct prov_agreement *ctx, const OSSL_PARAM *param)
{
    const char *name;

    if (OSSL_PARAM_get_utf8_string_ptr(param, &name) != 1)
        return false;
    ctx->kdf = *name != '\0' ? PROV_KDF_X963 : PROV_KDF_NONE;
    return *name == '\0' || strcasecmp(name, OSSL_KDF_NAME_X963KDF) == 0;
}

static bool set_digest(struct prov_agreement *ctx, const OSSL_PARAM *param)
{
    const char *name;

    if (OSSL_PARAM_get_utf8_string_ptr(param, &name) != 1)
        return false;
    ctx->digest = prov_digest_find(name);
    return ctx->digest != NULL;
}

static bool set_out_len(struct prov_agreement *ctx, const OSSL_PARAM *param)
{
    return OSSL_PARAM_get_size_t(param, &ctx->out_len) == 1;
}

static bool set_ukm(struct prov_agreement *ctx, const OSSL_PARAM *param)
{
    void *ukm = NULL;
    size_t len = 0;

    if (param->data != NULL && param->data_size != 0 &&
        OSSL_PARAM_get_octet_string(param, &ukm, 0, &len) != 1)
        return false;
    OPENSSL_clear_free(ctx->ukm, ctx->ukm_len);
    ctx->ukm = ukm;
    ctx->ukm_len = len;
    return true;
}

static const struct {
    const char *name;
    set_fn *set;
} rows[] = {{OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE, set_cofactor},
            {OSSL_EXCHANGE_PARAM_KDF_TYPE, set_kdf},
            {OSSL_EXCHANGE_PARAM_KDF_DIGEST, set_digest},
            {OSSL_EXCHANGE_PARAM_KDF_OUTLEN, set_out_len},
            {OSSL_EXCHANGE_PARAM_KDF_UKM, set_ukm}};

static const struct prov_exchange_ops *ops_of(const struct prov_agreement *ctx)
{
    return ctx != NULL && ctx->key != NULL ? ctx->key->type->exchange
                                           : prov_keytype_ec.exchange;
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct prov_agreement *ctx = vctx;

    if (params == NULL || params[0].key == NULL)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, rows[i].name);

        if (p == NULL)
            continue;
        if (OSSL_PARAM_locate_const(ops_of(ctx)->settable, rows[i].name) ==
            NULL)
            return prov_raise(&ctx->prov->core, CKR_MECHANISM_PARAM_INVALID,
                              "key agreement: %s is nothing for this type of "
                              "key",
                              rows[i].name);
        if (!rows[i].set(ctx, p))
            return prov_raise(&ctx->prov->core, CKR_ARGUMENTS_BAD,
                              "key agreement: value of %s not understood",
                              rows[i].name);
    }
    return 1;
}

static bool answer_ukm(const struct prov_agreement *ctx, OSSL_PARAM *params)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_UKM);

    return p == NULL ||
           OSSL_PARAM_set_octet_ptr(p, ctx->ukm, ctx->ukm_len) == 1;
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    const struct prov_agreement *ctx = vctx;
    struct prov_digest_name digest = {""};
    OSSL_PARAM *p;
    bool ok = true;

    if (params == NULL)
        return 1;
    if (ctx->digest != NULL)
        digest = prov_digest_name(ctx->digest);
    p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE);
    if (p != NULL)
        ok = OSSL_PARAM_set_int(p, ctx->cofactor == 1) == 1;
    p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_TYPE);
    if (p != NULL)
        ok = OSSL_PARAM_set_utf8_string(p, ctx->kdf == PROV_KDF_X963
                                               ? OSSL_KDF_NAME_X963KDF
                                               : "") == 1 &&
             ok;
    p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST);
    if (p != NULL)
        ok = OSSL_PARAM_set_utf8_string(p, digest.text) == 1 && ok;
    p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN);
    if (p != NULL)
        ok = OSSL_PARAM_set_size_t(p, ctx->out_len) == 1 && ok;
    if (answer_ukm(ctx, params) && ok)
        return 1;
    return prov_raise(&ctx->prov->core, CKR_BUFFER_TOO_SMALL,
                      "key agreement: a parameter has no room");
}

static const OSSL_PARAM *settable_ctx_params(void *vctx, void *provctx)
{
    (void)provctx;
    return ops_of(vctx)->settable;
}

static const OSSL_PARAM *gettable_ctx_params(void *vctx, void *provctx)
{
    (void)provctx;
    return ops_of(vctx)->gettable;
}

/* ---- keys -------------------------------------------------------------- */

static int exchange_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
    struct prov_agreement *ctx = vctx;
    struct prov_key *key = provkey;

    if (key == NULL)
        return ctx->key != NULL ? set_ctx_params(ctx, params) : no_key(ctx);
    if (key->type->exchange == NULL || !prov_key_is_private(key))
        return prov_raise(&ctx->prov->core, CKR_KEY_FUNCTION_NOT_PERMITTED,
                          "%s: no private key for key agreement",
                          prov_key_name(key));
    (void)prov_key_up_ref(key);
    prov_key_free(ctx->key);
    prov_key_free(ctx->peer); /* one of the other key's group */
    ctx->key = key;
    ctx->peer = NULL;
    ctx->kdf = PROV_KDF_NONE;
    ctx->cofactor = -1;
    return set_ctx_params(ctx, params);
}

static int exchange_set_peer(void *vctx, void *provkey)
{
    struct prov_agreement *ctx = vctx;
    struct prov_key *peer = provkey;

    if (ctx->key == NULL)
        return no_key(ctx);
    if (peer == NULL || peer->type != ctx->key->type ||
        !prov_key_has_public(peer) || !prov_key_same_group(ctx->key, peer))
        return prov_raise(&ctx->prov->core, CKR_PUBLIC_KEY_INVALID,
                          "%s: the peer has no key of the same type and group",
                          prov_key_name(ctx->key));
    (void)prov_key_up_ref(peer);
    prov_key_free(ctx->peer);
    ctx->peer = peer;
    return 1;
}

/* ---- deriving ---------------------------------------------------------- */

static int run_kdf(const struct prov_agreement *ctx, uint8_t *secret,
                   size_t secret_len, uint8_t *out)
{
    struct prov_digest_name digest = prov_digest_name(ctx->digest);
    OSSL_PARAM params[4];
    size_t n = 0;
    bool ok;

    params[n++] =
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.text, 0);
    params[n++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret,
                                                    secret_len);
    if (ctx->ukm_len != 0)
        params[n++] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                                        ctx->ukm, ctx->ukm_len);
    params[n] = OSSL_PARAM_construct_end();
    prov_enter(ctx->prov);
    ok = prov_soft_kdf(&ctx->prov->soft, OSSL_KDF_NAME_X963KDF, params, out,
                       ctx->out_len);
    prov_leave(ctx->prov);
    return ok ? 1
              : prov_raise(&ctx->prov->core, CKR_FUNCTION_FAILED,
                           "key agreement: the key derivation function X9.63 "
                           "failed with %s",
                           digest.text);
}

static int no_room(const struct prov_agreement *ctx)
{
    return prov_raise(&ctx->prov->core, CKR_BUFFER_TOO_SMALL,
                      "%s: no room for the shared secret",
                      prov_key_name(ctx->key));
}

/* As libcrypto's: without a KDF an EC secret is cut to the room there is. */
static int derive_plain(struct prov_agreement *ctx, uint8_t *out,
                        size_t *out_len, size_t room)
{
    const struct prov_exchange_ops *ops = ctx->key->type->exchange;
    uint8_t secret[PROV_FIELD_MAX];
    size_t size = ops->size(ctx->key);
    size_t len = room < size ? room : size;
    int ok;

    if (size == 0 || size > sizeof(secret) || len == 0 ||
        (len != size && ctx->key->type->group_param == NULL))
        return no_room(ctx);
    ok = ops->agree(ctx, secret, size);
    if (ok == 1) {
        memcpy(out, secret, len);
        *out_len = len;
    }
    OPENSSL_cleanse(secret, sizeof(secret));
    return ok;
}

static int derive_kdf(struct prov_agreement *ctx, uint8_t *out, size_t *out_len,
                      size_t room)
{
    const struct prov_exchange_ops *ops = ctx->key->type->exchange;
    uint8_t secret[PROV_FIELD_MAX];
    size_t size = ops->size(ctx->key);
    int ok;

    if (ctx->digest == NULL || ctx->out_len == 0)
        return prov_raise(&ctx->prov->core, CKR_MECHANISM_PARAM_INVALID,
                          "key agreement: the key derivation function needs a "
                          "digest and a length");
    if (room < ctx->out_len || size == 0 || size > sizeof(secret))
        return no_room(ctx);
    ok = ops->agree(ctx, secret, size) == 1 && run_kdf(ctx, secret, size, out);
    OPENSSL_cleanse(secret, sizeof(secret));
    if (ok)
        *out_len = ctx->out_len;
    return ok;
}

static int exchange_derive(void *vctx, unsigned char *secret, size_t *secretlen,
                           size_t outlen)
{
    struct prov_agreement *ctx = vctx;

    if (ctx->key == NULL || ctx->peer == NULL)
        return no_key(ctx);
    if (secret == NULL) {
        *secretlen = ctx->kdf == PROV_KDF_X963
                         ? ctx->out_len
                         : ctx->key->type->exchange->size(ctx->key);
        return 1;
    }
    return ctx->kdf == PROV_KDF_X963
               ? derive_kdf(ctx, secret, secretlen, outlen)
               : derive_plain(ctx, secret, secretlen, outlen);
}

const OSSL_DISPATCH prov_exchange[] = {
    {OSSL_FUNC_KEYEXCH_NEWCTX, (void (*)(void))exchange_newctx},
    {OSSL_FUNC_KEYEXCH_FREECTX, (void (*)(void))exchange_freectx},
    {OSSL_FUNC_KEYEXCH_DUPCTX, (void (*)(void))exchange_dupctx},
    {OSSL_FUNC_KEYEXCH_INIT, (void (*)(void))exchange_init},
    {OSSL_FUNC_KEYEXCH_SET_PEER, (void (*)(void))exchange_set_peer},
    {OSSL_FUNC_KEYEXCH_DERIVE, (void (*)(void))exchange_derive},
    {OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, (void (*)(void))set_ctx_params},
    {OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS,
     (void (*)(void))settable_ctx_params},
    {OSSL_FUNC_KEYEXCH_GET_CTX_PARAMS, (void (*)(void))get_ctx_params},
    {OSSL_FUNC_KEYEXCH_GETTABLE_CTX_PARAMS,
     (void (*)(void))gettable_ctx_params},
    {0, NULL}};
