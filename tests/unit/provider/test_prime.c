/* SPDX-License-Identifier: Apache-2.0 */
/* Software keys are never captured, whatever happened before. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "unit.h"

static const char *maker(OSSL_LIB_CTX *libctx, const char *query)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(libctx, "RSA", query);
    const char *name = "none";

    if (found != NULL)
        name = OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(found));
    EVP_KEYMGMT_free(found);
    return name;
}

static void use_token(OSSL_LIB_CTX *libctx, const char *query)
{
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t sig[256];
    size_t len = sizeof(sig);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, query, pkey, NULL),
        1);
    CU_ASSERT_EQUAL(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"x", 1), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

static void flush(OSSL_LIB_CTX *libctx)
{
    OSSL_PROVIDER *null = OSSL_PROVIDER_try_load(libctx, "null", 1);

    CU_ASSERT_PTR_NOT_NULL(null);
    (void)OSSL_PROVIDER_unload(null);
}

static void listed_first_captures_nothing(void)
{
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("", 0);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    use_token(libctx, NULL);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    flush(libctx);
    use_token(libctx, NULL);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    OSSL_LIB_CTX_free(libctx);
}

static void the_tokens_key_used_first_captures_nothing(void)
{
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("", 0);
    use_token(libctx, NULL);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    OSSL_LIB_CTX_free(libctx);
}

static void a_property_query_used_first_by_the_token_captures_nothing(void)
{
    static const char *const queries[] = {"?fips=yes", "fips!=yes"};
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("", 0);
    for (size_t i = 0; i < 2; i++) {
        use_token(libctx, queries[i]);
        CU_ASSERT_STRING_EQUAL(maker(libctx, queries[i]), "default");
        CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    }
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    OSSL_LIB_CTX_free(libctx);
}

static void alone_it_serves_and_steps_back_when_others_come(void)
{
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *other;

    (void)fixture();
    libctx = fixture_context("", 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    use_token(libctx, NULL);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "privyseal");
    other = OSSL_PROVIDER_load(libctx, "default");
    CU_ASSERT_PTR_NOT_NULL(other);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    use_token(libctx, NULL);
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    (void)OSSL_PROVIDER_unload(other);
    OSSL_LIB_CTX_free(libctx);
}

static void who_asks_for_us_by_name_gets_us(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    CU_ASSERT_STRING_EQUAL(maker(libctx, "provider=privyseal"), "privyseal");
    CU_ASSERT_STRING_EQUAL(maker(libctx, "privyseal.token=yes"), "privyseal");
    CU_ASSERT_STRING_EQUAL(maker(libctx, NULL), "default");
}

UNIT_MAIN("provider/prime", UNIT(listed_first_captures_nothing),
          UNIT(the_tokens_key_used_first_captures_nothing),
          UNIT(a_property_query_used_first_by_the_token_captures_nothing),
          UNIT(alone_it_serves_and_steps_back_when_others_come),
          UNIT(who_asks_for_us_by_name_gets_us))
