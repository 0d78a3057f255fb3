/* SPDX-License-Identifier: Apache-2.0 */
/* Generation in the token: parameters, what is answered, refusals. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { ROOM = 8 };

struct list {
    OSSL_PARAM params[ROOM];
    size_t count;
};

static char uri_only[] = "pkcs11:token=fault?pin-value=1234";

static void text(struct list *list, const char *key, char *value)
{
    list->params[list->count++] =
        OSSL_PARAM_construct_utf8_string(key, value, 0);
    list->params[list->count] = OSSL_PARAM_construct_end();
}

static void answered(EVP_PKEY *pkey, const char *name, char *out, size_t size)
{
    out[0] = '\0';
    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(pkey, name, out, size, NULL),
                    1);
}

static void label_id_bits_and_purpose_are_passed_on(void)
{
    char label[] = "a b", purpose[] = "unsealing", out[320];
    uint8_t id[3] = {0xab, 0xcd, 0xef};
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx = fixture();
    unsigned bits = 3072;
    EVP_PKEY *pkey, *again;

    text(&list, "pkcs11_uri", uri_only);
    text(&list, "privyseal_label", label);
    text(&list, "privyseal_purpose", purpose);
    list.params[list.count++] =
        OSSL_PARAM_construct_octet_string("privyseal_id", id, sizeof(id));
    list.params[list.count++] =
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits);
    list.params[list.count] = OSSL_PARAM_construct_end();
    pkey = fixture_generate(libctx, list.params);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), 3072);
    answered(pkey, "privyseal_born", out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "local,never-extractable,always-sensitive");
    answered(pkey, "privyseal_refused", out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "");
    answered(pkey, "pkcs11_uri", out, sizeof(out));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "id=%AB%CD%EF"));
    again = fixture_load(
        libctx, "pkcs11:token=fault;object=a%20b;id=%ab%cd%ef;type=private"
                "?pin-value=1234");
    CU_ASSERT_PTR_NOT_NULL(again);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, again), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(again);
    EVP_PKEY_free(pkey);
}

static void what_the_token_refused_is_answered(void)
{
    char label[] = "weak", purpose[] = "signing", out[320];
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey;

    text(&list, "pkcs11_uri", uri_only);
    text(&list, "privyseal_label", label);
    text(&list, "privyseal_purpose", purpose);
    fixture_set("refuse=CKA_COPYABLE local=no");
    pkey = fixture_generate(libctx, list.params);
    fixture_set("refuse= local=yes");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    answered(pkey, "privyseal_refused", out, sizeof(out));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "CKA_COPYABLE"));
    answered(pkey, "privyseal_born", out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "never-extractable,always-sensitive");
    EVP_PKEY_free(pkey);
}

static void a_weaker_key_than_asked_for_is_refused(void)
{
    char label[] = "leak", purpose[] = "signing";
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx = fixture();
    int reason = 0;

    text(&list, "pkcs11_uri", uri_only);
    text(&list, "privyseal_label", label);
    text(&list, "privyseal_purpose", purpose);
    fixture_set("weak=extractable");
    CU_ASSERT_PTR_NULL(fixture_generate(libctx, list.params));
    fixture_set("weak=");
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, P11R_TEMPLATE);
    CU_ASSERT_PTR_NULL(fixture_load(
        libctx, "pkcs11:token=fault;object=leak;type=private?pin-value=1234"));
    ERR_clear_error();
}

static void a_key_usage_of_pkcs11_provider_is_understood(void)
{
    char label[] = "signer", usage[] = "digitalSignature keyCertSign";
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *ctx;
    uint8_t cipher[256] = {1}, out[256];
    size_t len = sizeof(out);

    text(&list, "pkcs11_uri", uri_only);
    text(&list, "privyseal_label", label);
    text(&list, "pkcs11_key_usage", usage);
    pkey = fixture_generate(libctx, list.params);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(fixture_sign(libctx, pkey, RSA_PKCS1_PADDING, "SHA256",
                                 "text", out, &len),
                    1);
    ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt_init(ctx), 1);
    len = sizeof(out);
    CU_ASSERT_EQUAL(EVP_PKEY_decrypt(ctx, out, &len, cipher, sizeof(cipher)),
                    0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void the_pin_may_be_a_parameter(void)
{
    char uri[] = "pkcs11:token=fault;object=by-param", pin[] = "1234";
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey;
    int reason = 0;

    libctx = fixture_context("", 0); /* the first one: nobody is logged in */
    text(&list, "pkcs11_uri", uri);
    CU_ASSERT_PTR_NULL(fixture_generate(libctx, list.params));
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, P11R_PIN_MISSING);
    text(&list, "privyseal_pin", pin);
    pkey = fixture_generate(libctx, list.params);
    CU_ASSERT_PTR_NOT_NULL(pkey);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(libctx);
}

static void bad_values_are_one_error_that_names_the_parameter(void)
{
    static const char *const bad[][2] = {{"privyseal_purpose", "signer"},
                                         {"pkcs11_key_usage", "everything"}};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct list list = {.count = 0};
        const char *data = NULL;
        char value[64];
        int flags;

        strcpy(value, bad[i][1]);
        text(&list, "pkcs11_uri", uri_only);
        text(&list, bad[i][0], value);
        CU_ASSERT_PTR_NULL(fixture_generate(libctx, list.params));
        CU_ASSERT_NOT_EQUAL(ERR_peek_error_all(NULL, NULL, NULL, &data, &flags),
                            0);
        CU_ASSERT_PTR_NOT_NULL(strstr(data, bad[i][0]));
        CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    }
}

static void a_token_makes_no_odd_exponents(void)
{
    struct list list = {.count = 0};
    OSSL_LIB_CTX *libctx = fixture();
    unsigned e = 3;

    text(&list, "pkcs11_uri", uri_only);
    list.params[list.count++] = OSSL_PARAM_construct_uint("e", &e);
    list.params[list.count] = OSSL_PARAM_construct_end();
    CU_ASSERT_PTR_NULL(fixture_generate(libctx, list.params));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateKeyPair"), 0);
}

UNIT_MAIN("provider/generate", UNIT(the_pin_may_be_a_parameter),
          UNIT(label_id_bits_and_purpose_are_passed_on),
          UNIT(what_the_token_refused_is_answered),
          UNIT(a_weaker_key_than_asked_for_is_refused),
          UNIT(a_key_usage_of_pkcs11_provider_is_understood),
          UNIT(bad_values_are_one_error_that_names_the_parameter),
          UNIT(a_token_makes_no_odd_exponents))
