/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/token_keys.c and rsa_generate.c: key pairs. */
#include "fixture.h"

#include <openssl/bn.h>
#include <string.h>
#include <time.h>

static CK_RV generate(CK_SESSION_HANDLE session, CK_ULONG bits,
                      struct fixture_pair *pair)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE public_template[] = {{CKA_MODULUS_BITS, &bits, sizeof(bits)}};
    CK_ATTRIBUTE private_template[] = {FIXTURE_FALSE(CKA_SENSITIVE),
                                       FIXTURE_TRUE(CKA_EXTRACTABLE)};

    return ck->C_GenerateKeyPair(session, &mechanism, public_template, 1,
                                 private_template, 2, &pair->public_key,
                                 &pair->private_key);
}

static BIGNUM *number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                      CK_ATTRIBUTE_TYPE type)
{
    CK_BYTE value[1024];
    long len = fixture_read(session, key, type, value, sizeof(value));

    CU_ASSERT_TRUE_FATAL(len > 0);
    return BN_bin2bn(value, (int)len, NULL);
}

/* libcrypto's own test of primes; n = p q; e d = 1 mod p - 1 and q - 1. */
static void check_numbers(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                          int bits)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = number(session, key, CKA_MODULUS);
    BIGNUM *e = number(session, key, CKA_PUBLIC_EXPONENT);
    BIGNUM *d = number(session, key, CKA_PRIVATE_EXPONENT);
    BIGNUM *p = number(session, key, CKA_PRIME_1);
    BIGNUM *q = number(session, key, CKA_PRIME_2);
    BIGNUM *qi = number(session, key, CKA_COEFFICIENT);
    BIGNUM *t = BN_new();

    CU_ASSERT_EQUAL(BN_num_bits(n), bits);
    CU_ASSERT_EQUAL(BN_check_prime(p, ctx, NULL), 1);
    CU_ASSERT_EQUAL(BN_check_prime(q, ctx, NULL), 1);
    CU_ASSERT_TRUE(BN_mul(t, p, q, ctx) == 1 && BN_cmp(t, n) == 0);
    CU_ASSERT_TRUE(BN_mod_mul(t, q, qi, p, ctx) == 1 && BN_is_one(t));
    (void)BN_sub_word(p, 1);
    (void)BN_sub_word(q, 1);
    CU_ASSERT_TRUE(BN_mod_mul(t, e, d, p, ctx) == 1 && BN_is_one(t));
    CU_ASSERT_TRUE(BN_mod_mul(t, e, d, q, ctx) == 1 && BN_is_one(t));
    BN_free(t);
    BN_free(qi);
    BN_free(q);
    BN_free(p);
    BN_free(d);
    BN_free(e);
    BN_free(n);
    BN_CTX_free(ctx);
}

static void numbers_are_those_of_an_rsa_key(void)
{
    static const int sizes[] = {512, 1024, 2048, 3072};
    CK_SESSION_HANDLE session = fixture_start("");
    struct fixture_pair pair;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CU_ASSERT_EQUAL_FATAL(generate(session, (CK_ULONG)sizes[i], &pair),
                              CKR_OK);
        check_numbers(session, pair.private_key, sizes[i]);
    }
    CU_ASSERT_EQUAL(generate(session, 256, &pair), CKR_KEY_SIZE_RANGE);
    CU_ASSERT_EQUAL(generate(session, 1000, &pair), CKR_KEY_SIZE_RANGE);
    fixture_stop();
}

/* A bound that only a broken sieve would miss, under valgrind even. */
static void generation_is_fast(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    struct fixture_pair pair;
    clock_t from = clock();

    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(generate(session, 2048, &pair), CKR_OK);
    CU_ASSERT_TRUE((double)(clock() - from) / CLOCKS_PER_SEC < 20.0);
    fixture_stop();
}

static void modulus_of(const char *settings, int nth, CK_BYTE out[128])
{
    CK_SESSION_HANDLE session = fixture_start(settings);
    struct fixture_pair pair = {.public_key = CK_INVALID_HANDLE};

    for (int i = 0; i < nth; i++)
        CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_MODULUS, out, 128), 128);
    fixture_stop();
}

static void seed_gives_the_same_keys_again(void)
{
    CK_BYTE first[128], again[128], second[128], other[128], chance[128];

    modulus_of("seed=one", 1, first);
    modulus_of("seed=one", 1, again);
    modulus_of("seed=one", 2, second);
    modulus_of("seed=two", 1, other);
    modulus_of("", 1, chance);
    CU_ASSERT_EQUAL(memcmp(first, again, 128), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first, second, 128), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first, other, 128), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first, chance, 128), 0);
    modulus_of("", 1, again);
    CU_ASSERT_NOT_EQUAL(memcmp(again, chance, 128), 0);
}

static void generated_key_tells_its_birth(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    struct fixture_pair pair;

    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_LOCAL), 1);
    CU_ASSERT_EQUAL(
        fixture_bool(session, pair.private_key, CKA_ALWAYS_SENSITIVE), 1);
    CU_ASSERT_EQUAL(
        fixture_bool(session, pair.private_key, CKA_NEVER_EXTRACTABLE), 1);
    CU_ASSERT_EQUAL(generate(session, 1024, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        fixture_bool(session, pair.private_key, CKA_ALWAYS_SENSITIVE), 0);
    CU_ASSERT_EQUAL(
        fixture_bool(session, pair.private_key, CKA_NEVER_EXTRACTABLE), 0);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_TOKEN), 0);
    fixture_stop();
}

static void refused_attribute_fails_the_request(void)
{
    const CK_ATTRIBUTE copyable = FIXTURE_FALSE(CKA_COPYABLE);
    const CK_ATTRIBUTE local = FIXTURE_TRUE(CKA_LOCAL);
    CK_SESSION_HANDLE session =
        fixture_start("refuse=CKA_COPYABLE,CKA_ALLOWED_MECHANISMS");
    struct fixture_pair pair;

    CU_ASSERT_EQUAL(fixture_pair(session, 1, &copyable, 1, &pair),
                    CKR_ATTRIBUTE_TYPE_INVALID);
    CU_ASSERT_EQUAL(fixture_pair(session, 1, &local, 1, &pair),
                    CKR_ATTRIBUTE_READ_ONLY);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    fixture_stop();
}

static void weak_token_gives_less_than_was_asked(void)
{
    const CK_ATTRIBUTE extra[] = {FIXTURE_FALSE(CKA_EXTRACTABLE),
                                  FIXTURE_FALSE(CKA_DECRYPT)};
    CK_SESSION_HANDLE session =
        fixture_start("weak=extractable,decrypt local=false");
    struct fixture_pair pair;

    CU_ASSERT_EQUAL(fixture_pair(session, 1, extra, 2, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_EXTRACTABLE),
                    1);
    CU_ASSERT_EQUAL(
        fixture_bool(session, pair.private_key, CKA_NEVER_EXTRACTABLE), 0);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_DECRYPT), 1);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_SENSITIVE), 1);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_LOCAL), 0);
    fixture_stop();
}

static void no_public_leaves_the_private_key_only(void)
{
    CK_SESSION_HANDLE session = fixture_start("no-public");
    struct fixture_pair pair;
    CK_BYTE n[128];

    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 1);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.private_key, CKA_MODULUS, n, 128), 128);
    fixture_stop();
}

static void generation_needs_login_and_a_writable_session(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    struct fixture_pair pair;

    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair),
                    CKR_USER_NOT_LOGGED_IN);
    fixture_stop();
}

UNIT_MAIN("token_keys", UNIT(numbers_are_those_of_an_rsa_key),
          UNIT(generation_is_fast), UNIT(seed_gives_the_same_keys_again),
          UNIT(generated_key_tells_its_birth),
          UNIT(refused_attribute_fails_the_request),
          UNIT(weak_token_gives_less_than_was_asked),
          UNIT(no_public_leaves_the_private_key_only),
          UNIT(generation_needs_login_and_a_writable_session))
