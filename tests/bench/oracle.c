/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, contexts and the clock of timing programs: see oracle.h. */
#include "oracle.h"

#include <errno.h>
#include <math.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUT_MAX = 2048 };

_Noreturn void oracle_stop(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

EVP_PKEY *oracle_load(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    if (store != NULL)
        (void)OSSL_STORE_close(store);
    if (pkey == NULL)
        oracle_stop(uri);
    return pkey;
}

EVP_PKEY_CTX *oracle_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
                             int pad)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    if (ctx == NULL || init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, pad) != 1)
        oracle_stop("context");
    return ctx;
}

static double read_clock(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double oracle_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int oracle_by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

struct oracle_span oracle_begin(void)
{
    struct oracle_span begin;

    begin.ns[ORACLE_WALL] = oracle_now();
    begin.ns[ORACLE_CPU] = read_clock(CLOCK_THREAD_CPUTIME_ID);
    return begin;
}

struct oracle_span oracle_end(const struct oracle_span *begin)
{
    const double cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
    const double wall = oracle_now();

    return (struct oracle_span){
        .ns = {[ORACLE_WALL] = wall - begin->ns[ORACLE_WALL],
               [ORACLE_CPU] = cpu - begin->ns[ORACLE_CPU]}};
}

struct oracle_span oracle_time_raw(EVP_PKEY_CTX *ctx, const uint8_t *data,
                                   size_t len)
{
    uint8_t out[OUT_MAX];
    size_t out_len = sizeof(out);
    const struct oracle_span begin = oracle_begin();

    (void)EVP_PKEY_decrypt(ctx, out, &out_len, data, len);
    ERR_clear_error();
    return oracle_end(&begin);
}

void oracle_draw(uint8_t *order, size_t count)
{
    uint32_t random[UINT8_MAX + 1];

    if (RAND_bytes((uint8_t *)random, (int)(count * sizeof(*random))) != 1)
        oracle_stop("random");
    for (size_t i = 0; i < count; i++) {
        const size_t other = random[i] % (i + 1);

        order[i] = (uint8_t)i;
        order[i] = order[other];
        order[other] = (uint8_t)i;
    }
}

/* ---- tables ----------------------------------------------------------------
 */

static double *new_values(size_t count)
{
    double *values = calloc(count, sizeof(*values));

    if (values == NULL)
        oracle_stop("memory");
    return values;
}

void oracle_series_new(struct oracle_series *series, const char *const *names,
                       size_t classes, size_t rounds)
{
    for (size_t class = 0; class < classes; class ++) {
        series[class].name = names[class];
        for (int clock = 0; clock < ORACLE_CLOCKS; clock++)
            series[class].ns[clock] = new_values(rounds);
    }
}

void oracle_series_free(struct oracle_series *series, size_t classes)
{
    for (size_t class = 0; class < classes; class ++)
        for (int clock = 0; clock < ORACLE_CLOCKS; clock++)
            free(series[class].ns[clock]);
}

void oracle_note(const struct oracle_series *series, size_t round,
                 struct oracle_span span)
{
    for (int clock = 0; clock < ORACLE_CLOCKS; clock++)
        series->ns[clock][round] = span.ns[clock];
}

struct summary {
    double low, middle, high;
    double error; /* standard, of middle; as if spread normally about it */
};

static struct summary summarize(const struct oracle_series *series, int clock,
                                size_t rounds)
{
    double *sorted = new_values(rounds);
    struct summary summary;

    memcpy(sorted, series->ns[clock], rounds * sizeof(*sorted));
    qsort(sorted, rounds, sizeof(*sorted), oracle_by_value);
    summary = (struct summary){.low = sorted[rounds / 4],
                               .middle = sorted[rounds / 2],
                               .high = sorted[rounds * 3 / 4]};
    summary.error = 0.929 * (summary.high - summary.low) / sqrt((double)rounds);
    free(sorted);
    return summary;
}

static const char *const units[ORACLE_CLOCKS] = {
    [ORACLE_WALL] = "ns that passed", [ORACLE_CPU] = "ns of CPU"};

void oracle_print(const char *what, const struct oracle_series *series,
                  size_t classes, size_t rounds)
{
    for (int clock = 0; clock < ORACLE_CLOCKS; clock++) {
        const struct summary first = summarize(series, clock, rounds);

        (void)printf("%s, %s\nclass\tquartile\tmedian\tquartile\tfrom the "
                     "first\t+-\n",
                     what, units[clock]);
        for (size_t class = 0; class < classes; class ++) {
            const struct summary s = summarize(&series[class], clock, rounds);

            (void)printf("%s\t%.0f\t%.0f\t%.0f\t%+.0f\t%.0f\n",
                         series[class].name, s.low, s.middle, s.high,
                         s.middle - first.middle, hypot(s.error, first.error));
        }
    }
    (void)fflush(stdout);
}

void oracle_beyond(const struct oracle_series *ours, size_t rounds,
                   const struct oracle_series *raw, size_t raw_rounds,
                   size_t classes)
{
    for (int clock = 0; clock < ORACLE_CLOCKS; clock++) {
        const struct summary a = summarize(&ours[0], clock, rounds);
        const struct summary b = summarize(&raw[0], clock, raw_rounds);

        (void)printf("difference beyond the RSA operation's own, %s\n"
                     "class\tof medians\t+-\n",
                     units[clock]);
        for (size_t class = 1; class < classes; class ++) {
            const struct summary c = summarize(&ours[class], clock, rounds);
            const struct summary d = summarize(&raw[class], clock, raw_rounds);

            (void)printf(
                "%s\t%+.0f\t%.0f\n", ours[class].name,
                c.middle - a.middle - (d.middle - b.middle),
                hypot(hypot(a.error, b.error), hypot(c.error, d.error)));
        }
    }
    (void)fflush(stdout);
}

/* ---- on the way ------------------------------------------------------------
 */

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    (void)number;
    asked = 1;
}

void oracle_listen(void)
{
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_flags = SA_RESTART};

    if (sigaction(SIGUSR1, &action, NULL) != 0)
        oracle_stop("signal");
}

bool oracle_asked(void)
{
    const bool was = asked != 0;

    asked = 0;
    return was;
}
