/* SPDX-License-Identifier: Apache-2.0 */
/* Generation in the token: parameters, what is answered, refusals. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
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
    static const char *const bad[][2] = {
        {"privyseal_purpose", "signer"},
        {"pkcs11_key_usage", "everything"},
        {"pkcs11_key_usage", ""},
        {"privyseal_id", "0a0"},
        {"privyseal_id", ""},
        {"privyseal_allowed_mechanisms", "CKM_NONE"},
        {"privyseal_start_date", "2026-02-29"},
        {"privyseal_start_date", "2026-13-01"},
        {"privyseal_end_date", "20260100"},
        {"privyseal_end_date", "2026-1-01"},
        {"privyseal_end_date", "202601011"},
        {"privyseal_end_date", "21000229"},
        {"privyseal_end_date", "tomorrow"}};
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

static void dates_mechanisms_and_hex_are_understood(void)
{
    static const char *const good[][2] = {
        {"pkcs11_key_usage", "keyAgreement,digitalSignature"},
        {"privyseal_id", "0a0B"},
        {"privyseal_id", "0a:0b"},
        {"privyseal_allowed_mechanisms", "CKM_RSA_PKCS CKM_RSA_PKCS_PSS"},
        {"privyseal_start_date", "2028-02-29"},
        {"privyseal_end_date", "20000229"}};
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_name(libctx, "RSA", "provider=privyseal");
        char value[64];
        OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};

        (void)snprintf(value, sizeof(value), "%s", good[i][1]);
        params[0] = OSSL_PARAM_construct_utf8_string(good[i][0], value, 0);
        CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_CTX_free(ctx);
    }
}

/* -pkeyopt of the openssl command takes what is in the list. */
static void parameters_of_the_command_are_settable(void)
{
    static const char *const words[][2] = {
        {"pkcs11_uri", "pkcs11:token=fault;object=words?pin-value=1234"},
        {"pkcs11_key_usage", "digitalSignature"},
        {"hexprivyseal_id", "c0ffee"},
        {"privyseal_extractable", "1"},
        {"privyseal_always_authenticate", "0"},
        {"bits", "1024"}};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, "RSA", "provider=privyseal");
    EVP_PKEY *pkey = NULL;
    char out[320];

    CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_ctrl_str(ctx, words[i][0], words[i][1]),
                        1);
    CU_ASSERT_TRUE(EVP_PKEY_CTX_ctrl_str(ctx, "no_such_word", "1") <= 0);
    ERR_clear_error();
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &pkey), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), 1024);
    answered(pkey, "pkcs11_uri", out, sizeof(out));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "id=%C0%FF%EE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "object=words"));
    answered(pkey, "privyseal_born", out, sizeof(out));
    CU_ASSERT_PTR_NULL(strstr(out, "never-extractable"));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
}

static void a_key_may_be_the_pattern_of_another(void)
{
    char uri[] = "pkcs11:token=fault;object=alike?pin-value=1234";
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY), *made = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0), OSSL_PARAM_END};

    CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &made), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_is_a(made, "RSA"), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(made, pkey), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(made);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static EVP_PKEY *curve_key(EVP_PKEY_CTX *ctx, const char *uri,
                           const char *group)
{
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_ctrl_str(ctx, "pkcs11_uri", uri), 1);
    if (group != NULL)
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_ctrl_str(ctx, "ec_paramgen_curve", group),
                        1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void a_pattern_gives_its_curve(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pattern = curve_key(
        EVP_PKEY_CTX_new_from_name(libctx, "EC", "provider=privyseal"),
        "pkcs11:token=fault;object=pattern?pin-value=1234", "P-384");
    EVP_PKEY *made =
        curve_key(EVP_PKEY_CTX_new_from_pkey(libctx, pattern, NULL),
                  "pkcs11:token=fault;object=curved?pin-value=1234", NULL);
    char group[32] = "";

    CU_ASSERT_EQUAL(EVP_PKEY_get_group_name(made, group, sizeof(group), NULL),
                    1);
    CU_ASSERT_STRING_EQUAL(group, "secp384r1");
    CU_ASSERT_EQUAL(EVP_PKEY_eq(made, pattern), 0);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateKeyPair"), 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(made);
    EVP_PKEY_free(pattern);
}

static void without_a_uri_the_key_is_of_software(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    unsigned bits = 1024, e = 3;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &e), OSSL_PARAM_END};
    EVP_PKEY *pkey = fixture_generate(libctx, params);
    BIGNUM *exponent = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), 1024);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, "e", &exponent), 1);
    CU_ASSERT_EQUAL(BN_is_word(exponent, 3), 1);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateKeyPair"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    BN_free(exponent);
    EVP_PKEY_free(pkey);
}

UNIT_MAIN("provider/generate", UNIT(the_pin_may_be_a_parameter),
          UNIT(label_id_bits_and_purpose_are_passed_on),
          UNIT(what_the_token_refused_is_answered),
          UNIT(a_weaker_key_than_asked_for_is_refused),
          UNIT(a_key_usage_of_pkcs11_provider_is_understood),
          UNIT(bad_values_are_one_error_that_names_the_parameter),
          UNIT(a_token_makes_no_odd_exponents),
          UNIT(dates_mechanisms_and_hex_are_understood),
          UNIT(parameters_of_the_command_are_settable),
          UNIT(a_key_may_be_the_pattern_of_another),
          UNIT(a_pattern_gives_its_curve),
          UNIT(without_a_uri_the_key_is_of_software))
