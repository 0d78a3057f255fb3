/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures: ways round a token that refuses, parameters. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { SIG_MAX = 512 };

static void a_key_that_only_hashes_in_the_token_signs_too(void)
{
    char uri[] = "pkcs11:token=fault;object=hashing?pin-value=1234";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0), OSSL_PARAM_END};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_generate(libctx, params);
    EVP_PKEY *software = fixture_software(pkey);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sig[SIG_MAX];
    size_t len;

    fixture_set("no-mechanism=CKM_RSA_PKCS");
    for (int i = 0; i < 2; i++) {
        len = sizeof(sig);
        CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx,
                                                    NULL, pkey, NULL),
                              1);
        CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, "te", 2), 1);
        CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, "xt", 2), 1);
        fixture_reset();
        CU_ASSERT_EQUAL(EVP_DigestSignFinal(ctx, sig, &len), 1);
        CU_ASSERT_EQUAL(fixture_verify(software, RSA_PKCS1_PADDING, "SHA256",
                                       "text", sig, len),
                        1);
        EVP_MD_CTX_reset(ctx);
    }
    CU_ASSERT_EQUAL(fixture_count("*"), 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    fixture_set("no-mechanism=");
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void pss_is_padded_in_software_where_the_token_refuses(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);
    uint8_t sig[SIG_MAX];
    size_t len;

    fixture_set("no-mechanism=CKM_RSA_PKCS_PSS");
    for (int i = 0; i < 2; i++) {
        fixture_reset();
        len = sizeof(sig);
        CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PSS_PADDING,
                                     "SHA384", "text", sig, &len),
                        1);
        CU_ASSERT_EQUAL(fixture_verify(software, RSA_PKCS1_PSS_PADDING,
                                       "SHA384", "text", sig, len),
                        1);
    }
    CU_ASSERT_EQUAL(fixture_count("*"), 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    fixture_set("no-mechanism=");
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void the_algorithm_identifier_is_answered(void)
{
    static const int pads[] = {RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);

    for (size_t i = 0; i < 2; i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        uint8_t der[128];
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
                                              der, sizeof(der)),
            OSSL_PARAM_END};

        CU_ASSERT_EQUAL(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", libctx,
                                              NULL, pkey, NULL),
                        1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_padding(pctx, pads[i]), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_get_params(pctx, params), 1);
        CU_ASSERT_TRUE(params[0].return_size > 10);
        CU_ASSERT_EQUAL(der[0], 0x30);
        EVP_MD_CTX_free(ctx);
    }
    EVP_PKEY_free(pkey);
}

static void digests_of_the_wrong_length_are_refused(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    const uint8_t digest[33] = {0};
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);
    int reason = 0;

    CU_ASSERT_EQUAL(EVP_PKEY_sign_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 33), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_DATA_LEN_RANGE);
    len = 255;
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_BUFFER_TOO_SMALL);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void nothing_goes_round_a_key_that_forbids_the_bare_operation(void)
{
    char uri[] = "pkcs11:token=fault;object=signing?pin-value=1234";
    char purpose[] = "signing";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0),
        OSSL_PARAM_construct_utf8_string("privyseal_purpose", purpose, 0),
        OSSL_PARAM_END};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_generate(libctx, params);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", sig, &len),
                    1);
    fixture_reset();
    len = sizeof(sig);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PSS_PADDING, "SHA256",
                                 "text", sig, &len),
                    0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Sign"), 0);
    EVP_PKEY_free(pkey);
}

static void parameters_come_back_as_they_were_set(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    const EVP_MD *md = NULL;
    int value = 0;

    CU_ASSERT_EQUAL_FATAL(
        EVP_DigestSignInit_ex(ctx, &pctx, "SHA384", libctx, NULL, pkey, NULL),
        1);
    CU_ASSERT_TRUE(EVP_PKEY_CTX_get_rsa_padding(pctx, &value) > 0);
    CU_ASSERT_EQUAL(value, RSA_PKCS1_PADDING);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING),
                    1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 17), 1);
    CU_ASSERT_TRUE(EVP_PKEY_CTX_get_rsa_pss_saltlen(pctx, &value) > 0);
    CU_ASSERT_EQUAL(value, 17);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, "SHA1", NULL), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_get_rsa_mgf1_md(pctx, &md), 1);
    CU_ASSERT_EQUAL(EVP_MD_is_a(md, "SHA1"), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_get_signature_md(pctx, &md), 1);
    CU_ASSERT_EQUAL(EVP_MD_is_a(md, "SHA384"), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_TRUE(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_OAEP_PADDING) <=
                   0);
    CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/rsa_sign",
          UNIT(a_key_that_only_hashes_in_the_token_signs_too),
          UNIT(pss_is_padded_in_software_where_the_token_refuses),
          UNIT(nothing_goes_round_a_key_that_forbids_the_bare_operation),
          UNIT(parameters_come_back_as_they_were_set),
          UNIT(the_algorithm_identifier_is_answered),
          UNIT(digests_of_the_wrong_length_are_refused))
