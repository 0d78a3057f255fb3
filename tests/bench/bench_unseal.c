/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the time of opening a sealed key tell what is wrong with it?
 *
 *   bench_unseal URI [ROUNDS]
 *
 * Opens sealed keys of five classes in an order drawn anew each round, with a
 * key of the token that OPENSSL_CONF's provider reaches, and decrypts their RSA
 * parts alone beside it: what the token itself shows. Prints medians and
 * quartiles for each class in nanoseconds, for both. Every sealed key is a new
 * one. SIGUSR1 has it print what there is so far. docs/performance.md says how
 * to read it.
 */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_key.h"
#include "oracle.h"
#include "sealing.h"

enum { ROUNDS = 2000, WARM = 10 };
static const char element[] = "<ISSUEDPRINCIPALS>one</ISSUEDPRINCIPALS>";

struct bench {
    EVP_PKEY *pkey;
    EVP_PKEY *to;      /* its public half, in software */
    EVP_PKEY_CTX *raw; /* OAEP decryption by the token */
};

static EVP_PKEY *public_half(const EVP_PKEY *pkey)
{
    uint8_t modulus[XRML_MODULUS_MAX];
    struct iss_error error = {.status = ISS_OK};
    EVP_PKEY *to = NULL;
    BIGNUM *n = NULL;

    if (EVP_PKEY_get_bn_param(pkey, "n", &n) != 1 ||
        BN_num_bytes(n) > XRML_MODULUS_MAX)
        oracle_stop("modulus");
    const struct xrml_key numbers = {.modulus = modulus,
                                     .modulus_len =
                                         (size_t)BN_bn2bin(n, modulus),
                                     .exponent = RSA_F4};
    if (xrml_key_pkey(NULL, &numbers, &to, &error) != ISS_OK)
        oracle_stop(error.text);
    BN_free(n);
    return to;
}

static struct oracle_span time_opened(const struct bench *bench,
                                      enum sealing class, const uint8_t *data,
                                      size_t len)
{
    const struct sealed_lid lid = {.form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = element,
                                   .element_len = strlen(element)};
    struct sealed_secret secret;
    struct iss_error error = {.status = ISS_OK};
    struct oracle_span took = {.ns = {0}};
    const struct oracle_span begin = oracle_begin();
    enum iss_status status =
        sealed_open(&lid, bench->pkey, data, len, &secret, &error);

    ERR_clear_error();
    took = oracle_end(&begin);
    sealed_secret_wipe(&secret);
    if ((status == ISS_OK) != (class == SEALING_GOOD))
        oracle_stop(sealing_names[class]);
    return took;
}

struct series {
    struct oracle_series opened[SEALING_CLASSES], raw[SEALING_CLASSES];
};

static void report(const struct series *series, size_t rounds)
{
    (void)printf("%zu of each class\n", rounds);
    oracle_print("sealed key opened", series->opened, SEALING_CLASSES, rounds);
    oracle_print("RSA operation alone", series->raw, SEALING_CLASSES, rounds);
    oracle_beyond(series->opened, rounds, series->raw, rounds, SEALING_CLASSES);
}

static void one_round(const struct bench *bench, const struct series *series,
                      size_t round)
{
    const size_t k = (size_t)EVP_PKEY_get_size(bench->to);
    uint8_t data[SEALING_CLASSES][SEALED_MAX], key[SEALING_KEY];
    uint8_t order[2 * SEALING_CLASSES];
    size_t lens[SEALING_CLASSES];

    for (int class = 0; class < SEALING_CLASSES; class ++) {
        if (RAND_bytes(key, sizeof(key)) != 1)
            oracle_stop("random");
        lens[class] = sealing_make(bench->to, (enum sealing) class, element,
                                   key, data[class]);
    }
    oracle_draw(order, sizeof(order));
    for (size_t i = 0; i < sizeof(order); i++) {
        const int class = order[i] / 2;

        if (order[i] % 2 == 0)
            oracle_note(&series->opened[class], round,
                        time_opened(bench, (enum sealing) class, data[class],
                                    lens[class]));
        else
            oracle_note(&series->raw[class], round,
                        oracle_time_raw(bench->raw, data[class], k));
    }
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;
    struct series series;
    struct bench bench = {0};

    if (argc < 2 || rounds < WARM)
        oracle_stop("usage: bench_unseal URI [ROUNDS]");
    oracle_listen();
    bench.pkey = oracle_load(argv[1]);
    bench.to = public_half(bench.pkey);
    bench.raw = oracle_context(bench.pkey, EVP_PKEY_decrypt_init,
                               RSA_PKCS1_OAEP_PADDING);
    oracle_series_new(series.opened, sealing_names, SEALING_CLASSES, rounds);
    oracle_series_new(series.raw, sealing_names, SEALING_CLASSES, rounds);
    for (size_t round = 0; round < WARM; round++) /* what is made once */
        one_round(&bench, &series, round);
    for (size_t round = 0; round < rounds; round++) {
        one_round(&bench, &series, round);
        if (oracle_asked())
            report(&series, round + 1);
    }
    report(&series, rounds);
    oracle_series_free(series.opened, SEALING_CLASSES);
    oracle_series_free(series.raw, SEALING_CLASSES);
    EVP_PKEY_CTX_free(bench.raw);
    EVP_PKEY_free(bench.to);
    EVP_PKEY_free(bench.pkey);
    return 0;
}
