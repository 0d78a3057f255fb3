/* SPDX-License-Identifier: Apache-2.0 */
/* AlgorithmIdentifiers against those that OpenSSL writes into certificates. */
#include "rsa_algid.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "unit.h"

/* What libcrypto itself puts into a certificate that it signs so. */
static int expected(EVP_PKEY *pkey, const char *digest, const char *mgf1,
                    int salt, uint8_t **der)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    X509 *cert = X509_new();
    const X509_ALGOR *algor;
    int len;

    CU_ASSERT_EQUAL_FATAL(
        EVP_DigestSignInit_ex(ctx, &pctx, digest, NULL, NULL, pkey, NULL), 1);
    if (mgf1 != NULL) {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, mgf1, NULL);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt);
    }
    X509_set_pubkey(cert, pkey);
    CU_ASSERT_TRUE_FATAL(X509_sign_ctx(cert, ctx) > 0);
    X509_get0_signature(NULL, &algor, cert);
    len = i2d_X509_ALGOR(algor, der);
    X509_free(cert);
    EVP_MD_CTX_free(ctx);
    return len;
}

static void compare(const uint8_t *der, int len, uint8_t *expect,
                    int expect_len)
{
    CU_ASSERT_EQUAL_FATAL(len, expect_len);
    CU_ASSERT_EQUAL(memcmp(der, expect, (size_t)len), 0);
    OPENSSL_free(expect);
}

static void pkcs1_is_as_libcrypto_writes_it(void)
{
    static const char *const names[] = {"SHA1", "SHA256", "SHA512", "SHA3-384"};
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint8_t *der = NULL, *expect = NULL;
        int expect_len = expected(pkey, names[i], NULL, 0, &expect);
        int len = prov_rsa_pkcs1_algid(prov_digest_find(names[i]), &der);

        compare(der, len, expect, expect_len);
        OPENSSL_free(der);
    }
    EVP_PKEY_free(pkey);
}

static void pss_is_as_libcrypto_writes_it(void)
{
    static const struct {
        const char *digest, *mgf1;
        int salt;
    } rows[] = {{"SHA1", "SHA1", 20},     {"SHA1", "SHA1", 21},
                {"SHA256", "SHA256", 32}, {"SHA256", "SHA1", 20},
                {"SHA1", "SHA256", 0},    {"SHA512", "SHA512", 62}};
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *der = NULL, *expect = NULL;
        int expect_len =
            expected(pkey, rows[i].digest, rows[i].mgf1, rows[i].salt, &expect);
        int len = prov_rsa_pss_algid(prov_digest_find(rows[i].digest),
                                     prov_digest_find(rows[i].mgf1),
                                     rows[i].salt, &der);

        compare(der, len, expect, expect_len);
        OPENSSL_free(der);
    }
    EVP_PKEY_free(pkey);
}

static void what_has_no_identifier_is_refused(void)
{
    uint8_t *der = NULL;

    CU_ASSERT_EQUAL(prov_rsa_pkcs1_algid(prov_digest_find("MD5-SHA1"), &der),
                    -1);
    CU_ASSERT_EQUAL(prov_rsa_pss_algid(prov_digest_find("SHA1"),
                                       prov_digest_find("SHA1"), -1, &der),
                    -1);
    CU_ASSERT_PTR_NULL(der);
}

UNIT_MAIN("provider/rsa_algid", UNIT(pkcs1_is_as_libcrypto_writes_it),
          UNIT(pss_is_as_libcrypto_writes_it),
          UNIT(what_has_no_identifier_is_refused))
