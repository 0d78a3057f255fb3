/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/keypolicy.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "issuer/key.h"
#include "unit.h"

enum { HALF = 1024 };

static struct enroll_key key_of(const BIGNUM *n)
{
    struct enroll_key key = {.exponent = 65537};

    key.modulus_len = (size_t)BN_bn2bin(n, key.modulus);
    return key;
}

static bool says(const struct enroll_key *key, const char *part)
{
    const char *why = iss_key_weakness(key);
    return why != NULL && strstr(why, part) != NULL;
}

static void a_key_of_libcrypto_is_not_weak(void)
{
    struct enroll_key key;
    EVP_PKEY *pair = EVP_RSA_gen(2048);

    CU_ASSERT_EQUAL(iss_key_public(pair, &key, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(iss_key_weakness(&key));
    key.exponent = 3;
    CU_ASSERT_TRUE(says(&key, "exponent"));
    key.exponent = 65537;
    key.modulus[key.modulus_len - 1] &= 0xfe;
    CU_ASSERT_TRUE(says(&key, "even"));
    EVP_PKEY_free(pair);
}

static void close_primes_are_found(void)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new();
    BIGNUM *q = BN_new();
    BIGNUM *n = BN_new();

    /* the next prime is far nearer than Fermat's method needs */
    CU_ASSERT_EQUAL(BN_generate_prime_ex(p, HALF, 0, NULL, NULL, NULL), 1);
    CU_ASSERT_PTR_NOT_NULL(BN_copy(q, p));
    do {
        CU_ASSERT_EQUAL(BN_add_word(q, 2), 1);
    } while (BN_check_prime(q, ctx, NULL) != 1);
    CU_ASSERT_EQUAL(BN_mul(n, p, q, ctx), 1);
    struct enroll_key key = key_of(n);
    CU_ASSERT_TRUE(says(&key, "close together"));
    BN_free(p);
    BN_free(q);
    BN_free(n);
    BN_CTX_free(ctx);
}

static void small_factors_are_found_up_to_751(void)
{
    static const unsigned factors[] = {3, 7, 751};
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new();

    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        CU_ASSERT_EQUAL(BN_generate_prime_ex(p, 2 * HALF, 0, NULL, NULL, NULL),
                        1);
        CU_ASSERT_EQUAL(BN_mul_word(p, factors[i]), 1);
        struct enroll_key key = key_of(p);
        CU_ASSERT_TRUE(says(&key, "small factor"));
    }
    BN_free(p);
    BN_CTX_free(ctx);
}

/* The faulty generator's primes are k * M + (65537^a mod M), M the product of
 * the first primes (Nemec and others, CCS 2017); 39 of them for RSA-512. */
static void a_modulus_of_the_roca_form_is_found(void)
{
    enum { PRIMES = 39, LAST = 167 };
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *m = BN_new();
    BIGNUM *base = BN_new();
    BIGNUM *power = BN_new();
    BIGNUM *factor = BN_new();
    BIGNUM *n = BN_new();
    unsigned count = 0;

    CU_ASSERT_EQUAL(BN_one(m), 1);
    CU_ASSERT_EQUAL(BN_one(n), 1);
    for (unsigned p = 2; p <= LAST; p++) {
        bool prime = true;
        for (unsigned d = 2; d * d <= p; d++)
            prime = prime && p % d != 0;
        if (prime) {
            CU_ASSERT_EQUAL(BN_mul_word(m, p), 1);
            count++;
        }
    }
    CU_ASSERT_EQUAL(count, PRIMES);
    CU_ASSERT_EQUAL(BN_set_word(base, 65537), 1);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(BN_set_word(power, 1234567 + i), 1);
        CU_ASSERT_EQUAL(BN_mod_exp(power, base, power, m, ctx), 1);
        do {
            CU_ASSERT_EQUAL(
                BN_rand(factor, HALF - BN_num_bits(m), BN_RAND_TOP_TWO, 0), 1);
            CU_ASSERT_EQUAL(BN_mul(factor, factor, m, ctx), 1);
            CU_ASSERT_EQUAL(BN_add(factor, factor, power), 1);
        } while (BN_check_prime(factor, ctx, NULL) != 1);
        CU_ASSERT_EQUAL(BN_mul(n, n, factor, ctx), 1);
    }
    struct enroll_key key = key_of(n);
    CU_ASSERT_TRUE(says(&key, "ROCA"));
    BN_free(m);
    BN_free(base);
    BN_free(power);
    BN_free(factor);
    BN_free(n);
    BN_CTX_free(ctx);
}

/* The one modulus that the discoverers published with their detector: of a chip
 * with the faulty generator, RSA-512. */
static void the_published_roca_modulus_is_found(void)
{
    struct enroll_key key = {.exponent = 65537};

    key.modulus_len =
        unit_hex("944e13208a280c37efc31c3114485e590192adbb8e11c87c"
                 "ad60cdef0037ce99278330d3f471a2538fa667802ed2a3c4"
                 "4a8b7dea826e888d0aa341fd664f7fa7",
                 key.modulus, sizeof(key.modulus));
    CU_ASSERT_EQUAL(key.modulus_len, 64);
    CU_ASSERT_TRUE(says(&key, "ROCA"));
    /* its neighbour is not of that form */
    key.modulus[key.modulus_len - 1] ^= 2;
    CU_ASSERT_FALSE(says(&key, "ROCA"));
}

static void pairs_of_libcrypto_with_other_exponents_are_refused(void)
{
    static const unsigned exponents[] = {3, 17, 257, 65539};

    for (size_t i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
        BIGNUM *e = BN_new();
        EVP_PKEY *pair = NULL;
        struct enroll_key key;

        CU_ASSERT_EQUAL_FATAL(EVP_PKEY_keygen_init(ctx), 1);
        CU_ASSERT_EQUAL(BN_set_word(e, exponents[i]), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, HALF), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
        CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &pair), 1);
        CU_ASSERT_EQUAL(iss_key_public(pair, &key, NULL), ISS_OK);
        CU_ASSERT_EQUAL(key.exponent, exponents[i]);
        CU_ASSERT_TRUE(says(&key, "exponent"));
        EVP_PKEY_free(pair);
        BN_free(e);
        EVP_PKEY_CTX_free(ctx);
    }
}

/* As far apart as FIPS 186-4 B.3.1 asks, and a thousandth of that. */
static void primes_as_far_apart_as_they_should_be_pass(void)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new();
    BIGNUM *q = BN_new();
    BIGNUM *n = BN_new();

    for (int shift = HALF - 100; shift >= HALF - 110; shift -= 10) {
        CU_ASSERT_EQUAL(BN_generate_prime_ex(p, HALF, 0, NULL, NULL, NULL), 1);
        CU_ASSERT_EQUAL(BN_one(q), 1);
        CU_ASSERT_EQUAL(BN_lshift(q, q, shift), 1);
        CU_ASSERT_EQUAL(BN_sub(q, p, q), 1);
        CU_ASSERT_TRUE(BN_is_odd(q));
        while (BN_check_prime(q, ctx, NULL) != 1)
            CU_ASSERT_EQUAL_FATAL(BN_sub_word(q, 2), 1);
        CU_ASSERT_EQUAL(BN_mul(n, p, q, ctx), 1);
        struct enroll_key key = key_of(n);
        CU_ASSERT_PTR_NULL(iss_key_weakness(&key));
    }
    BN_free(p);
    BN_free(q);
    BN_free(n);
    BN_CTX_free(ctx);
}

UNIT_MAIN("keypolicy", UNIT(a_key_of_libcrypto_is_not_weak),
          UNIT(close_primes_are_found), UNIT(small_factors_are_found_up_to_751),
          UNIT(a_modulus_of_the_roca_form_is_found),
          UNIT(the_published_roca_modulus_is_found),
          UNIT(pairs_of_libcrypto_with_other_exponents_are_refused),
          UNIT(primes_as_far_apart_as_they_should_be_pass))
