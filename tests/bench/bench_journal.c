/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal of many records: appending in groups, opening, verifying, against
 * plain SHA-256 over the same octets. bench_journal [RECORDS], a million where
 * none is said. Keys are software keys. Appending and opening by the clock,
 * the rest by CPU time. Prints a line a measurement; judges nothing.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "issuer/checkpoint.h"
#include "issuer/journal.h"
#include "stores.h"

enum { GROUP = 1000, RECORDS = 1000000, ROUNDS = 3, CAUSE = 120 };

static double seconds(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double now_s(void)
{
    return seconds(CLOCK_MONOTONIC);
}

/* Of this process alone, so that a machine which is not idle does not count. */
static double cpu_s(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static void must(bool good, const struct stores *stores, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, stores->error.text);
    abort();
}

/* A refusal with everything that is known of who asked: 480 octets. */
static struct iss_entry refusal(const uint8_t hash[static ISS_HASH_SIZE])
{
    static char cause[CAUSE + 1];
    struct iss_entry entry = iss_entry_of(ISS_REC_DENY);

    memset(cause, 'c', CAUSE);
    iss_entry_text(&entry, ISS_TAG_CLASS, "REFUSED");
    iss_entry_text(&entry, ISS_TAG_CAUSE, cause);
    iss_entry_octets(&entry, ISS_TAG_DIGEST, hash, ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_FILE_HASH, hash, ISS_HASH_SIZE);
    iss_entry_octets(&entry, ISS_TAG_SUBJECT, hash, ISS_HASH_SIZE);
    iss_entry_text(&entry, ISS_TAG_HOST, "licensing-1.example");
    iss_entry_text(&entry, ISS_TAG_USER, "operator");
    iss_entry_text(&entry, ISS_TAG_OP, "sub-enroll");
    iss_entry_text(&entry, ISS_TAG_GUID,
                   "{01234567-89ab-4cde-8f01-23456789abcd}");
    iss_entry_text(&entry, ISS_TAG_NAME, "LICENSING-1");
    iss_entry_text(&entry, ISS_TAG_URL, "https://licensing-1.example/_wmcs");
    return entry;
}

static void fill(struct stores *stores, unsigned long records)
{
    struct iss *store = stores_open(stores, stores->authority);
    struct iss_entry *group = calloc(GROUP, sizeof(*group));
    const uint8_t hash[ISS_HASH_SIZE] = {1};
    double signing = 0;
    double start = now_s();

    must(group != NULL, stores, "memory");
    for (unsigned long done = 0; done < records; done += GROUP) {
        for (size_t i = 0; i < GROUP; i++)
            group[i] = refusal(hash);
        must(iss_journal_write(store, group, GROUP, NULL, &stores->error) ==
                 ISS_OK,
             stores, "append");
        double before = now_s();
        must(iss_checkpoint_keep_up(store, &stores->error) == ISS_OK, stores,
             "checkpoint");
        signing += now_s() - before;
    }
    double took = now_s() - start - signing;
    (void)printf("append, %d a commit: %.0f records/s (checkpoints: %.1f s)\n",
                 (int)GROUP, (double)records / took, signing);
    free(group);
    stores_close(stores, store);
}

struct sums {
    EVP_MD_CTX *ctx;
    EVP_MD *md;
    double octets, seconds;
    size_t count;
};

static enum iss_status sum(void *arg, const struct iss_row *row,
                           struct iss_error *error)
{
    struct sums *sums = arg;
    uint8_t hash[ISS_HASH_SIZE];
    double start = cpu_s();

    (void)error;
    (void)(EVP_DigestInit_ex(sums->ctx, sums->md, NULL) == 1 &&
           EVP_DigestUpdate(sums->ctx, "", 1) == 1 &&
           EVP_DigestUpdate(sums->ctx, row->record, row->len) == 1 &&
           EVP_DigestFinal_ex(sums->ctx, hash, NULL) == 1);
    sums->seconds += cpu_s() - start;
    sums->octets += (double)row->len;
    sums->count++;
    return ISS_OK;
}

static void measure(struct stores *stores)
{
    struct sums sums = {.ctx = EVP_MD_CTX_new(),
                        .md = EVP_MD_fetch(NULL, "SHA256", NULL)};
    struct iss_log_verdict verdict;
    const struct iss_log_check all = {0};
    double start = now_s();
    struct iss *store = stores_open(stores, stores->authority);

    (void)printf("open: %.3f s\n", now_s() - start);
    start = cpu_s();
    must(iss_store_each(store->db, 1, 0, sum, &sums, &stores->error) == ISS_OK,
         stores, "read");
    double reading = cpu_s() - start - sums.seconds;
    (void)printf("plain SHA-256 of %zu records of %.0f octets: %.0f records/s; "
                 "reading them: %.0f records/s\n",
                 sums.count, sums.octets / (double)sums.count,
                 (double)sums.count / sums.seconds,
                 (double)sums.count / reading);
    start = cpu_s();
    must(iss_log_verify(store, &all, &verdict, &stores->error) == ISS_OK,
         stores, "verify");
    double took = cpu_s() - start;
    (void)printf("log verify: %.0f records/s, %.2f times plain SHA-256\n",
                 (double)verdict.records / took, took / sums.seconds);
    EVP_MD_CTX_free(sums.ctx);
    EVP_MD_free(sums.md);
    iss_free(store);
}

int main(int argc, char **argv)
{
    struct stores stores;
    unsigned long records = argc > 1 ? strtoul(argv[1], NULL, 10) : RECORDS;

    stores_bare(&stores);
    struct iss_init asked = stores_authority(&stores);
    stores_init(&stores, &asked);
    fill(&stores, records);
    for (int i = 0; i < ROUNDS; i++)
        measure(&stores);
    stores_free(&stores);
    return 0;
}
