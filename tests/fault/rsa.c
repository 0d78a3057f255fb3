/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the library context and all use of RSA keys in it. */
#include "rsa.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *libctx;

static void make_libctx(void)
{
    libctx = OSSL_LIB_CTX_new();
    if (libctx != NULL && OSSL_PROVIDER_load(libctx, "default") == NULL) {
        OSSL_LIB_CTX_free(libctx);
        libctx = NULL;
    }
}

OSSL_LIB_CTX *rsa_libctx(void)
{
    (void)pthread_once(&once, make_libctx);
    return libctx;
}

bool rsa_sha256(const void *data, size_t len, uint8_t digest[static 32])
{
    return EVP_Q_digest(rsa_libctx(), "SHA256", NULL, data, len, digest,
                        NULL) == 1;
}

static bool push(OSSL_PARAM_BLD *build, BIGNUM *numbers[static RSA_NUMBERS],
                 const struct rsa_numbers *from)
{
    static const char *const names[RSA_NUMBERS] = {
        [RSA_N] = OSSL_PKEY_PARAM_RSA_N,
        [RSA_E] = OSSL_PKEY_PARAM_RSA_E,
        [RSA_D] = OSSL_PKEY_PARAM_RSA_D,
        [RSA_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
        [RSA_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
        [RSA_DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
        [RSA_DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
        [RSA_QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };

    for (size_t i = 0; i < RSA_NUMBERS; i++) {
        if (from->len[i] == 0)
            continue;
        numbers[i] = BN_bin2bn(from->value[i], (int)from->len[i], NULL);
        if (numbers[i] == NULL ||
            OSSL_PARAM_BLD_push_BN(build, names[i], numbers[i]) != 1)
            return false;
    }
    return true;
}

EVP_PKEY *rsa_key(const struct rsa_numbers *numbers)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(rsa_libctx(), "RSA", NULL);
    BIGNUM *big[RSA_NUMBERS] = {NULL};
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    int selection =
        numbers->len[RSA_D] != 0 ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;

    if (build == NULL || ctx == NULL || !push(build, big, numbers))
        goto out;
    params = OSSL_PARAM_BLD_to_param(build);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
        key = NULL;
out:
    OSSL_PARAM_free(params);
    for (size_t i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(big[i]);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(build);
    return key;
}

enum operation { SIGN, VERIFY, ENCRYPT, DECRYPT };

static int start(EVP_PKEY_CTX *ctx, enum operation operation)
{
    static int (*const starts[])(EVP_PKEY_CTX *) = {
        [SIGN] = EVP_PKEY_sign_init,
        [VERIFY] = EVP_PKEY_verify_init,
        [ENCRYPT] = EVP_PKEY_encrypt_init,
        [DECRYPT] = EVP_PKEY_decrypt_init,
    };

    return starts[operation](ctx);
}

static bool set_oaep(EVP_PKEY_CTX *ctx, const struct rsa_use *use)
{
    void *label = NULL;

    if (EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, use->digest, NULL) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, use->mgf, NULL) != 1)
        return false;
    if (use->label_len == 0)
        return true;
    label = OPENSSL_memdup(use->label, use->label_len);
    if (label != NULL &&
        EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)use->label_len) == 1)
        return true;
    OPENSSL_free(label);
    return false;
}

/* Returns new, set up for use; NULL where libcrypto refuses. */
static EVP_PKEY_CTX *prepare(EVP_PKEY *key, enum operation operation,
                             const struct rsa_use *use)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), key, NULL);
    bool good = ctx != NULL && start(ctx, operation) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, use->padding) == 1;

    if (good && use->padding == RSA_PKCS1_OAEP_PADDING) {
        good = set_oaep(ctx, use);
    } else if (good && use->digest != NULL) {
        EVP_MD *md = EVP_MD_fetch(rsa_libctx(), use->digest, NULL);

        good = md != NULL && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
        if (good && use->padding == RSA_PKCS1_PSS_PADDING)
            good =
                EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, use->mgf, NULL) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, use->salt_len) == 1;
        EVP_MD_free(md);
    }
    if (good)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* Raw RSA takes exactly the modulus' size: zeros in front. False: too long. */
static bool widen(EVP_PKEY *key, const uint8_t *data, size_t len,
                  uint8_t padded[static RSA_NUMBER_MAX], size_t *padded_len)
{
    size_t size = (size_t)EVP_PKEY_get_size(key);

    if (len > size || size > RSA_NUMBER_MAX)
        return false;
    memset(padded, 0, size - len);
    memcpy(padded + size - len, data, len);
    *padded_len = size;
    return true;
}

CK_RV rsa_sign(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
               size_t data_len, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = prepare(key, SIGN, use);
    uint8_t padded[RSA_NUMBER_MAX];
    CK_RV rv = CKR_OK;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (use->padding == RSA_NO_PADDING) {
        if (!widen(key, data, data_len, padded, &data_len))
            rv = CKR_DATA_LEN_RANGE;
        data = padded;
    }
    if (rv == CKR_OK && EVP_PKEY_sign(ctx, out, len, data, data_len) != 1)
        rv = CKR_DATA_LEN_RANGE;
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

CK_RV rsa_verify(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                 size_t data_len, const uint8_t *sig, size_t sig_len)
{
    EVP_PKEY_CTX *ctx = prepare(key, VERIFY, use);
    uint8_t padded[RSA_NUMBER_MAX];
    CK_RV rv = CKR_OK;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (sig_len != (size_t)EVP_PKEY_get_size(key))
        rv = CKR_SIGNATURE_LEN_RANGE;
    if (rv == CKR_OK && use->padding == RSA_NO_PADDING) {
        if (!widen(key, data, data_len, padded, &data_len))
            rv = CKR_DATA_LEN_RANGE;
        data = padded;
    }
    if (rv == CKR_OK && EVP_PKEY_verify(ctx, sig, sig_len, data, data_len) != 1)
        rv = CKR_SIGNATURE_INVALID;
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

/* A token says what is wrong with a ciphertext. Later versions of libcrypto
 * answer with a message of their own making instead, unless told. */
static bool reject_openly(EVP_PKEY_CTX *ctx)
{
    static const char name[] = "implicit-rejection";
    unsigned implicit = 0;
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(name, &implicit),
                                 OSSL_PARAM_construct_end()};

    return OSSL_PARAM_locate_const(EVP_PKEY_CTX_settable_params(ctx), name) ==
               NULL ||
           EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

CK_RV rsa_decrypt(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                  size_t data_len, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = prepare(key, DECRYPT, use);
    CK_RV rv = CKR_OK;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (use->padding == RSA_PKCS1_PADDING && !reject_openly(ctx))
        rv = CKR_GENERAL_ERROR;
    else if (data_len != (size_t)EVP_PKEY_get_size(key))
        rv = CKR_ENCRYPTED_DATA_LEN_RANGE;
    else if (EVP_PKEY_decrypt(ctx, out, len, data, data_len) != 1)
        rv = CKR_ENCRYPTED_DATA_INVALID;
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

CK_RV rsa_encrypt(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                  size_t data_len, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = prepare(key, ENCRYPT, use);
    uint8_t padded[RSA_NUMBER_MAX];
    CK_RV rv = CKR_OK;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (use->padding == RSA_NO_PADDING) {
        if (!widen(key, data, data_len, padded, &data_len))
            rv = CKR_DATA_LEN_RANGE;
        data = padded;
    }
    if (rv == CKR_OK && EVP_PKEY_encrypt(ctx, out, len, data, data_len) != 1)
        rv = CKR_DATA_LEN_RANGE;
    EVP_PKEY_CTX_free(ctx);
    return rv;
}
