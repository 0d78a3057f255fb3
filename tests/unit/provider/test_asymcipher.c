/* SPDX-License-Identifier: Apache-2.0 */
/* The encryption operation: sizes, copies, calls. */
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { K = 256 };

static void
encryption_does_not_enter_the_token_and_decryption_is_two_calls(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    EVP_PKEY_CTX *copy;
    uint8_t cipher[K], text[K];
    size_t len = 0;

    fixture_reset();
    CU_ASSERT_EQUAL(EVP_PKEY_encrypt_init(ctx), 1);
    CU_ASSERT_EQUAL(
        EVP_PKEY_encrypt(ctx, NULL, &len, (const uint8_t *)"text", 4), 1);
    CU_ASSERT_EQUAL(len, K);
    CU_ASSERT_EQUAL(
        EVP_PKEY_encrypt(ctx, cipher, &len, (const uint8_t *)"text", 4), 1);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt_init(ctx), 1);
    copy = EVP_PKEY_CTX_dup(ctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt(copy, NULL, &len, cipher, K), 1);
    CU_ASSERT_EQUAL(len, K);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt(copy, text, &len, cipher, K), 1);
    CU_ASSERT_EQUAL(len, 4);
    CU_ASSERT_EQUAL(memcmp(text, "text", 4), 0);
    /* The first has made the secret of implicit rejection, too. */
    fixture_reset();
    len = K;
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt(copy, text, &len, cipher, K), 1);
    CU_ASSERT_EQUAL(fixture_count("C_DecryptInit"), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Decrypt"), 1);
    CU_ASSERT_EQUAL(fixture_count("*"), 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_CTX_free(copy);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void a_message_that_is_too_long_is_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    uint8_t cipher[K], text[K] = {0};
    size_t len = sizeof(cipher);

    CU_ASSERT_EQUAL(EVP_PKEY_encrypt_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_encrypt(ctx, cipher, &len, text, K - 10), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void no_room_for_the_message_is_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    uint8_t cipher[K], text[K];
    size_t len = sizeof(cipher);

    CU_ASSERT_EQUAL(EVP_PKEY_encrypt_init(ctx), 1);
    CU_ASSERT_EQUAL(
        EVP_PKEY_encrypt(ctx, cipher, &len, (const uint8_t *)"text", 4), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt_init(ctx), 1);
    len = 3;
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt(ctx, text, &len, cipher, K), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/asymcipher",
          UNIT(encryption_does_not_enter_the_token_and_decryption_is_two_calls),
          UNIT(a_message_that_is_too_long_is_one_error),
          UNIT(no_room_for_the_message_is_one_error))
