/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weak RSA keys. Small factors: all primes below 752, as the CA/Browser Forum
 * asks of issuers. Close primes: Fermat's method, 100 rounds. ROCA: the moduli
 * of CVE-2017-15361 are powers of 65537 modulo each of a row of small primes.
 */
#include "keypolicy.h"

#include <openssl/bn.h>
#include <string.h>

enum { FACTOR_LIMIT = 752, FERMAT_ROUNDS = 100, EXPONENT = 65537 };

/* The primes of the published test for CVE-2017-15361. */
static const unsigned roca_primes[] = {3,   5,   7,   11,  13,  17, 19,
                                       37,  53,  61,  71,  73,  79, 97,
                                       103, 107, 109, 127, 151, 157};

static bool power_of_65537(unsigned rest, unsigned prime)
{
    unsigned power = 1;

    do {
        if (power == rest)
            return true;
        power = power * (EXPONENT % prime) % prime;
    } while (power != 1);
    return false;
}

static bool looks_like_roca(const BIGNUM *n)
{
    for (size_t i = 0; i < sizeof(roca_primes) / sizeof(roca_primes[0]); i++)
        if (!power_of_65537((unsigned)BN_mod_word(n, roca_primes[i]),
                            roca_primes[i]))
            return false;
    return true;
}

static bool has_small_factor(const BIGNUM *n)
{
    for (unsigned factor = 3; factor < FACTOR_LIMIT; factor += 2)
        if (BN_mod_word(n, factor) == 0)
            return true;
    return false;
}

/* The square root of n, rounded down, by Newton's method. False: no memory. */
static bool square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *next = BN_CTX_get(ctx);
    bool good = next != NULL && BN_one(root) == 1 &&
                BN_lshift(root, root, (BN_num_bits(n) + 1) / 2) == 1;

    while (good) {
        good = BN_div(next, NULL, n, root, ctx) == 1 &&
               BN_add(next, next, root) == 1 && BN_rshift1(next, next) == 1;
        if (!good || BN_cmp(next, root) >= 0)
            break;
        good = BN_copy(root, next) != NULL;
    }
    BN_CTX_end(ctx);
    return good;
}

/* 1: n = a^2 - b^2 with a near the square root; 0: not so near; -1: failed. */
static int close_primes(const BIGNUM *n, BN_CTX *ctx)
{
    int result = -1;

    BN_CTX_start(ctx);
    BIGNUM *a = BN_CTX_get(ctx);
    BIGNUM *b = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    if (rest == NULL || !square_root(a, n, ctx))
        goto out;
    for (int i = 0; i <= FERMAT_ROUNDS; i++) {
        if (BN_sqr(rest, a, ctx) != 1 || BN_sub(rest, rest, n) != 1)
            goto out;
        if (!BN_is_negative(rest)) {
            if (!square_root(b, rest, ctx) || BN_sqr(b, b, ctx) != 1)
                goto out;
            if (BN_cmp(b, rest) == 0) {
                result = 1;
                goto out;
            }
        }
        if (BN_add_word(a, 1) != 1)
            goto out;
    }
    result = 0;
out:
    BN_CTX_end(ctx);
    return result;
}

const char *iss_key_weakness(const struct enroll_key *key)
{
    const char *why = "";
    BN_CTX *ctx = NULL;
    BIGNUM *n = NULL;

    if (key->exponent != EXPONENT)
        return "the public exponent is not 65537";
    if (key->modulus_len == 0 || (key->modulus[key->modulus_len - 1] & 1) == 0)
        return "the modulus is even";
    ctx = BN_CTX_new();
    n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
    if (ctx == NULL || n == NULL)
        goto out;
    int close = close_primes(n, ctx);
    if (has_small_factor(n))
        why = "the modulus has a small factor";
    else if (looks_like_roca(n))
        why = "the key is of a faulty generator (ROCA, CVE-2017-15361)";
    else if (close == 1)
        why = "the primes are too close together";
    else if (close == 0)
        why = NULL;
out:
    BN_free(n);
    BN_CTX_free(ctx);
    return why;
}
