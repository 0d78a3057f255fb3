/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA keys of software under our key management: what OpenSSL signs is
 * verified, and the other way round. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "keytype.h"
#include "unit.h"

enum { SIG_MAX = 4627 };

static const char *const types[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

static const uint8_t message[] = "a message";

static int is_old(void)
{
    return OpenSSL_version_num() < PROV_OPENSSL_3_5;
}

static EVP_PKEY *generate(OSSL_LIB_CTX *libctx, const char *type)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1)
        (void)EVP_PKEY_generate(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    return pkey;
}

/* The same key under our key management. */
static EVP_PKEY *ours(OSSL_LIB_CTX *libctx, EVP_PKEY *software, int selection)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
        libctx, EVP_PKEY_get0_type_name(software), "provider=privyseal");
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_todata(software, selection, &params), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata(ctx, &pkey, selection, params), 1);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void settings(OSSL_PARAM params[4], char *context, int *mu)
{
    params[0] = OSSL_PARAM_construct_octet_string("context-string", context,
                                                  strlen(context));
    params[1] = OSSL_PARAM_construct_int("mu", mu);
    params[2] = OSSL_PARAM_construct_end();
}

static int sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, char *context,
                uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    OSSL_PARAM params[4];
    int mu = 0, ok;

    settings(params, context, &mu);
    *len = SIG_MAX;
    ok = EVP_DigestSignInit_ex(ctx, &pctx, NULL, libctx, NULL, pkey, NULL) ==
             1 &&
         EVP_PKEY_CTX_set_params(pctx, params) == 1 &&
         EVP_DigestSign(ctx, sig, len, message, sizeof(message)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static int verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, char *context,
                  const uint8_t *sig, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    OSSL_PARAM params[4];
    int mu = 0, ok;

    settings(params, context, &mu);
    ok = EVP_DigestVerifyInit_ex(ctx, &pctx, NULL, libctx, NULL, pkey, NULL) ==
             1 &&
         EVP_PKEY_CTX_set_params(pctx, params) == 1 &&
         EVP_DigestVerify(ctx, sig, len, message, sizeof(message)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static void an_older_openssl_is_offered_none_of_them(void)
{
    const struct prov_keytype *type;
    size_t count = 0;

    for (size_t i = 0; (type = prov_keytype_at(i)) != NULL; i++)
        count += strncmp(type->name, "ML-", 3) == 0;
    CU_ASSERT_EQUAL(count, is_old() ? 0U : 6U);
}

static void signatures_pass_both_ways(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    static uint8_t sig[SIG_MAX];
    char none[] = "", some[] = "a context";
    size_t len;

    for (size_t i = 0; i < TYPES && !is_old(); i++) {
        EVP_PKEY *software = generate(libctx, types[i]);
        EVP_PKEY *pair = ours(libctx, software, EVP_PKEY_KEYPAIR);
        EVP_PKEY *public_key = ours(libctx, software, EVP_PKEY_PUBLIC_KEY);

        CU_ASSERT_TRUE(sign(libctx, software, some, sig, &len));
        CU_ASSERT_TRUE(verify(libctx, public_key, some, sig, len));
        CU_ASSERT_FALSE(verify(libctx, public_key, none, sig, len));
        sig[len / 2] ^= 1;
        CU_ASSERT_FALSE(verify(libctx, public_key, some, sig, len));
        CU_ASSERT_TRUE(sign(libctx, pair, none, sig, &len));
        CU_ASSERT_EQUAL(len, (size_t)EVP_PKEY_get_size(pair));
        CU_ASSERT_TRUE(verify(libctx, software, none, sig, len));
        CU_ASSERT_FALSE(sign(libctx, public_key, none, sig, &len));
        (void)fixture_errors(NULL);
        EVP_PKEY_free(public_key);
        EVP_PKEY_free(pair);
        EVP_PKEY_free(software);
    }
}

/* ---- in a token -------------------------------------------------------- */

static EVP_PKEY *generate_in_token(OSSL_LIB_CTX *libctx, const char *type)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, type, "provider=privyseal");
    char uri[96];
    OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_PKEY *pkey = NULL;

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=%s?pin-value=1234", type);
    params[0] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_keygen_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* The public half, of the default provider. */
static EVP_PKEY *public_copy(EVP_PKEY *pkey)
{
    uint8_t raw[2592];
    size_t len = sizeof(raw);

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_raw_public_key(pkey, raw, &len), 1);
    return EVP_PKEY_new_raw_public_key_ex(NULL, EVP_PKEY_get0_type_name(pkey),
                                          NULL, raw, len);
}

static void check_token_key(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
    static uint8_t sig[SIG_MAX];
    char none[] = "", some[] = "a context";
    EVP_PKEY *software = public_copy(pkey);
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(software);
    fixture_reset();
    CU_ASSERT_TRUE(sign(libctx, pkey, none, sig, &len));
    CU_ASSERT_EQUAL(fixture_count("C_Sign"), 1);
    CU_ASSERT_EQUAL(len, (size_t)EVP_PKEY_get_size(software));
    CU_ASSERT_TRUE(verify(NULL, software, none, sig, len));
    CU_ASSERT_TRUE(verify(libctx, pkey, none, sig, len));
    CU_ASSERT_FALSE(verify(NULL, software, some, sig, len));
    sig[7] ^= 1;
    CU_ASSERT_FALSE(verify(libctx, pkey, none, sig, len));
    (void)fixture_errors(NULL);
    CU_ASSERT_TRUE(sign(libctx, pkey, some, sig, &len));
    CU_ASSERT_TRUE(verify(NULL, software, some, sig, len));
    CU_ASSERT_EQUAL(fixture_count("C_Sign"), 2);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    fixture_rule("C_Sign -> short-out");
    CU_ASSERT_FALSE(sign(libctx, pkey, none, sig, &len));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    fixture_reset();
    EVP_PKEY_free(software);
}

static void a_token_makes_keys_and_signs_by_them(void)
{
    OSSL_LIB_CTX *libctx;

    if (is_old()) {
        (void)fprintf(stderr, "skipped: libcrypto has no ML-DSA before 3.5\n");
        return;
    }
    libctx = fixture();
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *made = generate_in_token(libctx, types[i]), *found;
        char uri[96];

        check_token_key(libctx, made);
        (void)snprintf(uri, sizeof(uri),
                       "pkcs11:token=fault;object=%s;type=private"
                       "?pin-value=1234",
                       types[i]);
        found = fixture_load(libctx, uri);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_TRUE(EVP_PKEY_is_a(found, types[i]));
        CU_ASSERT_EQUAL(EVP_PKEY_eq(found, made), 1);
        check_token_key(libctx, found);
        CU_ASSERT_EQUAL(fixture_violations(), 0);
        EVP_PKEY_free(found);
        EVP_PKEY_free(made);
    }
}

/* What is asked for beyond the message, and ignored, is found out. */
static void equal_messages_have_equal_signatures_where_asked_for(void)
{
    static uint8_t one[SIG_MAX], two[SIG_MAX];
    size_t len = 0, len2 = 0;
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey;

    if (is_old())
        return;
    libctx = fixture();
    pkey = fixture_load(libctx, "pkcs11:token=fault;object=ML-DSA-44;"
                                "type=private?pin-value=1234");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    for (int deterministic = 0; deterministic < 2; deterministic++) {
        for (int n = 0; n < 2; n++) {
            EVP_MD_CTX *ctx = EVP_MD_CTX_new();
            EVP_PKEY_CTX *pctx = NULL;
            OSSL_PARAM params[] = {
                OSSL_PARAM_construct_int("deterministic", &deterministic),
                OSSL_PARAM_construct_end()};
            size_t *out_len = n == 0 ? &len : &len2;

            *out_len = SIG_MAX;
            CU_ASSERT_EQUAL(EVP_DigestSignInit_ex(ctx, &pctx, NULL, libctx,
                                                  NULL, pkey, NULL),
                            1);
            CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_params(pctx, params), 1);
            CU_ASSERT_EQUAL(EVP_DigestSign(ctx, n == 0 ? one : two, out_len,
                                           message, sizeof(message)),
                            1);
            EVP_MD_CTX_free(ctx);
        }
        CU_ASSERT_EQUAL(len, len2);
        CU_ASSERT_EQUAL(memcmp(one, two, len) == 0, deterministic);
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(pkey);
}

static void a_key_is_described_as_openssl_describes_it(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < TYPES && !is_old(); i++) {
        EVP_PKEY *software = generate(libctx, types[i]);
        EVP_PKEY *pkey = ours(libctx, software, EVP_PKEY_PUBLIC_KEY);
        char one[32] = "", two[32] = "";

        CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pkey), EVP_PKEY_get_bits(software));
        CU_ASSERT_EQUAL(EVP_PKEY_get_size(pkey), EVP_PKEY_get_size(software));
        CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(pkey),
                        EVP_PKEY_get_security_bits(software));
        CU_ASSERT_EQUAL(
            EVP_PKEY_get_default_digest_name(pkey, one, sizeof(one)),
            EVP_PKEY_get_default_digest_name(software, two, sizeof(two)));
        CU_ASSERT_STRING_EQUAL(one, two);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(pkey, software), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_eq(software, pkey), 1);
        EVP_PKEY_free(pkey);
        EVP_PKEY_free(software);
    }
}

UNIT_MAIN("provider/mldsa", UNIT(an_older_openssl_is_offered_none_of_them),
          UNIT(signatures_pass_both_ways),
          UNIT(a_token_makes_keys_and_signs_by_them),
          UNIT(equal_messages_have_equal_signatures_where_asked_for),
          UNIT(a_key_is_described_as_openssl_describes_it))
