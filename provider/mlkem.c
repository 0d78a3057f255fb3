/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM (FIPS 203): encapsulation in software, decapsulation in the token. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "ask.h"
#include "error.h"
#include "key.h"
#include "ml_ops.h"
#include "prov.h"

static int failed(const struct prov_key *key, const char *what, CK_RV rv)
{
    return prov_raise(&key->prov->core, rv, "%s: not %s: %s",
                      prov_key_name(key), what, p11_rv_text(rv));
}

static size_t secret_size(const struct prov_key *key)
{
    (void)key;
    return PROV_ML_KEM_SECRET;
}

static size_t ciphertext_size(const struct prov_key *key)
{
    return key->size;
}

static int encapsulate(struct prov_key *key, uint8_t *ciphertext,
                       uint8_t *secret)
{
    size_t len = key->size, secret_len = PROV_ML_KEM_SECRET;
    EVP_PKEY *soft = prov_key_soft(key);
    EVP_PKEY_CTX *ctx;
    bool ok;

    if (soft == NULL)
        return 0;
    prov_enter(key->prov);
    ctx = prov_soft_use(&key->prov->soft, soft);
    ok =
        ctx != NULL && EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
        EVP_PKEY_encapsulate(ctx, ciphertext, &len, secret, &secret_len) == 1 &&
        len == key->size && secret_len == PROV_ML_KEM_SECRET;
    EVP_PKEY_CTX_free(ctx);
    prov_leave(key->prov);
    return ok ? 1 : failed(key, "encapsulated", CKR_FUNCTION_FAILED);
}

static CK_RV decapsulate_soft(struct prov_key *key, uint8_t *secret,
                              const uint8_t *ciphertext, size_t ciphertext_len)
{
    size_t len = PROV_ML_KEM_SECRET;
    EVP_PKEY *soft = atomic_load(&key->soft);
    EVP_PKEY_CTX *ctx =
        soft != NULL ? prov_soft_use(&key->prov->soft, soft) : NULL;
    bool ok = ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
              EVP_PKEY_decapsulate(ctx, secret, &len, ciphertext,
                                   ciphertext_len) == 1 &&
              len == PROV_ML_KEM_SECRET;

    EVP_PKEY_CTX_free(ctx);
    return ok ? CKR_OK : CKR_FUNCTION_FAILED;
}

static int decapsulate(struct prov_key *key, uint8_t *secret,
                       const uint8_t *ciphertext, size_t ciphertext_len)
{
    const CK_MECHANISM how = {CKM_ML_KEM, NULL, 0};
    CK_RV rv;

    if (!prov_key_is_private(key))
        return failed(key, "decapsulated", CKR_KEY_FUNCTION_NOT_PERMITTED);
    if (ciphertext_len != key->size)
        return failed(key, "decapsulated", CKR_ENCRYPTED_DATA_LEN_RANGE);
    prov_enter(key->prov);
    rv = key->object == NULL
             ? decapsulate_soft(key, secret, ciphertext, ciphertext_len)
             : p11_decapsulate(key->object, &how, ciphertext, ciphertext_len,
                               secret, PROV_ML_KEM_SECRET, &prov_ask_default);
    prov_leave(key->prov);
    return rv == CKR_OK ? 1 : failed(key, "decapsulated", rv);
}

int prov_ml_kem_pairwise(struct prov_key *key)
{
    uint8_t one[PROV_ML_KEM_SECRET], two[PROV_ML_KEM_SECRET];
    uint8_t *ciphertext = OPENSSL_malloc(key->size);
    int ok;

    if (ciphertext == NULL)
        return failed(key, "checked", CKR_HOST_MEMORY);
    ok = encapsulate(key, ciphertext, one) == 1 &&
         decapsulate(key, two, ciphertext, key->size) == 1;
    if (ok && CRYPTO_memcmp(one, two, sizeof(one)) != 0)
        ok = prov_raise(&key->prov->core, P11R_KEY_CHANGED,
                        "%s: the private key is not that of the public one",
                        prov_key_name(key));
    OPENSSL_cleanse(one, sizeof(one));
    OPENSSL_cleanse(two, sizeof(two));
    OPENSSL_free(ciphertext);
    return ok;
}

const struct prov_kem_ops prov_ml_kem = {
    .secret_size = secret_size,
    .ciphertext_size = ciphertext_size,
    .encapsulate = encapsulate,
    .decapsulate = decapsulate,
};
