/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the time of a decryption tell whether the padding was right?
 *
 *   bench_oracle URI [ROUNDS]
 *
 * Decrypts right and wrong PKCS#1 v1.5 ciphertexts by turns, in an order drawn
 * anew each round, by the provider that OPENSSL_CONF configures. Prints medians
 * and quartiles for each class in nanoseconds, and the largest difference of
 * medians beside the spread of the first class alone (its even against its odd
 * measurements). Every ciphertext is a new one.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum { CLASSES = 5, K_MAX = 2048, ROUNDS = 6000, MESSAGE = 48, FILL = 10 };

static const char *const names[CLASSES] = {
    "right", "right, empty", "wrong type", "no separator", "short padding"};

/* A block of the class, all else of it random and not zero. */
static void lay_out(uint8_t *em, size_t k, int class)
{
    size_t separator = class == 1 ? k - 1 : k - MESSAGE - 1;

    if (RAND_bytes(em, (int)k) != 1)
        oracle_stop("random");
    for (size_t i = 0; i < k; i++) {
        if (em[i] == 0)
            em[i] = 0x5a;
    }
    em[0] = 0;
    em[1] = class == 2 ? 1 : 2;
    if (class != 3)
        em[class == 4 ? FILL - 1 : separator] = 0;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), oracle_by_value);
    return values[count / 2];
}

/* The median of every second value, beginning at first. */
static double half_median(const double *values, size_t count, size_t first)
{
    double *half = malloc((count / 2 + 1) * sizeof(*half)), result;
    size_t n = 0;

    if (half == NULL)
        oracle_stop("memory");
    for (size_t i = first; i < count; i += 2)
        half[n++] = values[i];
    result = median(half, n);
    free(half);
    return result;
}

static void measure(EVP_PKEY *pkey, double *times[CLASSES], size_t rounds)
{
    EVP_PKEY_CTX *bare =
        oracle_context(pkey, EVP_PKEY_encrypt_init, RSA_NO_PADDING);
    EVP_PKEY_CTX *ctx =
        oracle_context(pkey, EVP_PKEY_decrypt_init, RSA_PKCS1_PADDING);
    size_t k = (size_t)EVP_PKEY_get_size(pkey);
    uint8_t em[K_MAX], cipher[CLASSES][K_MAX], out[K_MAX], draw;

    for (size_t round = 0; round < rounds; round++) {
        for (int class = 0; class < CLASSES; class ++) {
            size_t len = k;

            lay_out(em, k, class);
            if (EVP_PKEY_encrypt(bare, cipher[class], &len, em, k) != 1)
                oracle_stop("encryption");
        }
        if (RAND_bytes(&draw, 1) != 1)
            oracle_stop("random");
        for (int i = 0; i < CLASSES; i++) {
            int class = (i + draw) % CLASSES;
            size_t len = sizeof(out);
            double begin = oracle_now();

            (void)EVP_PKEY_decrypt(ctx, out, &len, cipher[class], k);
            times[class][round] = oracle_now() - begin;
            ERR_clear_error();
        }
    }
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(bare);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;
    double *times[CLASSES], low = 0, high = 0, spread;
    EVP_PKEY *pkey;

    if (argc < 2 || rounds < 10)
        oracle_stop("usage: bench_oracle URI [ROUNDS]");
    pkey = oracle_load(argv[1]);
    for (int class = 0; class < CLASSES; class ++) {
        times[class] = calloc(rounds, sizeof(double));
        if (times[class] == NULL)
            oracle_stop("memory");
    }
    measure(pkey, times, 10); /* what is made once */
    measure(pkey, times, rounds);
    spread =
        half_median(times[0], rounds, 0) - half_median(times[0], rounds, 1);
    (void)printf("class\tquartile\tmedian\tquartile\n");
    for (int class = 0; class < CLASSES; class ++) {
        double m = median(times[class], rounds);

        (void)printf("%s\t%.0f\t%.0f\t%.0f\n", names[class],
                     times[class][rounds / 4], m, times[class][rounds * 3 / 4]);
        low = class == 0 || m < low ? m : low;
        high = class == 0 || m > high ? m : high;
        free(times[class]);
    }
    (void)printf("medians differ by %.0f ns, the first class from itself by "
                 "%.0f ns\n",
                 high - low, spread < 0 ? -spread : spread);
    EVP_PKEY_free(pkey);
    return 0;
}
