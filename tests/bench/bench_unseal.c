/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the time of opening a sealed key tell what is wrong with it?
 *
 *   bench_unseal URI [ROUNDS]
 *
 * Opens sealed keys of five classes by turns, in an order drawn anew each
 * round, with a key of the token that OPENSSL_CONF's provider reaches, and
 * decrypts their RSA parts alone beside it: what the token itself shows. Prints
 * medians and quartiles for each class in nanoseconds, for both. Every sealed
 * key is a new one. docs/performance.md says how to read it.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/sealed.h"
#include "oracle.h"

enum { CLASSES = 5, ROUNDS = 2000, CONTENT_KEY = 16, SHORT_MESSAGE = 20 };
enum class { GOOD, OTHER_ELEMENT, WRONG_PADDING, WRONG_LENGTH, WRONG_SECOND };
static const char *const names[CLASSES] = {"good", "wrong hash",
                                           "wrong padding", "wrong length",
                                           "second part altered"};
static const char element[] = "<ISSUEDPRINCIPALS>one</ISSUEDPRINCIPALS>";
static const char other[] = "<ISSUEDPRINCIPALS>two</ISSUEDPRINCIPALS>";

/* ---- sealed keys of a class ------------------------------------------------
 */

struct bench {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *raw; /* OAEP decryption by the token */
    struct xrml_key numbers;
    uint8_t modulus[XRML_MODULUS_MAX];
    size_t k;
};

static void read_numbers(struct bench *bench)
{
    BIGNUM *n = NULL;

    if (EVP_PKEY_get_bn_param(bench->pkey, "n", &n) != 1)
        oracle_stop("modulus");
    bench->numbers =
        (struct xrml_key){.modulus = bench->modulus,
                          .modulus_len = (size_t)BN_bn2bin(n, bench->modulus),
                          .exponent = 65537};
    bench->k = bench->numbers.modulus_len;
    BN_free(n);
}

/* The first part anew: a block without padding, or a message too short. */
static void spoil_first(const struct bench *bench, enum class class,
                        uint8_t *data)
{
    const int pad =
        class == WRONG_PADDING ? RSA_NO_PADDING : RSA_PKCS1_OAEP_PADDING;
    EVP_PKEY_CTX *ctx = oracle_context(bench->pkey, EVP_PKEY_encrypt_init, pad);
    uint8_t block[XRML_MODULUS_MAX];
    size_t len = bench->k;
    const size_t taken = class == WRONG_PADDING ? bench->k : SHORT_MESSAGE;

    if (RAND_bytes(block, (int)bench->k) != 1)
        oracle_stop("random");
    block[0] = 0;
    if (EVP_PKEY_encrypt(ctx, data, &len, block, taken) != 1)
        oracle_stop("encryption");
    EVP_PKEY_CTX_free(ctx);
}

static size_t make(const struct bench *bench, enum class class,
                   uint8_t data[static SEALED_MAX])
{
    const char *bound = class == OTHER_ELEMENT ? other : element;
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    struct sealed_secret secret = {.len = CONTENT_KEY};
    struct iss_error error = {.status = ISS_OK};
    size_t len = 0;

    if (RAND_bytes(secret.octets, CONTENT_KEY) != 1 ||
        sealed_close(&lid, &bench->numbers, &secret, data, &len, &error) !=
            ISS_OK)
        oracle_stop("sealing");
    if (class == WRONG_PADDING || class == WRONG_LENGTH)
        spoil_first(bench, class, data);
    if (class == WRONG_SECOND)
        data[bench->k] ^= 1;
    return len;
}

/* ---- measuring -------------------------------------------------------------
 */

static double time_opened(const struct bench *bench, enum class class,
                          const uint8_t *data, size_t len)
{
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = element,
                                   .element_len = strlen(element)};
    struct sealed_secret secret;
    struct iss_error error = {.status = ISS_OK};
    double begin = oracle_now(), end = 0;
    enum iss_status status =
        sealed_open(&lid, bench->pkey, data, len, &secret, &error);

    ERR_clear_error();
    end = oracle_now();
    sealed_secret_wipe(&secret);
    if ((status == ISS_OK) != (class == GOOD))
        oracle_stop(names[class]);
    return end - begin;
}

static double time_raw(const struct bench *bench, const uint8_t *data)
{
    uint8_t out[XRML_MODULUS_MAX];
    size_t len = sizeof(out);
    double begin = oracle_now();

    (void)EVP_PKEY_decrypt(bench->raw, out, &len, data, bench->k);
    ERR_clear_error();
    return oracle_now() - begin;
}

static void measure(const struct bench *bench, double *opened[CLASSES],
                    double *raw[CLASSES], size_t rounds)
{
    uint8_t data[CLASSES][SEALED_MAX], draw;

    for (size_t round = 0; round < rounds; round++) {
        size_t lens[CLASSES];

        for (int class = 0; class < CLASSES; class ++)
            lens[class] = make(bench, (enum class) class, data[class]);
        if (RAND_bytes(&draw, 1) != 1)
            oracle_stop("random");
        /* what comes second finds the caches warm: by turns */
        for (int i = 0; i < 2 * CLASSES; i++) {
            int class = (i / 2 + draw) % CLASSES;

            if ((i + (int)round) % 2 == 0)
                opened[class][round] = time_opened(bench, (enum class) class,
                                                   data[class], lens[class]);
            else
                raw[class][round] = time_raw(bench, data[class]);
        }
    }
}

/* Largest difference of medians between the classes that fail. */
static void print(const char *what, double *times[CLASSES], size_t rounds)
{
    double low = 0, high = 0;

    (void)printf("%s\nclass\tquartile\tmedian\tquartile\n", what);
    for (int class = 0; class < CLASSES; class ++) {
        double m;

        qsort(times[class], rounds, sizeof(double), oracle_by_value);
        m = times[class][rounds / 2];
        (void)printf("%s\t%.0f\t%.0f\t%.0f\n", names[class],
                     times[class][rounds / 4], m, times[class][rounds * 3 / 4]);
        low = class == 0 || m < low ? m : low;
        high = class == 0 || m > high ? m : high;
    }
    (void)printf("medians differ by %.0f ns\n", high - low);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;
    double *opened[CLASSES], *raw[CLASSES];
    struct bench bench = {0};

    if (argc < 2 || rounds < 10)
        oracle_stop("usage: bench_unseal URI [ROUNDS]");
    bench.pkey = oracle_load(argv[1]);
    bench.raw = oracle_context(bench.pkey, EVP_PKEY_decrypt_init,
                               RSA_PKCS1_OAEP_PADDING);
    read_numbers(&bench);
    for (int class = 0; class < CLASSES; class ++) {
        opened[class] = calloc(rounds, sizeof(double));
        raw[class] = calloc(rounds, sizeof(double));
        if (opened[class] == NULL || raw[class] == NULL)
            oracle_stop("memory");
    }
    measure(&bench, opened, raw, 10); /* what is made once */
    measure(&bench, opened, raw, rounds);
    print("sealed key opened", opened, rounds);
    print("RSA part by the token", raw, rounds);
    for (int class = 0; class < CLASSES; class ++) {
        free(opened[class]);
        free(raw[class]);
    }
    EVP_PKEY_CTX_free(bench.raw);
    EVP_PKEY_free(bench.pkey);
    return 0;
}
