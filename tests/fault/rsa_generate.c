/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes RSA pairs from a seed, fast: for tests only. A prime is what a sieve
 * and one Fermat test to base 2 let through, which for random numbers of this
 * size is wrong less often than the machine.
 */
#include "rsa.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SMALL_PRIMES = 1000, SIEVE_TO = 8000, STEPS_MAX = 1 << 16 };

struct stream { /* SHA-256 over seed, index and a counter */
    struct {
        uint8_t seed[32];
        uint64_t index, block;
    } in;
};

static bool draw(struct stream *stream, uint8_t *out, size_t len)
{
    uint8_t block[32];

    for (size_t at = 0; at < len; at += sizeof(block)) {
        size_t part = len - at < sizeof(block) ? len - at : sizeof(block);

        stream->in.block++;
        if (!rsa_sha256(&stream->in, sizeof(stream->in), block))
            return false;
        memcpy(out + at, block, part);
    }
    return true;
}

bool rsa_draw(const uint8_t seed[static 32], uint64_t index, uint8_t *out,
              size_t len)
{
    struct stream stream = {.in = {.index = index}};

    memcpy(stream.in.seed, seed, sizeof(stream.in.seed));
    return draw(&stream, out, len);
}

/* The odd primes from 3, ended by count. */
static size_t small_primes(unsigned out[static SMALL_PRIMES])
{
    bool composite[SIEVE_TO] = {false};
    size_t count = 0;

    for (unsigned i = 3; i < SIEVE_TO && count < SMALL_PRIMES; i += 2) {
        if (composite[i])
            continue;
        out[count++] = i;
        for (unsigned j = i * i; j < SIEVE_TO; j += 2 * i)
            composite[j] = true;
    }
    return count;
}

static bool passes_fermat(const BIGNUM *candidate, BN_CTX *ctx)
{
    BIGNUM *power, *minus_one, *two;
    bool passes = false;

    BN_CTX_start(ctx);
    power = BN_CTX_get(ctx);
    minus_one = BN_CTX_get(ctx);
    two = BN_CTX_get(ctx);
    if (two != NULL && BN_set_word(two, 2) == 1 &&
        BN_copy(minus_one, candidate) != NULL &&
        BN_sub_word(minus_one, 1) == 1 &&
        BN_mod_exp(power, two, minus_one, candidate, ctx) == 1)
        passes = BN_is_one(power);
    BN_CTX_end(ctx);
    return passes;
}

/* The first prime at or after start, which is odd; start moves along. */
static bool next_prime(BIGNUM *start, BN_CTX *ctx)
{
    unsigned primes[SMALL_PRIMES];
    unsigned rest[SMALL_PRIMES];
    size_t count = small_primes(primes);

    for (size_t i = 0; i < count; i++)
        rest[i] = (unsigned)BN_mod_word(start, primes[i]);
    for (unsigned step = 0; step < STEPS_MAX; step++) {
        bool divisible = false;

        for (size_t i = 0; i < count; i++) {
            divisible |= rest[i] == 0;
            rest[i] += 2;
            rest[i] -= rest[i] >= primes[i] ? primes[i] : 0;
        }
        if (!divisible && passes_fermat(start, ctx))
            return true;
        if (BN_add_word(start, 2) != 1)
            return false;
    }
    return false;
}

/* A prime of that many bits, the two highest set, p - 1 prime to exponent. */
static bool draw_prime(BIGNUM *prime, struct stream *stream, unsigned bits,
                       unsigned long exponent, BN_CTX *ctx)
{
    uint8_t bytes[RSA_NUMBER_MAX / 2];
    size_t len = bits / 8;
    bool found = false;

    while (!found) {
        if (!draw(stream, bytes, len))
            break;
        bytes[0] |= 0xc0;
        bytes[len - 1] |= 1;
        if (BN_bin2bn(bytes, (int)len, prime) == NULL ||
            !next_prime(prime, ctx))
            break;
        found = (unsigned)BN_num_bits(prime) == bits &&
                BN_mod_word(prime, exponent) != 1;
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return found;
}

static bool put(const BIGNUM *number, enum rsa_number which,
                struct rsa_numbers *out)
{
    out->len[which] = (size_t)BN_num_bytes(number);
    return out->len[which] <= RSA_NUMBER_MAX &&
           BN_bn2bin(number, out->value[which]) >= 0;
}

/* Everything else from p and q. */
static bool derive(BIGNUM *p, BIGNUM *q, unsigned long exponent, BN_CTX *ctx,
                   struct rsa_numbers *out)
{
    BIGNUM *one = BN_CTX_get(ctx), *e = BN_CTX_get(ctx), *n = BN_CTX_get(ctx);
    BIGNUM *p1 = BN_CTX_get(ctx), *q1 = BN_CTX_get(ctx), *d = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);

    return rest != NULL && BN_one(one) && BN_set_word(e, exponent) == 1 &&
           BN_mul(n, p, q, ctx) == 1 && BN_sub(p1, p, one) == 1 &&
           BN_sub(q1, q, one) == 1 && BN_mul(rest, p1, q1, ctx) == 1 &&
           BN_mod_inverse(d, e, rest, ctx) != NULL && put(n, RSA_N, out) &&
           put(e, RSA_E, out) && put(d, RSA_D, out) && put(p, RSA_P, out) &&
           put(q, RSA_Q, out) && BN_mod(rest, d, p1, ctx) == 1 &&
           put(rest, RSA_DP, out) && BN_mod(rest, d, q1, ctx) == 1 &&
           put(rest, RSA_DQ, out) && BN_mod_inverse(rest, q, p, ctx) != NULL &&
           put(rest, RSA_QI, out);
}

CK_RV rsa_generate(const uint8_t seed[static 32], uint64_t index, unsigned bits,
                   unsigned long exponent, struct rsa_numbers *out)
{
    struct stream stream = {.in = {.index = index}};
    BN_CTX *ctx = BN_CTX_secure_new_ex(rsa_libctx());
    BIGNUM *p, *q;
    CK_RV rv = CKR_FUNCTION_FAILED;

    memcpy(stream.in.seed, seed, sizeof(stream.in.seed));
    memset(out, 0, sizeof(*out));
    if (ctx == NULL)
        return CKR_HOST_MEMORY;
    BN_CTX_start(ctx);
    p = BN_CTX_get(ctx);
    q = BN_CTX_get(ctx);
    if (q != NULL && draw_prime(p, &stream, bits / 2, exponent, ctx) &&
        draw_prime(q, &stream, bits / 2, exponent, ctx)) {
        if (BN_cmp(p, q) < 0)
            BN_swap(p, q);
        if (derive(p, q, exponent, ctx, out))
            rv = CKR_OK;
    }
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return rv;
}
