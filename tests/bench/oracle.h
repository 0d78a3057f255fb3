/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs share that ask whether the time of an operation with a key in a
 * token tells what it was given.
 */
#ifndef PRIVYSEAL_BENCH_ORACLE_H
#define PRIVYSEAL_BENCH_ORACLE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says what, and libcrypto's errors; ends the program with 2. */
_Noreturn void oracle_stop(const char *what);

/* The private key of a URI by the provider that OPENSSL_CONF configures; the
 * caller's to free. Stops without one. */
EVP_PKEY *oracle_load(const char *uri);

/* A context that init and an RSA padding were set on; the caller's to free.
 * Stops on failure. */
EVP_PKEY_CTX *oracle_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
                             int pad);

/* Nanoseconds of a clock that never goes back. */
double oracle_now(void);

/* For qsort: doubles, ascending. */
int oracle_by_value(const void *a, const void *b);

enum { ORACLE_WALL, ORACLE_CPU, ORACLE_CLOCKS };
struct oracle_span { /* nanoseconds: as it passes, and of this thread alone */
    double ns[ORACLE_CLOCKS];
};
struct oracle_span oracle_begin(void);
/* What has passed since then. */
struct oracle_span oracle_end(const struct oracle_span *begin);

/* How long a private key takes for one RSA operation, whether or not it is good
 * for anything; leaves no error behind. */
struct oracle_span oracle_time_raw(EVP_PKEY_CTX *ctx, const uint8_t *data,
                                   size_t len);

/* The numbers below count, at most 256 of them, in an order drawn anew. Stops
 * without random octets. */
void oracle_draw(uint8_t *order, size_t count);

struct oracle_series { /* of one class */
    const char *name;
    double *ns[ORACLE_CLOCKS]; /* one a round */
};
/* Room for so many rounds; stops without memory. */
void oracle_series_new(struct oracle_series *series, const char *const *names,
                       size_t classes, size_t rounds);
void oracle_series_free(struct oracle_series *series, size_t classes);
void oracle_note(const struct oracle_series *series, size_t round,
                 struct oracle_span span);

/* Of the first so many rounds of each class, for each clock: quartiles and
 * median, by how much the median differs from that of the first class, and the
 * standard error of that. */
void oracle_print(const char *what, const struct oracle_series *series,
                  size_t classes, size_t rounds);
/* The differences of ours less those of raw, of which there may be fewer, and
 * the standard error. */
void oracle_beyond(const struct oracle_series *ours, size_t rounds,
                   const struct oracle_series *raw, size_t raw_rounds,
                   size_t classes);

/* Has SIGUSR1 mean: tell how far it is. */
void oracle_listen(void);
/* Whether it has come since this was asked last. */
bool oracle_asked(void);

#endif
