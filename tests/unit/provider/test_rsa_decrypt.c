/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong PKCS#1 v1.5 padding is a message like any other. */
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { K = 256, ROUNDS = 20 };

static void encrypt(EVP_PKEY *software, int pad, const void *text, size_t len,
                    uint8_t cipher[K])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(software, NULL);
    size_t size = K;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_encrypt_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_rsa_padding(ctx, pad), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_encrypt(ctx, cipher, &size, text, len), 1);
    EVP_PKEY_CTX_free(ctx);
}

/* A block that is one octet short of a good one. */
static void encrypt_wrong(EVP_PKEY *software, unsigned n, uint8_t cipher[K])
{
    uint8_t em[K];

    memset(em, 0x5a, K);
    em[0] = 0;
    em[1] = 2;
    em[9] = 0; /* seven octets of padding */
    em[K - 1] = (uint8_t)n;
    encrypt(software, RSA_NO_PADDING, em, K, cipher);
}

static int decrypt_with(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, unsigned implicit,
                        const uint8_t *cipher, size_t cipher_len,
                        uint8_t out[K], size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint("implicit-rejection", &implicit),
        OSSL_PARAM_construct_end()};
    int ok;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_decrypt_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
    memset(out, 0, K);
    *len = K;
    ok = EVP_PKEY_decrypt(ctx, out, len, cipher, cipher_len);
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int decrypt(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                   const uint8_t cipher[K], uint8_t out[K], size_t *len)
{
    return decrypt_with(libctx, pkey, 1, cipher, K, out, len);
}

/* Wrong ciphertexts give messages, the same for the same key, loaded anew. */
static void answers_are_steady(OSSL_LIB_CTX *libctx)
{
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *again = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t cipher[K], one[K], two[K], before[K] = {0};
    size_t len, len2;

    for (unsigned n = 0; n < ROUNDS; n++) {
        encrypt_wrong(software, n, cipher);
        CU_ASSERT_EQUAL_FATAL(decrypt(libctx, pkey, cipher, one, &len), 1);
        CU_ASSERT_EQUAL_FATAL(decrypt(libctx, again, cipher, two, &len2), 1);
        CU_ASSERT_TRUE(len <= K - 11);
        CU_ASSERT_EQUAL(len, len2);
        CU_ASSERT_EQUAL(memcmp(one, two, K), 0);
        CU_ASSERT_NOT_EQUAL(memcmp(one, before, K), 0);
        memcpy(before, one, K);
    }
    encrypt(software, RSA_PKCS1_PADDING, "right", 5, cipher);
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, cipher, one, &len), 1);
    CU_ASSERT_EQUAL(len, 5);
    CU_ASSERT_EQUAL(memcmp(one, "right", 5), 0);
    encrypt(software, RSA_PKCS1_PADDING, "", 0, cipher);
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, cipher, one, &len), 1);
    CU_ASSERT_EQUAL(len, 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(again);
    EVP_PKEY_free(pkey);
}

static void a_wrong_padding_is_no_error(void)
{
    answers_are_steady(fixture());
}

static void nor_is_it_where_the_token_removes_the_padding(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    fixture_set("no-mechanism=CKM_RSA_X_509");
    answers_are_steady(libctx);
    fixture_set("no-mechanism=");
}

/* EVP_PKEY_decrypt of the same by a key of libcrypto's default provider. */
static int decrypt_in(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, int pad,
                      const uint8_t cipher[K], size_t room)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    uint8_t out[K];
    int ok;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_decrypt_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_rsa_padding(ctx, pad), 1);
    ok = EVP_PKEY_decrypt(ctx, out, &room, cipher, K);
    EVP_PKEY_CTX_free(ctx);
    return ok == 1;
}

static void room_is_wanted_as_by_libcrypto(void)
{
    static const int pads[] = {RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING,
                               RSA_NO_PADDING};
    static const size_t rooms[] = {1, 5, K - 12, K - 11, K - 1, K};
    uint8_t cipher[K], text[K] = {0, 'r', 'i', 'g', 'h', 't'};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *theirs = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)K * 8);
    EVP_PKEY *software = fixture_software(pkey);

    for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
        const size_t len = pads[i] == RSA_NO_PADDING ? K : 5;

        for (size_t n = 0; n < sizeof(rooms) / sizeof(rooms[0]); n++) {
            int ours, expected;

            encrypt(theirs, pads[i], text, len, cipher);
            expected = decrypt_in(NULL, theirs, pads[i], cipher, rooms[n]);
            (void)fixture_errors(NULL);
            encrypt(software, pads[i], text, len, cipher);
            ours = decrypt_in(libctx, pkey, pads[i], cipher, rooms[n]);
            CU_ASSERT_EQUAL(ours, expected);
            CU_ASSERT_EQUAL(fixture_errors(NULL), ours ? 0 : 1);
        }
    }
    EVP_PKEY_free(software);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(pkey);
}

static void right_and_wrong_paddings_cost_the_token_the_same(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t right[K], wrong[K], out[K];
    size_t len;

    encrypt(software, RSA_PKCS1_PADDING, "right", 5, right);
    encrypt_wrong(software, 0, wrong);
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, right, out, &len), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Decrypt"), 2); /* the secret, once */
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, right, out, &len), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Decrypt"), 3);
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, wrong, out, &len), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Decrypt"), 4);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void who_asks_for_it_gets_an_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t cipher[K], out[K];
    int reason = 0;
    size_t len;

    encrypt_wrong(software, 0, cipher);
    CU_ASSERT_EQUAL(decrypt_with(libctx, pkey, 0, cipher, K, out, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_ENCRYPTED_DATA_INVALID);
    encrypt(software, RSA_PKCS1_PADDING, "right", 5, cipher);
    CU_ASSERT_EQUAL(decrypt_with(libctx, pkey, 0, cipher, K, out, &len), 1);
    CU_ASSERT_EQUAL(len, 5);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void what_is_no_ciphertext_never_reaches_the_token(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    uint8_t cipher[K + 1], out[K];
    int reason = 0;
    size_t len;

    memset(cipher, 0xff, sizeof(cipher)); /* more than any modulus */
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, cipher, out, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_ENCRYPTED_DATA_LEN_RANGE);
    cipher[0] = 0;
    CU_ASSERT_EQUAL(
        decrypt_with(libctx, pkey, 1, cipher, sizeof(cipher), out, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Decrypt"), 0);
    EVP_PKEY_free(pkey);
}

static void a_token_that_fails_is_an_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t cipher[K], out[K];
    int reason = 0;
    size_t len;

    encrypt(software, RSA_PKCS1_PADDING, "right", 5, cipher);
    fixture_rule("C_Decrypt -> rv=CKR_HOST_MEMORY");
    CU_ASSERT_EQUAL(decrypt(libctx, pkey, cipher, out, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_HOST_MEMORY);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/rsa_decrypt", UNIT(a_wrong_padding_is_no_error),
          UNIT(nor_is_it_where_the_token_removes_the_padding),
          UNIT(room_is_wanted_as_by_libcrypto),
          UNIT(right_and_wrong_paddings_cost_the_token_the_same),
          UNIT(who_asks_for_it_gets_an_error),
          UNIT(what_is_no_ciphertext_never_reaches_the_token),
          UNIT(a_token_that_fails_is_an_error))
