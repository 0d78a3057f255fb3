/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers of a token: off unless configured, and then the token's. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

#define NAME "PRIVYSEAL-RAND"

static EVP_RAND_CTX *made(OSSL_LIB_CTX *libctx)
{
    EVP_RAND *rand = EVP_RAND_fetch(libctx, NAME, NULL);
    EVP_RAND_CTX *ctx = rand != NULL ? EVP_RAND_CTX_new(rand, NULL) : NULL;

    EVP_RAND_free(rand);
    return ctx;
}

static void it_is_off_unless_configured(void)
{
    EVP_RAND *rand = EVP_RAND_fetch(fixture(), NAME, NULL);

    CU_ASSERT_PTR_NULL(rand);
    EVP_RAND_free(rand);
    ERR_clear_error();
}

static void the_numbers_are_the_tokens(void)
{
    OSSL_LIB_CTX *libctx;
    uint8_t one[32] = {0}, two[32] = {0}, none[32] = {0};
    EVP_RAND_CTX *ctx;

    (void)fixture();
    libctx = fixture_context("rand = token", 0);
    ctx = made(libctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(EVP_RAND_get_state(ctx), EVP_RAND_STATE_UNINITIALISED);
    CU_ASSERT_EQUAL(EVP_RAND_instantiate(ctx, 256, 0, NULL, 0, NULL), 1);
    CU_ASSERT_EQUAL(EVP_RAND_get_state(ctx), EVP_RAND_STATE_READY);
    CU_ASSERT_EQUAL(EVP_RAND_get_strength(ctx), 256);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateRandom"), 0);
    CU_ASSERT_EQUAL(EVP_RAND_generate(ctx, one, sizeof(one), 256, 0, NULL, 0),
                    1);
    CU_ASSERT_EQUAL(EVP_RAND_generate(ctx, two, sizeof(two), 256, 0, NULL, 0),
                    1);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateRandom"), 2);
    CU_ASSERT_EQUAL(fixture_count("C_Login"), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(one, two, sizeof(one)), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(one, none, sizeof(one)), 0);
    CU_ASSERT_EQUAL(EVP_RAND_reseed(ctx, 0, NULL, 0, NULL, 0), 1);
    CU_ASSERT_EQUAL(EVP_RAND_verify_zeroization(ctx), 1);
    CU_ASSERT_EQUAL(EVP_RAND_uninstantiate(ctx), 1);
    EVP_RAND_CTX_free(ctx);
    OSSL_LIB_CTX_free(libctx);
}

static void a_failure_is_one_error_and_no_number(void)
{
    OSSL_LIB_CTX *libctx;
    uint8_t out[32];
    EVP_RAND_CTX *ctx;

    (void)fixture();
    libctx = fixture_context("rand = token", 0);
    ctx = made(libctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(EVP_RAND_instantiate(ctx, 512, 0, NULL, 0, NULL), 0);
    ERR_clear_error();
    CU_ASSERT_EQUAL(EVP_RAND_instantiate(ctx, 128, 0, NULL, 0, NULL), 1);
    fixture_rule("C_GenerateRandom -> rv=CKR_FUNCTION_FAILED");
    memset(out, 0x55, sizeof(out));
    CU_ASSERT_EQUAL(EVP_RAND_generate(ctx, out, sizeof(out), 128, 0, NULL, 0),
                    0);
    /* libcrypto adds one of its own. */
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), CKR_FUNCTION_FAILED);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 2);
    for (size_t i = 0; i < sizeof(out); i++)
        CU_ASSERT_EQUAL(out[i], 0);
    EVP_RAND_CTX_free(ctx);
    OSSL_LIB_CTX_free(libctx);
    fixture_reset();
}

static void a_program_that_is_told_to_takes_all_from_it(void)
{
    static const char lines[] = "rand = token\n[init]\nrandom = numbers\n"
                                "[numbers]\nrandom = " NAME;
    uint8_t out[64];
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context(lines, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    CU_ASSERT_EQUAL(RAND_bytes_ex(libctx, out, sizeof(out), 256), 1);
    CU_ASSERT_EQUAL(RAND_priv_bytes_ex(libctx, out, sizeof(out), 256), 1);
    CU_ASSERT_EQUAL(fixture_count("C_GenerateRandom"), 2);
    OSSL_LIB_CTX_free(libctx);
}

UNIT_MAIN("provider/rand", UNIT(it_is_off_unless_configured),
          UNIT(the_numbers_are_the_tokens),
          UNIT(a_failure_is_one_error_and_no_number),
          UNIT(a_program_that_is_told_to_takes_all_from_it))
