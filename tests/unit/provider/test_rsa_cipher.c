/* SPDX-License-Identifier: Apache-2.0 */
/* RSA decryption: ways round a token that refuses, TLS's rules, oracles. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { K = 256, PREMASTER = 48, TLS12 = 0x0303, TLS11 = 0x0302 };

struct padding {
    int pad;
    const char *digest, *mgf1, *label;
};

static EVP_PKEY_CTX *context(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                             int (*begin)(EVP_PKEY_CTX *),
                             const struct padding *padding)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(begin(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_rsa_padding(ctx, padding->pad), 1);
    if (padding->digest != NULL)
        CU_ASSERT_EQUAL_FATAL(
            EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, padding->digest, NULL), 1);
    if (padding->mgf1 != NULL)
        CU_ASSERT_EQUAL_FATAL(
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, padding->mgf1, NULL), 1);
    if (padding->label != NULL)
        CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set0_rsa_oaep_label(
                                  ctx, OPENSSL_strdup(padding->label),
                                  (int)strlen(padding->label)),
                              1);
    return ctx;
}

static void encrypt(EVP_PKEY *software, const struct padding *padding,
                    const void *text, size_t len, uint8_t cipher[K])
{
    EVP_PKEY_CTX *ctx = context(NULL, software, EVP_PKEY_encrypt_init, padding);
    size_t size = K;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_encrypt(ctx, cipher, &size, text, len), 1);
    EVP_PKEY_CTX_free(ctx);
}

static int decrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                   const struct padding *padding, const uint8_t cipher[K],
                   uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = context(libctx, pkey, EVP_PKEY_decrypt_init, padding);
    int ok;

    *len = K;
    ok = EVP_PKEY_decrypt(ctx, out, len, cipher, K);
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static const struct padding paddings[] = {
    {RSA_PKCS1_PADDING, NULL, NULL, NULL},
    {RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA256", NULL, NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA256", "SHA1", NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA3-256", "SHA512", NULL},
    {RSA_PKCS1_OAEP_PADDING, "SHA1", NULL, "label"}};

enum { PADDINGS = sizeof(paddings) / sizeof(paddings[0]) };

static void round_trips(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t cipher[K], text[K];
    size_t len;

    for (size_t i = 0; i < PADDINGS; i++) {
        encrypt(software, &paddings[i], "secret", 6, cipher);
        CU_ASSERT_EQUAL(decrypt(libctx, pkey, &paddings[i], cipher, text, &len),
                        1);
        CU_ASSERT_EQUAL_FATAL(len, 6);
        CU_ASSERT_EQUAL(memcmp(text, "secret", 6), 0);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void what_openssl_encrypts_the_token_decrypts(void)
{
    round_trips();
}

static void oaep_needs_only_the_bare_operation_of_the_token(void)
{
    (void)fixture();
    fixture_set("no-mechanism=CKM_RSA_PKCS_OAEP");
    round_trips();
    fixture_set("no-mechanism=");
}

static void every_bad_ciphertext_of_oaep_is_the_same_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t cipher[K], text[K];
    int reason = 0;
    size_t len;

    for (size_t i = 1; i < PADDINGS; i++) { /* of OAEP */
        encrypt(software, &paddings[i], "secret", 6, cipher);
        cipher[K - 1] ^= 1;
        ERR_clear_error();
        CU_ASSERT_EQUAL(decrypt(libctx, pkey, &paddings[i], cipher, text, &len),
                        0);
        CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
        CU_ASSERT_EQUAL(reason, CKR_ENCRYPTED_DATA_INVALID);
    }
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static int premaster(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                     const uint8_t cipher[K], unsigned negotiated,
                     uint8_t out[PREMASTER])
{
    static const struct padding tls = {RSA_PKCS1_WITH_TLS_PADDING, NULL, NULL,
                                       NULL};
    EVP_PKEY_CTX *ctx = context(libctx, pkey, EVP_PKEY_decrypt_init, &tls);
    unsigned client = TLS12;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION,
                                  &client),
        OSSL_PARAM_construct_uint(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION,
                                  &negotiated),
        OSSL_PARAM_END};
    size_t len = PREMASTER;
    int ok;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
    ok = EVP_PKEY_decrypt(ctx, out, &len, cipher, K);
    EVP_PKEY_CTX_free(ctx);
    return ok == 1 && len == PREMASTER;
}

static void a_pre_master_secret_never_tells_what_is_wrong(void)
{
    static const struct padding *pkcs1 = &paddings[0];
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t secret[PREMASTER + 1] = {3, 3, 7, 8, 9}, cipher[K];
    uint8_t a[PREMASTER], b[PREMASTER];

    encrypt(software, pkcs1, secret, PREMASTER, cipher);
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, 0, a));
    CU_ASSERT_EQUAL(memcmp(a, secret, PREMASTER), 0);

    cipher[9] ^= 1; /* not padded */
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, 0, a));
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, 0, b));
    CU_ASSERT_NOT_EQUAL(memcmp(a, secret, PREMASTER), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, PREMASTER), 0);

    encrypt(software, pkcs1, secret, PREMASTER + 1, cipher); /* too long */
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, 0, a));
    CU_ASSERT_NOT_EQUAL(memcmp(a, secret, PREMASTER), 0);

    secret[1] = 2; /* another version, then one that was negotiated */
    encrypt(software, pkcs1, secret, PREMASTER, cipher);
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, 0, a));
    CU_ASSERT_NOT_EQUAL(memcmp(a, secret, PREMASTER), 0);
    CU_ASSERT_TRUE(premaster(libctx, pkey, cipher, TLS11, a));
    CU_ASSERT_EQUAL(memcmp(a, secret, PREMASTER), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);

    fixture_rule("C_Decrypt -> rv=CKR_HOST_MEMORY");
    CU_ASSERT_FALSE(premaster(libctx, pkey, cipher, 0, a));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/rsa_cipher", UNIT(what_openssl_encrypts_the_token_decrypts),
          UNIT(oaep_needs_only_the_bare_operation_of_the_token),
          UNIT(every_bad_ciphertext_of_oaep_is_the_same_error),
          UNIT(a_pre_master_secret_never_tells_what_is_wrong))
