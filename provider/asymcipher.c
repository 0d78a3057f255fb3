/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's ASYM_CIPHER operation, generic over the type of key. */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "algs.h"
#include "error.h"
#include "key.h"
#include "prov.h"

static OSSL_FUNC_asym_cipher_newctx_fn cipher_newctx;
static OSSL_FUNC_asym_cipher_freectx_fn cipher_freectx;
static OSSL_FUNC_asym_cipher_dupctx_fn cipher_dupctx;
static OSSL_FUNC_asym_cipher_encrypt_init_fn cipher_init;
static OSSL_FUNC_asym_cipher_encrypt_fn cipher_encrypt;
static OSSL_FUNC_asym_cipher_decrypt_fn cipher_decrypt;
static OSSL_FUNC_asym_cipher_get_ctx_params_fn get_ctx_params;
static OSSL_FUNC_asym_cipher_gettable_ctx_params_fn gettable_ctx_params;
static OSSL_FUNC_asym_cipher_set_ctx_params_fn set_ctx_params;
static OSSL_FUNC_asym_cipher_settable_ctx_params_fn settable_ctx_params;

static void *cipher_newctx(void *provctx)
{
    struct prov *prov = provctx;
    struct prov_padding *ctx = calloc(1, sizeof(*ctx));

    if (ctx == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "encryption context");
        return NULL;
    }
    ctx->prov = prov;
    return ctx;
}

static void cipher_freectx(void *vctx)
{
    struct prov_padding *ctx = vctx;

    if (ctx == NULL)
        return;
    OPENSSL_free(ctx->label);
    prov_key_free(ctx->key);
    free(ctx);
}

static void *cipher_dupctx(void *vctx)
{
    const struct prov_padding *from = vctx;
    struct prov_padding *to = malloc(sizeof(*to));
    uint8_t *label = NULL;

    if (from->label != NULL)
        label = OPENSSL_memdup(from->label, from->label_len);
    if (to == NULL || (label == NULL && from->label_len != 0)) {
        prov_raise(&from->prov->core, CKR_HOST_MEMORY, "encryption context");
        OPENSSL_free(label);
        free(to);
        return NULL;
    }
    *to = *from;
    to->label = label;
    if (to->key != NULL)
        (void)prov_key_up_ref(to->key);
    return to;
}

static int no_key(const struct prov_padding *ctx)
{
    return prov_raise(&ctx->prov->core, CKR_OPERATION_NOT_INITIALIZED,
                      "encryption: not initialised");
}

static int set_ctx_params(void *vctx, const OSSL_PARAM params[])
{
    struct prov_padding *ctx = vctx;

    if (params == NULL || params[0].key == NULL)
        return 1;
    return ctx->key != NULL ? ctx->key->type->cipher->set_params(ctx, params)
                            : no_key(ctx);
}

static int get_ctx_params(void *vctx, OSSL_PARAM params[])
{
    struct prov_padding *ctx = vctx;

    return params == NULL || ctx->key == NULL ||
           ctx->key->type->cipher->get_params(ctx, params) == 1;
}

static const struct prov_cipher_ops *ops_of(const struct prov_padding *ctx)
{
    return ctx != NULL && ctx->key != NULL ? ctx->key->type->cipher
                                           : prov_keytype_at(0)->cipher;
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

static int cipher_init(void *vctx, void *provkey, const OSSL_PARAM params[])
{
    struct prov_padding *ctx = vctx;

    if (provkey != NULL) {
        prov_key_free(ctx->key);
        ctx->key = prov_key_up_ref(provkey);
        ctx->key->type->cipher->init(ctx);
    }
    if (ctx->key == NULL)
        return no_key(ctx);
    return set_ctx_params(ctx, params);
}

static int cipher_encrypt(void *vctx, unsigned char *out, size_t *outlen,
                          size_t outsize, const unsigned char *in, size_t inlen)
{
    struct prov_padding *ctx = vctx;

    if (ctx->key == NULL)
        return no_key(ctx);
    *outlen = outsize;
    return ctx->key->type->cipher->encrypt(ctx, out, outlen, in, inlen);
}

static int cipher_decrypt(void *vctx, unsigned char *out, size_t *outlen,
                          size_t outsize, const unsigned char *in, size_t inlen)
{
    struct prov_padding *ctx = vctx;

    if (ctx->key == NULL)
        return no_key(ctx);
    *outlen = outsize;
    return ctx->key->type->cipher->decrypt(ctx, out, outlen, in, inlen);
}

const OSSL_DISPATCH prov_asymcipher[] = {
    {OSSL_FUNC_ASYM_CIPHER_NEWCTX, (void (*)(void))cipher_newctx},
    {OSSL_FUNC_ASYM_CIPHER_FREECTX, (void (*)(void))cipher_freectx},
    {OSSL_FUNC_ASYM_CIPHER_DUPCTX, (void (*)(void))cipher_dupctx},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, (void (*)(void))cipher_init},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT, (void (*)(void))cipher_encrypt},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, (void (*)(void))cipher_init},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT, (void (*)(void))cipher_decrypt},
    {OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS, (void (*)(void))get_ctx_params},
    {OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS,
     (void (*)(void))gettable_ctx_params},
    {OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, (void (*)(void))set_ctx_params},
    {OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS,
     (void (*)(void))settable_ctx_params},
    {0, NULL}};
