/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA keys of software under our key management: what OpenSSL signs is
 * verified, and the other way round. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
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
          UNIT(a_key_is_described_as_openssl_describes_it))
