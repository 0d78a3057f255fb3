/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders against those of the default provider. */
#include <openssl/bio.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
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

static void private_forms_but_the_uri_do_not_exist(void)
{
    static const char *const forms[][2] = {{"DER", "PrivateKeyInfo"},
                                           {"DER", "type-specific"},
                                           {"PEM", "type-specific"},
                                           {"PEM", "pkcs1"}};
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

/* Errors of the provider's on the stack, which is emptied; they all say that
 * the key is not exported. */
static unsigned refusals(void)
{
    unsigned long code;
    unsigned count = 0;

    while ((code = ERR_get_error()) != 0)
        count += ERR_GET_LIB(code) >= ERR_LIB_USER &&
                 ERR_GET_REASON(code) == CKR_KEY_UNEXTRACTABLE;
    return count;
}

/* libcrypto tries one form after the other, and adds errors of its own. */
static void a_refused_export_is_told_once(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    uint8_t *der = NULL;

    for (int i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(i2d_PrivateKey(pkey, &der) <= 0);
        CU_ASSERT_PTR_NULL(der);
        CU_ASSERT_EQUAL(refusals(), 1);
    }
    CU_ASSERT_PTR_NULL(EVP_PKEY2PKCS8(pkey));
    CU_ASSERT_EQUAL(refusals(), 1);
    EVP_PKEY_free(pkey);
}

/* As programs write a key: whatever they ask, no secret is at stake. */
static void a_private_key_is_written_as_its_uri(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY), *back;
    char password[] = "x";

    for (int form = 0; form < 3; form++) {
        const EVP_CIPHER *cipher = form == 0 ? NULL : EVP_aes_256_cbc();
        BIO *bio = BIO_new(BIO_s_mem());
        char *text;

        const int written =
            form < 2 ? PEM_write_bio_PrivateKey(bio, pkey, cipher, NULL, 0,
                                                NULL, password)
                     : PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, NULL, 0,
                                                     NULL, password);

        CU_ASSERT_EQUAL(written, 1);
        (void)BIO_write(bio, "", 1);
        (void)BIO_get_mem_data(bio, &text);
        CU_ASSERT_EQUAL(
            strncmp(text, "-----BEGIN PKCS#11 PROVIDER URI-----\n", 37), 0);
        back = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, libctx, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(back);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(back, pkey), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(back);
        BIO_free(bio);
    }
    EVP_PKEY_free(pkey);
}

static void the_configuration_may_forbid_it(void)
{
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey;
    uint8_t *out;

    (void)fixture();
    libctx =
        fixture_context("pkcs11-module-encode-provider-uri-to-pem = false", 0);
    pkey = fixture_load(libctx, FIXTURE_KEY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(
        encoded(pkey, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo", NULL, &out),
        0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(libctx);
}

/* Key management of ours that is forced upon a software key is not noticed, nor
 * its encryption forgotten. */
static void software_keys_are_written_as_by_the_default_provider(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey =
        EVP_PKEY_Q_keygen(libctx, "provider=privyseal", "RSA", (size_t)1024);
    char password[] = "secret";

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        BIO *bio = BIO_new(BIO_s_mem());
        EVP_PKEY *back;
        char *text;

        CU_ASSERT_EQUAL(PEM_write_bio_PKCS8PrivateKey(
                            bio, pkey, encrypted ? EVP_aes_128_cbc() : NULL,
                            NULL, 0, NULL, password),
                        1);
        (void)BIO_write(bio, "", 1);
        (void)BIO_get_mem_data(bio, &text);
        CU_ASSERT_EQUAL(strstr(text, "BEGIN ENCRYPTED PRIVATE KEY") != NULL,
                        encrypted);
        back = PEM_read_bio_PrivateKey(bio, NULL, NULL, password);
        CU_ASSERT_PTR_NOT_NULL_FATAL(back);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(back, pkey), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(back);
        BIO_free(bio);
    }
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/encode",
          UNIT(public_forms_are_those_of_the_default_provider),
          UNIT(text_shows_the_uri_and_no_pin),
          UNIT(private_forms_but_the_uri_do_not_exist),
          UNIT(a_refused_export_is_told_once),
          UNIT(a_private_key_is_written_as_its_uri),
          UNIT(the_configuration_may_forbid_it),
          UNIT(software_keys_are_written_as_by_the_default_provider))
