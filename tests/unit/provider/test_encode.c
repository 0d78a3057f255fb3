/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders against those of the default provider. */
#include <openssl/bio.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "fixture.h"
#include "unit.h"

static size_t encoded(EVP_PKEY *pkey, int selection, const char *form,
                      const char *structure, const char *query, uint8_t **out)
{
    OSSL_ENCODER_CTX *ctx =
        OSSL_ENCODER_CTX_new_for_pkey(pkey, selection, form, structure, query);
    size_t len = 0;

    *out = NULL;
    if (ctx == NULL || OSSL_ENCODER_to_data(ctx, out, &len) != 1)
        len = 0;
    OSSL_ENCODER_CTX_free(ctx);
    return len;
}

static void public_forms_are_those_of_the_default_provider(void)
{
    static const char *const forms[][2] = {{"DER", "SubjectPublicKeyInfo"},
                                           {"PEM", "SubjectPublicKeyInfo"},
                                           {"DER", "pkcs1"},
                                           {"PEM", "pkcs1"},
                                           {"DER", "type-specific"},
                                           {"PEM", "type-specific"}};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_PKEY *software = fixture_software(pkey);

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint8_t *ours, *theirs;
        size_t len = encoded(pkey, EVP_PKEY_PUBLIC_KEY, forms[i][0],
                             forms[i][1], "provider=privyseal", &ours);
        size_t expect = encoded(software, EVP_PKEY_PUBLIC_KEY, forms[i][0],
                                forms[i][1], NULL, &theirs);

        CU_ASSERT_TRUE_FATAL(len > 0);
        CU_ASSERT_EQUAL_FATAL(len, expect);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, len), 0);
        OPENSSL_free(ours);
        OPENSSL_free(theirs);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(software);
    EVP_PKEY_free(pkey);
}

static void text_shows_the_uri_and_no_pin(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    BIO *bio = BIO_new(BIO_s_mem());
    char text[4096];
    int len;

    CU_ASSERT_EQUAL(EVP_PKEY_print_private(bio, pkey, 0, NULL), 1);
    len = BIO_read(bio, text, sizeof(text) - 1);
    CU_ASSERT_TRUE_FATAL(len > 0);
    text[len] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "RSA private key (2048 bit)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "URI: pkcs11:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Exponent: 65537"));
    CU_ASSERT_PTR_NULL(strstr(text, "pin-value"));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    BIO_free(bio);
    EVP_PKEY_free(pkey);
}

static void private_forms_do_not_exist(void)
{
    static const char *const forms[][2] = {{"DER", "PrivateKeyInfo"},
                                           {"PEM", "PrivateKeyInfo"},
                                           {"PEM", "type-specific"},
                                           {"PEM", NULL}};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint8_t *out;

        CU_ASSERT_EQUAL(encoded(pkey, EVP_PKEY_KEYPAIR, forms[i][0],
                                forms[i][1], NULL, &out),
                        0);
        CU_ASSERT_PTR_NULL(out);
        CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
    }
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/encode",
          UNIT(public_forms_are_those_of_the_default_provider),
          UNIT(text_shows_the_uri_and_no_pin), UNIT(private_forms_do_not_exist))
