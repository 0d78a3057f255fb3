/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by an algorithm's name, message by message (OpenSSL 3.4). */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <string.h>

#include "curves.h"
#include "fixture.h"
#include "unit.h"

#ifdef OSSL_FUNC_SIGNATURE_SIGN_MESSAGE_INIT

enum { SIG_MAX = 512 };

static const uint8_t text[] = "a message";

static const struct {
    const char *type, *group, *label, *algorithm, *digest;
} rows[] = {{"RSA", NULL, "k", "RSA-SHA256", "SHA256"},
            {"RSA", NULL, "k", "RSA-SHA3-384", "SHA3-384"},
            {"EC", "P-256", "named-ec", "ECDSA-SHA256", "SHA256"},
            {"EC", "P-256", "named-ec", "ECDSA-SHA2-512", "SHA512"},
            {"ED25519", NULL, "named-ed", "ED25519", NULL},
            {"ED448", NULL, "named-448", "ED448", NULL}};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static EVP_PKEY *key(OSSL_LIB_CTX *libctx, size_t i)
{
    EVP_PKEY *pkey = curves_load(libctx, rows[i].label);

    (void)fixture_errors(NULL);
    if (pkey == NULL)
        pkey =
            curves_generate(libctx, rows[i].type, rows[i].group, rows[i].label);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    return pkey;
}

static int verify(EVP_PKEY *pkey, const char *digest, const uint8_t *sig,
                  size_t len)
{
    EVP_PKEY *software = curves_software(pkey);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, software,
                                     NULL) == 1 &&
             EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(software);
    return ok;
}

static void a_named_algorithm_signs_and_verifies_messages(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < ROWS; i++) {
        EVP_PKEY *pkey = key(libctx, i);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
        EVP_SIGNATURE *alg = EVP_SIGNATURE_fetch(libctx, rows[i].algorithm,
                                                 "provider=privyseal");
        uint8_t sig[SIG_MAX];
        size_t len = sizeof(sig);

        CU_ASSERT_PTR_NOT_NULL_FATAL(alg);
        CU_ASSERT_EQUAL(EVP_PKEY_sign_message_init(ctx, alg, NULL), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, text, sizeof(text)), 1);
        CU_ASSERT_EQUAL(verify(pkey, rows[i].digest, sig, len), 1);

        CU_ASSERT_EQUAL(EVP_PKEY_sign_message_init(ctx, alg, NULL), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_sign_message_update(ctx, text, 4), 1);
        CU_ASSERT_EQUAL(
            EVP_PKEY_sign_message_update(ctx, text + 4, sizeof(text) - 4), 1);
        len = sizeof(sig);
        CU_ASSERT_EQUAL(EVP_PKEY_sign_message_final(ctx, sig, &len), 1);
        CU_ASSERT_EQUAL(verify(pkey, rows[i].digest, sig, len), 1);

        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_init(ctx, alg, NULL), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_signature(ctx, sig, len), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_update(ctx, text, sizeof(text)),
                        1);
        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_final(ctx), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_init(ctx, alg, NULL), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_signature(ctx, sig, len), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_update(ctx, text, 4), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_verify_message_final(ctx), 0);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
        EVP_SIGNATURE_free(alg);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(pkey);
    }
}

static void unnamed_the_algorithm_is_software(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < ROWS; i++) {
        EVP_SIGNATURE *alg =
            EVP_SIGNATURE_fetch(libctx, rows[i].algorithm, NULL);

        CU_ASSERT_PTR_NOT_NULL_FATAL(alg);
        CU_ASSERT_STRING_EQUAL(
            OSSL_PROVIDER_get0_name(EVP_SIGNATURE_get0_provider(alg)),
            "default");
        EVP_SIGNATURE_free(alg);
    }
}

static void a_name_fixes_type_and_digest(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, 2), *rsa = key(libctx, 0);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    EVP_PKEY_CTX *other = EVP_PKEY_CTX_new_from_pkey(libctx, rsa, NULL);
    EVP_SIGNATURE *alg =
        EVP_SIGNATURE_fetch(libctx, "ECDSA-SHA256", "provider=privyseal");
    char digest[] = "SHA512";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(
                               OSSL_SIGNATURE_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};

    CU_ASSERT_TRUE(EVP_PKEY_sign_message_init(other, alg, NULL) <= 0);
    ERR_clear_error();
    CU_ASSERT_TRUE(EVP_PKEY_sign_message_init(ctx, alg, params) <= 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_SIGNATURE_free(alg);
    EVP_PKEY_CTX_free(other);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/sigctx",
          UNIT(a_named_algorithm_signs_and_verifies_messages),
          UNIT(unnamed_the_algorithm_is_software),
          UNIT(a_name_fixes_type_and_digest))

#else

static void before_3_4_no_algorithm_has_a_name(void)
{
    CU_ASSERT_PTR_NULL(
        EVP_SIGNATURE_fetch(fixture(), "ECDSA-SHA256", "provider=privyseal"));
    ERR_clear_error();
}

UNIT_MAIN("provider/sigctx", UNIT(before_3_4_no_algorithm_has_a_name))

#endif
