/* SPDX-License-Identifier: Apache-2.0 */
/* EC keys: what they answer, forms of tokens, software keys forced on us. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <string.h>

#include "curves.h"
#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

static const char *const groups[] = {
    "prime256v1",      "secp384r1",       "secp521r1",      "secp256k1",
    "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]), OCTETS = 160 };

static void same_number(EVP_PKEY *a, EVP_PKEY *b, const char *name)
{
    BIGNUM *x = NULL, *y = NULL;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(a, name, &x), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(b, name, &y), 1);
    CU_ASSERT_EQUAL(BN_cmp(x, y), 0);
    BN_free(x);
    BN_free(y);
}

static void same_octets(EVP_PKEY *a, EVP_PKEY *b, const char *name)
{
    uint8_t x[OCTETS], y[OCTETS];
    size_t m = 0, n = 0;

    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_get_octet_string_param(a, name, x, sizeof(x), &m), 1);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_get_octet_string_param(b, name, y, sizeof(y), &n), 1);
    CU_ASSERT_EQUAL_FATAL(m, n);
    CU_ASSERT_EQUAL(memcmp(x, y, n), 0);
}

static void same_text(EVP_PKEY *a, EVP_PKEY *b, const char *name)
{
    char x[80] = "x", y[80] = "y";

    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(a, name, x, 80, NULL), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(b, name, y, 80, NULL), 1);
    CU_ASSERT_STRING_EQUAL(x, y);
}

static void compare(EVP_PKEY *pkey, const char *group)
{
    EVP_PKEY *software = curves_software(pkey);
    uint8_t *octets = NULL;
    char name[40];

    CU_ASSERT_EQUAL(EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL), 1);
    CU_ASSERT_STRING_EQUAL(name, group);
    CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), EVP_PKEY_get_bits(software));
    CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(pkey),
                    EVP_PKEY_get_security_bits(software));
    CU_ASSERT_EQUAL(EVP_PKEY_get_size(pkey), EVP_PKEY_get_size(software));
    CU_ASSERT_EQUAL(EVP_PKEY_get_default_digest_name(pkey, name, sizeof(name)),
                    1);
    CU_ASSERT_STRING_EQUAL(name, "SHA256");
    same_number(pkey, software, "qx");
    same_number(pkey, software, "qy");
    same_number(pkey, software, "p");
    same_number(pkey, software, "order");
    same_octets(pkey, software, "pub");
    same_octets(pkey, software, "encoded-pub-key");
    same_octets(pkey, software, "generator");
    same_text(pkey, software, "point-format");
    same_text(pkey, software, "encoding");
    CU_ASSERT_NOT_EQUAL(EVP_PKEY_get1_encoded_public_key(pkey, &octets), 0);
    OPENSSL_free(octets);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, software), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(software, pkey), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_parameters_eq(pkey, software), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_parameters_eq(software, pkey), 1);
    EVP_PKEY_free(software);
}

static void a_key_answers_all_that_software_answers(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < GROUPS; i++) {
        EVP_PKEY *pkey = curves_generate(libctx, "EC", groups[i], groups[i]);
        BIGNUM *secret = NULL;

        CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
        compare(pkey, groups[i]);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, "priv", &secret), 0);
        CU_ASSERT_PTR_NULL(secret);
        (void)fixture_errors(NULL);
        EVP_PKEY_free(pkey);
    }
    CU_ASSERT_EQUAL(fixture_violations(), 0);
}

static void every_form_of_a_token_is_the_same_key(void)
{
    static const char *const forms[] = {
        "ec-params=oid ec-point=wrapped", "ec-params=name ec-point=raw",
        "ec-params=explicit ec-point=compressed",
        "ec-params=oid ec-point=raw private-point=yes",
        "ec-params=oid ec-point=wrapped key-info=yes"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        OSSL_LIB_CTX *libctx = fixture();
        char label[8] = "form0";
        EVP_PKEY *pkey, *again;

        label[4] = (char)('0' + i);
        fixture_set(forms[i]);
        pkey = curves_generate(libctx, "EC", "P-384", label);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
        again = curves_load(libctx, label);
        CU_ASSERT_PTR_NOT_NULL_FATAL(again);
        compare(again, "secp384r1");
        CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, again), 1);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(again);
        EVP_PKEY_free(pkey);
    }
    fixture_set("ec-params=oid ec-point=wrapped private-point=no key-info=no");
}

static void copies_and_parameters_are_keys_of_their_own(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_load(libctx, "prime256v1");
    EVP_PKEY *copy = EVP_PKEY_dup(pkey), *bare = EVP_PKEY_new();
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    uint8_t *point = NULL;
    char form[20];
    size_t len = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_EQUAL(
        EVP_PKEY_set_utf8_string_param(
            copy, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
        1);
    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(
                        pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form,
                        sizeof(form), NULL),
                    1);
    CU_ASSERT_STRING_EQUAL(form, "uncompressed");
    CU_ASSERT_EQUAL(EVP_PKEY_get_utf8_string_param(
                        copy, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form,
                        sizeof(form), &len),
                    1);
    CU_ASSERT_STRING_EQUAL(form, "compressed");
    CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, copy), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(copy, pkey), 1);

    CU_ASSERT_EQUAL(EVP_PKEY_copy_parameters(bare, pkey), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_parameters_eq(bare, pkey), 1);
    len = EVP_PKEY_get1_encoded_public_key(other, &point);
    CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(bare, point, len), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(bare, other), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_eq(bare, pkey), 0);
    (void)fixture_errors(NULL);
    CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(pkey, point, len), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    OPENSSL_free(point);
    EVP_PKEY_free(other);
    EVP_PKEY_free(bare);
    EVP_PKEY_free(copy);
    EVP_PKEY_free(pkey);
}

static int check(EVP_PKEY *pkey, int (*how)(EVP_PKEY_CTX *ctx))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture(), pkey, NULL);
    int ok = how(ctx);

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static void a_pair_is_checked_by_use(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_load(libctx, "prime256v1");

    CU_ASSERT_EQUAL(check(pkey, EVP_PKEY_public_check), 1);
    CU_ASSERT_EQUAL(check(pkey, EVP_PKEY_param_check), 1);
    CU_ASSERT_EQUAL(check(pkey, EVP_PKEY_private_check), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Sign"), 0);
    CU_ASSERT_EQUAL(check(pkey, EVP_PKEY_pairwise_check), 1);
    CU_ASSERT_EQUAL(fixture_count("C_Sign"), 1);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    fixture_reset();
    fixture_rule("C_Sign -> bitflip");
    fixture_rule("C_DeriveKey -> rv=CKR_KEY_FUNCTION_NOT_PERMITTED");
    {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);

        CU_ASSERT_EQUAL(EVP_PKEY_pairwise_check(ctx), 0);
        EVP_PKEY_CTX_free(ctx);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_free(pkey);
}

static void a_software_key_that_is_forced_on_us_works_as_ever(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = curves_forced(libctx, "EC", "P-256"), *again = NULL;
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, "EC", "provider=privyseal");
    EVP_PKEY *params = NULL, *like = NULL;
    OSSL_PARAM *data = NULL;
    EVP_PKEY_CTX *more;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    compare(pkey, "prime256v1");
    CU_ASSERT_EQUAL(EVP_PKEY_todata(pkey, EVP_PKEY_KEYPAIR, &data), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_fromdata(ctx, &again, EVP_PKEY_KEYPAIR, data), 1);
    same_number(pkey, again, "priv");
    /* As libssl makes an ephemeral key. */
    CU_ASSERT_EQUAL(EVP_PKEY_paramgen_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_group_name(ctx, "P-521"), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_paramgen(ctx, &params), 1);
    more = EVP_PKEY_CTX_new_from_pkey(libctx, params, NULL);
    CU_ASSERT_EQUAL(EVP_PKEY_keygen_init(more), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_keygen(more, &like), 1);
    compare(like, "secp521r1");
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    OSSL_PARAM_free(data);
    EVP_PKEY_CTX_free(more);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(like);
    EVP_PKEY_free(params);
    EVP_PKEY_free(again);
    EVP_PKEY_free(pkey);
}

static void a_group_that_nobody_knows_is_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    CU_ASSERT_PTR_NULL(curves_generate(libctx, "EC", "P-257", "no"));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    CU_ASSERT_PTR_NULL(curves_generate(libctx, "EC", NULL, "no"));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateKeyPair"), 0);
}

UNIT_MAIN("provider/key_ec", UNIT(a_key_answers_all_that_software_answers),
          UNIT(every_form_of_a_token_is_the_same_key),
          UNIT(copies_and_parameters_are_keys_of_their_own),
          UNIT(a_pair_is_checked_by_use),
          UNIT(a_software_key_that_is_forced_on_us_works_as_ever),
          UNIT(a_group_that_nobody_knows_is_one_error))
