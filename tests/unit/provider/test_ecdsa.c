/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA: digests and groups, the token's two ways, named algorithms. */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#include "curves.h"
#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { SIG_MAX = 256 };

static int sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, const char *digest,
                uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = EVP_DigestSignInit_ex(ctx, NULL, digest, libctx, NULL, pkey,
                                   NULL) == 1 &&
             EVP_DigestSign(ctx, sig, len, (const uint8_t *)"text", 4) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static int verify(EVP_PKEY *software, const char *digest, const uint8_t *sig,
                  size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, software,
                                     NULL) == 1 &&
             EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"text", 4) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static EVP_PKEY *key(OSSL_LIB_CTX *libctx, const char *group)
{
    EVP_PKEY *pkey = curves_load(libctx, group);

    (void)fixture_errors(NULL);
    if (pkey == NULL)
        pkey = curves_generate(libctx, "EC", group, group);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    return pkey;
}

static void every_group_and_digest_verifies_without_the_provider(void)
{
    static const char *const groups[] = {"P-256", "P-384", "P-521", "secp256k1",
                                         "brainpoolP320r1"};
    static const char *const digests[] = {
        "SHA1",       "SHA224",   "SHA256",   "SHA384", "SHA512",
        "SHA512-256", "SHA3-256", "SHA3-512", "MD5",    "RIPEMD160"};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        EVP_PKEY *pkey = key(libctx, groups[i]);
        EVP_PKEY *software = curves_software(pkey);

        for (size_t j = 0; j < sizeof(digests) / sizeof(digests[0]); j++) {
            /* r and s begin with zeros or high bits now and then */
            for (int k = 0; k < 8; k++) {
                uint8_t sig[SIG_MAX];
                size_t len = sizeof(sig);

                CU_ASSERT_EQUAL_FATAL(sign(libctx, pkey, digests[j], sig, &len),
                                      1);
                CU_ASSERT_TRUE(len <= (size_t)EVP_PKEY_get_size(pkey));
                CU_ASSERT_EQUAL(verify(software, digests[j], sig, len), 1);
            }
        }
        EVP_PKEY_free(software);
        EVP_PKEY_free(pkey);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    CU_ASSERT_EQUAL(fixture_violations(), 0);
}

static void a_signature_is_two_calls(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, "P-256");
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    (void)sign(libctx, pkey, "SHA256", sig, &len);
    fixture_reset();
    for (int i = 0; i < 10; i++) {
        len = sizeof(sig);
        CU_ASSERT_EQUAL(sign(libctx, pkey, "SHA256", sig, &len), 1);
    }
    CU_ASSERT_EQUAL(fixture_count("C_SignInit"), 10);
    CU_ASSERT_EQUAL(fixture_count("*"), 20);
    EVP_PKEY_free(pkey);
}

static void a_token_that_must_hash_hashes(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, "P-256"), *software = curves_software(pkey);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    EVP_PKEY_free(pkey);
    fixture_set("no-mechanism=CKM_ECDSA");
    pkey = curves_load(libctx, "P-256");
    CU_ASSERT_EQUAL(sign(libctx, pkey, "SHA384", sig, &len), 1);
    CU_ASSERT_EQUAL(verify(software, "SHA384", sig, len), 1);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL),
        1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, "te", 2), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignUpdate(ctx, "xt", 2), 1);
    CU_ASSERT_EQUAL(EVP_DigestSignFinal(ctx, sig, &len), 1);
    CU_ASSERT_EQUAL(verify(software, "SHA256", sig, len), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(sign(libctx, pkey, "SHA3-256", sig, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    fixture_set("no-mechanism=");
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void what_is_wrong_is_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, "P-256");
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    uint8_t sig[SIG_MAX], digest[32] = {1};
    size_t len = 10;
    int reason = 0;

    CU_ASSERT_EQUAL(EVP_PKEY_sign_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_BUFFER_TOO_SMALL);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 31), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_DATA_LEN_RANGE);
    fixture_rule("C_Sign -> rv=CKR_FUNCTION_FAILED");
    len = sizeof(sig);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_FUNCTION_FAILED);
    fixture_reset();
    len = sizeof(sig);
    CU_ASSERT_EQUAL(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_verify_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_verify(ctx, sig, len, digest, 32), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    sig[len - 1] ^= 1;
    CU_ASSERT_EQUAL(EVP_PKEY_verify(ctx, sig, len, digest, 32), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_SIGNATURE_INVALID);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void requests_name_their_algorithm(void)
{
    static const struct {
        const char *digest;
        int nid;
    } rows[] = {{"SHA1", NID_ecdsa_with_SHA1},
                {"SHA256", NID_ecdsa_with_SHA256},
                {"SHA512", NID_ecdsa_with_SHA512},
                {"SHA3-256", NID_ecdsa_with_SHA3_256}};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, "P-256");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        X509_REQ *req = X509_REQ_new();
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        CU_ASSERT_EQUAL(X509_REQ_set_pubkey(req, pkey), 1);
        CU_ASSERT_EQUAL(EVP_DigestSignInit_ex(ctx, NULL, rows[i].digest, libctx,
                                              NULL, pkey, NULL),
                        1);
        CU_ASSERT_TRUE(X509_REQ_sign_ctx(req, ctx) > 0);
        CU_ASSERT_EQUAL(X509_REQ_get_signature_nid(req), rows[i].nid);
        EVP_MD_CTX_free(ctx);
        X509_REQ_free(req);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
}

static void a_forced_software_key_signs(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_forced(libctx, "EC", "P-256");
    EVP_PKEY *software = curves_software(pkey);
    uint8_t sig[SIG_MAX];
    size_t len = sizeof(sig);

    CU_ASSERT_EQUAL(sign(libctx, pkey, "SHA256", sig, &len), 1);
    CU_ASSERT_EQUAL(verify(software, "SHA256", sig, len), 1);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/ecdsa",
          UNIT(every_group_and_digest_verifies_without_the_provider),
          UNIT(a_signature_is_two_calls), UNIT(a_token_that_must_hash_hashes),
          UNIT(what_is_wrong_is_one_error), UNIT(requests_name_their_algorithm),
          UNIT(a_forced_software_key_signs))
