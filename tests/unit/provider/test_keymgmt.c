/* SPDX-License-Identifier: Apache-2.0 */
/* Key management: questions, comparing, export, software keys. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

static void a_private_key_answers_what_programs_ask(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    char name[80], uri[320];
    BIGNUM *n = NULL, *e = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    fixture_reset();
    CU_ASSERT_EQUAL(EVP_PKEY_is_a(pkey, "RSA"), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_is_a(pkey, "rsaEncryption"), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_base_id(pkey), EVP_PKEY_RSA);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), 2048);
    CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(pkey), 112);
    CU_ASSERT_EQUAL(EVP_PKEY_get_size(pkey), 256);
    CU_ASSERT_EQUAL(EVP_PKEY_get_default_digest_name(pkey, name, sizeof(name)),
                    1);
    CU_ASSERT_STRING_EQUAL(name, "SHA256");
    CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, "n", &n), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, "e", &e), 1);
    CU_ASSERT_EQUAL(BN_num_bits(n), 2048);
    CU_ASSERT_EQUAL(BN_is_word(e, 65537), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(pkey, "pkcs11_uri", uri,
                                                   sizeof(uri), NULL),
                    1);
    CU_ASSERT_PTR_NOT_NULL(strstr(uri, "object=k"));
    CU_ASSERT_PTR_NULL(strstr(uri, "1234"));
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    BN_free(n);
    BN_free(e);
    EVP_PKEY_free(pkey);
}

static void keys_are_equal_across_providers_both_ways(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *public = fixture_load(libctx, FIXTURE_PUBLIC);
    EVP_PKEY *software = fixture_software(pkey);
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);

    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, software), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(software, pkey), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, public), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(public, pkey), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, other), 0);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(other, pkey), 0);
    EVP_PKEY_free(other);
    EVP_PKEY_free(software);
    EVP_PKEY_free(public);
    EVP_PKEY_free(pkey);
}

static void the_private_half_is_not_exported(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    OSSL_PARAM *params = NULL;
    int reason = 0;

    CU_ASSERT_EQUAL(EVP_PKEY_todata(pkey, EVP_PKEY_KEYPAIR, &params), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_KEY_UNEXTRACTABLE);
    CU_ASSERT_PTR_NULL(params);
    CU_ASSERT_PTR_NULL(EVP_PKEY2PKCS8(pkey));
    ERR_clear_error();
    CU_ASSERT_EQUAL(EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &params), 1);
    CU_ASSERT_PTR_NOT_NULL(params);
    OSSL_PARAM_free(params);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
}

static void a_copy_of_a_key_signs(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *copy = EVP_PKEY_dup(pkey);
    uint8_t sig[256];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, copy), 1);
    EVP_PKEY_free(pkey);
    CU_ASSERT_EQUAL(fixture_sign(libctx, copy, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(copy);
}

static void a_software_key_that_is_forced_on_us_works_as_ever(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, "RSA", "provider=privyseal");
    EVP_PKEY *pkey = NULL, *again = NULL, *other;
    OSSL_PARAM *params = NULL;
    uint8_t sig[256];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_generate(ctx, &pkey), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bits(pkey), 2048);
    CU_ASSERT_EQUAL(EVP_PKEY_todata(pkey, EVP_PKEY_KEYPAIR, &params), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_fromdata(ctx, &again, EVP_PKEY_KEYPAIR, params), 1);
    other = fixture_software(again);
    CU_ASSERT_EQUAL(fixture_sign(libctx, again, RSA_PKCS1_PSS_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    CU_ASSERT_EQUAL(fixture_verify(other, RSA_PKCS1_PSS_PADDING, "SHA256",
                                   "text", sig, len),
                    1);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    OSSL_PARAM_free(params);
    EVP_PKEY_free(other);
    EVP_PKEY_free(again);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
}

UNIT_MAIN("provider/keymgmt", UNIT(a_private_key_answers_what_programs_ask),
          UNIT(keys_are_equal_across_providers_both_ways),
          UNIT(the_private_half_is_not_exported), UNIT(a_copy_of_a_key_signs),
          UNIT(a_software_key_that_is_forced_on_us_works_as_ever))
