/* SPDX-License-Identifier: Apache-2.0 */
/* Owns ML-DSA and ML-KEM. */
#include "ml.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

enum { DSA_SEED = 32, KEM_SEED = 64 };

static const struct ml_set sets[] = {
    {CKK_ML_DSA, CKP_ML_DSA_44, "ML-DSA-44", DSA_SEED},
    {CKK_ML_DSA, CKP_ML_DSA_65, "ML-DSA-65", DSA_SEED},
    {CKK_ML_DSA, CKP_ML_DSA_87, "ML-DSA-87", DSA_SEED},
    {CKK_ML_KEM, CKP_ML_KEM_512, "ML-KEM-512", KEM_SEED},
    {CKK_ML_KEM, CKP_ML_KEM_768, "ML-KEM-768", KEM_SEED},
    {CKK_ML_KEM, CKP_ML_KEM_1024, "ML-KEM-1024", KEM_SEED},
};

const struct ml_set *ml_find(CK_KEY_TYPE type, CK_ULONG number)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (sets[i].type == type && sets[i].number == number)
            return &sets[i];
    }
    return NULL;
}

bool ml_known(CK_KEY_TYPE type)
{
    const struct ml_set *set = ml_find(type, 1); /* the first of each type */
    EVP_KEYMGMT *keymgmt = NULL;

    (void)ERR_set_mark(); /* the caller's errors are none of ours */
    if (set != NULL)
        keymgmt = EVP_KEYMGMT_fetch(rsa_libctx(), set->name, NULL);
    (void)ERR_pop_to_mark();
    EVP_KEYMGMT_free(keymgmt);
    return keymgmt != NULL;
}

/* ---- keys -------------------------------------------------------------- */

static EVP_PKEY *from_seed(const struct ml_set *set, uint8_t *seed)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(rsa_libctx(), set->name, NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string("seed", seed, set->seed_len),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

CK_RV ml_generate(const struct ml_set *set, const uint8_t seed[static 32],
                  uint64_t index, struct ml_pair *out)
{
    uint8_t drawn[KEM_SEED];
    EVP_PKEY *key = NULL;
    CK_RV rv = CKR_FUNCTION_FAILED;

    *out = (struct ml_pair){.private_len = sizeof(out->private_value),
                            .public_len = sizeof(out->public_value)};
    if (rsa_draw(seed, index, drawn, set->seed_len))
        key = from_seed(set, drawn);
    if (key != NULL &&
        EVP_PKEY_get_raw_private_key(key, out->private_value,
                                     &out->private_len) == 1 &&
        EVP_PKEY_get_raw_public_key(key, out->public_value, &out->public_len) ==
            1)
        rv = CKR_OK;
    OPENSSL_cleanse(drawn, sizeof(drawn));
    EVP_PKEY_free(key);
    return rv;
}

EVP_PKEY *ml_key(const struct ml_set *set, bool private, const uint8_t *value,
                 size_t len)
{
    return private ? EVP_PKEY_new_raw_private_key_ex(rsa_libctx(), set->name,
                                                     NULL, value, len)
                   : EVP_PKEY_new_raw_public_key_ex(rsa_libctx(), set->name,
                                                    NULL, value, len);
}

/* ---- signatures -------------------------------------------------------- */

/* Returns new, or NULL. */
static EVP_MD_CTX *begin(EVP_PKEY *key, const struct ml_use *use, bool signing)
{
    static const uint8_t none;
    int deterministic = use->deterministic;
    const uint8_t *context = use->context_len > 0 ? use->context : &none;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(
            "context-string", (void *)(uintptr_t)context, use->context_len),
        OSSL_PARAM_construct_int("deterministic", &deterministic),
        OSSL_PARAM_construct_end()};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    int good = 0;

    if (ctx != NULL)
        good = signing ? EVP_DigestSignInit_ex(ctx, &key_ctx, NULL,
                                               rsa_libctx(), NULL, key, NULL)
                       : EVP_DigestVerifyInit_ex(ctx, &key_ctx, NULL,
                                                 rsa_libctx(), NULL, key, NULL);
    if (good == 1 && EVP_PKEY_CTX_set_params(key_ctx, params) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

CK_RV ml_sign(EVP_PKEY *key, const struct ml_use *use, const uint8_t *data,
              size_t data_len, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = begin(key, use, true);
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID;

    if (ctx != NULL)
        rv = EVP_DigestSign(ctx, out, len, data, data_len) == 1
                 ? CKR_OK
                 : CKR_FUNCTION_FAILED;
    EVP_MD_CTX_free(ctx);
    return rv;
}

CK_RV ml_verify(EVP_PKEY *key, const struct ml_use *use, const uint8_t *data,
                size_t data_len, const uint8_t *sig, size_t sig_len)
{
    EVP_MD_CTX *ctx = begin(key, use, false);
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID;

    if (ctx != NULL)
        rv = EVP_DigestVerify(ctx, sig, sig_len, data, data_len) == 1
                 ? CKR_OK
                 : CKR_SIGNATURE_INVALID;
    EVP_MD_CTX_free(ctx);
    return rv;
}

/* ---- encapsulation ----------------------------------------------------- */

CK_RV ml_decapsulate(EVP_PKEY *key, const uint8_t *ciphertext,
                     size_t ciphertext_len, uint8_t secret[static ML_SECRET])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), key, NULL);
    size_t len = ML_SECRET;
    CK_RV rv = CKR_FUNCTION_FAILED;

    if (ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) == 1)
        rv = EVP_PKEY_decapsulate(ctx, secret, &len, ciphertext,
                                  ciphertext_len) == 1 &&
                     len == ML_SECRET
                 ? CKR_OK
                 : CKR_ENCRYPTED_DATA_INVALID;
    EVP_PKEY_CTX_free(ctx);
    return rv;
}
