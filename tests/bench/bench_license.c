/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licenses by iss_license_batch against the raw loop on the same token and key
 * with as many threads: C_Sign for publishing licenses, C_Decrypt and C_Sign
 * for use licenses. The raw loop runs in a process of its own; slices take
 * turns, ratios are of one round, the median is printed.
 *   title kind jobs raw/s ours/s ratio cpu-raw-us cpu-ours-us cores-raw rss-kB
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "contest.h"
#include "issuer/checkpoint.h"
#include "issuer/journal.h"
#include "issuer/license.h"
#include "issuer/profile.h"
#include "tools/env.h"

enum { ROUNDS_MAX = 64, KEY = 16 };

struct work { /* what the orders are made of */
    enum iss_license_kind kind;
    char *rac, *pl;
    size_t rac_len, pl_len;
    uint64_t left, line, refused;
    int64_t until; /* orders begin before this, us; 0: as many as left says */
    uint8_t nonces[1024][ISS_LICENSE_NONCE_SIZE];
    uint64_t seed;
    FILE *rss; /* NULL: not followed */
    uint64_t done;
};

struct figures {
    double count, wall_us, cpu_us;
};

static double now_us(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static long resident_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char line[256] = "";
    char *rest = NULL;

    if (file != NULL) {
        (void)(fgets(line, sizeof(line), file) == NULL);
        (void)fclose(file);
    }
    (void)strtol(line, &rest, 10);
    return strtol(rest, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024);
}

static _Noreturn void die(const char *what, const struct iss_error *error)
{
    (void)fprintf(stderr, "bench_license: %s: %s\n", what, error->text);
    exit(1);
}

/* ---- orders ---------------------------------------------------------------
 */

static const struct iss_grant grants[] = {
    {.right = "VIEW", .mail = "ann@example.org"},
    {.right = "PRINT", .mail = "bob@example.org"}};
static const struct iss_terms terms = {.owner = {.mail = "owner@example.org"},
                                       .grants = grants,
                                       .grant_count =
                                           sizeof(grants) / sizeof(grants[0])};
static const uint8_t content_key[KEY] = {1};

static enum iss_status next(void *arg, struct iss_license_order *order,
                            uint64_t *line, bool *more, struct iss_error *error)
{
    struct work *work = arg;

    (void)error;
    *more = work->left > 0 &&
            (work->until == 0 || now_us(CLOCK_MONOTONIC) < (double)work->until);
    if (!*more)
        return ISS_OK;
    work->left--;
    *line = ++work->line;
    uint8_t *nonce = work->nonces[*line % 1024];
    memcpy(nonce, line, sizeof(*line));
    memcpy(nonce + 8, &work->seed, sizeof(work->seed));
    *order = (struct iss_license_order){.kind = work->kind, .nonce = nonce};
    if (work->kind == ISS_UL) {
        order->rac = (struct iss_text){work->rac, work->rac_len};
        order->pl = (struct iss_text){work->pl, work->pl_len};
    } else {
        order->terms = &terms;
        order->content_key = content_key;
        order->content_key_len = sizeof(content_key);
    }
    return ISS_OK;
}

static enum iss_status done(void *arg, const struct iss_batch_result *result,
                            struct iss_error *error)
{
    struct work *work = arg;

    (void)error;
    if (result->status != ISS_OK && work->refused++ == 0)
        (void)fprintf(stderr, "line %" PRIu64 ": %s\n", result->line,
                      result->text);
    work->done++;
    if (work->rss != NULL && work->done % 10000 == 0) {
        (void)fprintf(work->rss, "# %" PRIu64 " licenses: %ld kB resident\n",
                      work->done, resident_kb());
        (void)fflush(work->rss);
    }
    return ISS_OK;
}

static struct figures run(struct iss *store, struct work *work, unsigned jobs)
{
    const struct iss_batch batch = {
        .jobs = jobs, .next = next, .done = done, .arg = work};
    struct iss_error error = {.status = ISS_OK};
    const uint64_t before = work->done;
    const double wall = now_us(CLOCK_MONOTONIC);
    const double cpu = now_us(CLOCK_PROCESS_CPUTIME_ID);

    if (iss_license_batch(store, &batch, &error) != ISS_OK)
        die("batch", &error);
    if (work->refused > 0)
        exit(1);
    return (struct figures){(double)(work->done - before),
                            now_us(CLOCK_MONOTONIC) - wall,
                            now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu};
}

/* ---- a store of many ------------------------------------------------------
 */

enum { FILL = 5000, BODY_MAX = 64 * 1024 };

struct filler { /* what the records of one license borrow */
    uint8_t digest[ISS_HASH_SIZE];
    char guid[XRML_GUID_SIZE];
    char body[BODY_MAX];
    size_t len;
};

/* INTENT and RESULT as the product appends them; the signature is none. */
static void fill_one(struct filler *filler, size_t len, uint64_t number,
                     uint64_t intent, struct iss_entry *entries)
{
    static const uint8_t zeros[XRML_MODULUS_MAX];
    struct iss_error error = {.status = ISS_OK};

    filler->len = len;
    memset(filler->body, 'x', len);
    (void)snprintf(filler->body, len, "<BODY>%" PRIu64, number);
    if (iss_sha256(filler->body, len, filler->digest, &error) != ISS_OK ||
        iss_guid_new(filler->guid, &error) != ISS_OK)
        die("fill", &error);
    entries[0] = iss_entry_of(ISS_REC_INTENT);
    iss_entry_text(&entries[0], ISS_TAG_KIND, "pl");
    iss_entry_octets(&entries[0], ISS_TAG_DIGEST, filler->digest,
                     sizeof(filler->digest));
    iss_entry_text(&entries[0], ISS_TAG_DOCUMENT, filler->guid);
    iss_entry_octets(&entries[0], ISS_TAG_ISSUER, zeros, ISS_HASH_SIZE);
    iss_entry_octets(&entries[0], ISS_TAG_SIGNED, filler->body, len);
    entries[1] = iss_entry_of(ISS_REC_RESULT);
    iss_entry_number(&entries[1], ISS_TAG_INTENT, intent);
    iss_entry_octets(&entries[1], ISS_TAG_SIGNATURE, zeros, 256);
    iss_entry_octets(&entries[1], ISS_TAG_WHOLE_HASH, filler->digest,
                     ISS_HASH_SIZE);
}

/* So many more licenses, by the product's own append in large commits. */
static void fill(struct iss *store, uint64_t count, size_t len)
{
    struct filler *fillers = calloc(FILL, sizeof(*fillers));
    struct iss_entry *entries = calloc(2 * FILL, sizeof(*entries));
    struct iss_error error = {.status = ISS_OK};
    uint64_t head = 0;

    for (uint64_t made = 0; made < count; made += FILL) {
        const size_t now = count - made < FILL ? (size_t)(count - made) : FILL;

        if (fillers == NULL || entries == NULL ||
            iss_store_begin(store->db, &error) != ISS_OK ||
            iss_store_head(store->db, &head, &error) != ISS_OK)
            die("fill", &error);
        for (size_t i = 0; i < now; i++)
            fill_one(&fillers[i], len, head + i, head + 1 + 2 * i,
                     &entries[2 * i]);
        if (iss_journal_append(store, entries, 2 * now, NULL, &error) !=
                ISS_OK ||
            iss_store_commit(store->db, &error) != ISS_OK ||
            iss_checkpoint_keep_up(store, &error) != ISS_OK)
            die("fill", &error);
    }
    free(fillers);
    free(entries);
}

/* What a license costs when there are so many already. */
static void grow(struct iss *store, struct work *work, unsigned jobs,
                 uint64_t most, size_t len)
{
    enum { MEASURED = 2000 };

    for (uint64_t size = 1000, have = 0; size <= most; size *= 10) {
        fill(store, size - have, len);
        work->left = MEASURED;
        struct figures figures = run(store, work, jobs);
        have = size + MEASURED;
        (void)printf(
            "# %" PRIu64 " issued: %.0f us of CPU, %.0f us a license\n", size,
            figures.cpu_us / figures.count, figures.wall_us / figures.count);
        (void)fflush(stdout);
    }
}

/* ---- rounds ---------------------------------------------------------------
 */

struct columns {
    double raw[ROUNDS_MAX], ours[ROUNDS_MAX], ratio[ROUNDS_MAX];
    double cpu_raw[ROUNDS_MAX], cpu_ours[ROUNDS_MAX], cores[ROUNDS_MAX];
};

static void one_round(const struct contest *contest, struct iss *store,
                      struct work *work, int threads, struct columns *out,
                      int r)
{
    const struct contest_turn turn = {.op = work->kind == ISS_UL ? BENCH_UNSEAL
                                                                 : BENCH_SIGN,
                                      .threads = threads,
                                      .milliseconds = contest->milliseconds};
    struct contest_score score = {0};
    struct figures figures = {0};

    /* who begins changes, so that neither has the warmer machine */
    for (int half = 0; half < 2; half++) {
        if ((half + r) % 2 == 0) {
            if (!contest_turn(contest, 0, &turn, &score) || score.errors > 0)
                die("raw loop", &(struct iss_error){.text = "it fails"});
        } else {
            work->left = UINT64_MAX;
            work->until = (int64_t)now_us(CLOCK_MONOTONIC) +
                          (int64_t)contest->milliseconds * 1000;
            figures = run(store, work, (unsigned)threads);
        }
    }
    out->raw[r] = score.operations / score.wall_us * 1e6;
    out->ours[r] = figures.count / figures.wall_us * 1e6;
    out->ratio[r] = out->ours[r] / out->raw[r];
    out->cpu_raw[r] = score.cpu_us / score.operations;
    out->cpu_ours[r] = figures.cpu_us / figures.count;
    out->cores[r] = score.cpu_us / score.wall_us;
}

static void compete(const struct contest *contest, struct iss *store,
                    struct work *work, int threads)
{
    static struct columns columns;
    const int rounds =
        contest->rounds < ROUNDS_MAX ? contest->rounds : ROUNDS_MAX;
    const size_t n = (size_t)rounds;

    for (int r = 0; r < rounds; r++)
        one_round(contest, store, work, threads, &columns, r);
    (void)printf(
        "%s\t%s\t%d\t%.1f\t%.1f\t%.3f\t%.1f\t%.1f\t%.2f\t%ld\n", contest->title,
        iss_license_kind_name(work->kind), threads,
        contest_median(columns.raw, n), contest_median(columns.ours, n),
        contest_median(columns.ratio, n), contest_median(columns.cpu_raw, n),
        contest_median(columns.cpu_ours, n), contest_median(columns.cores, n),
        resident_kb());
    (void)fflush(stdout);
}

static void read_work(struct work *work)
{
    const char *rac = getenv("BENCH_RAC");
    const char *pl = getenv("BENCH_PL");
    const char *kind = getenv("BENCH_KIND");
    struct iss_error error = {.status = ISS_OK};

    if (kind == NULL || !iss_license_kind_find(kind, &work->kind))
        die("BENCH_KIND", &(struct iss_error){.text = "pl or ul"});
    work->seed = (uint64_t)now_us(CLOCK_REALTIME);
    if (work->kind != ISS_UL)
        return;
    if (rac == NULL || pl == NULL ||
        iss_read_file(rac, XRML_CHAIN_MAX, &work->rac, &work->rac_len,
                      &error) != ISS_OK ||
        iss_read_file(pl, XRML_CHAIN_MAX, &work->pl, &work->pl_len, &error) !=
            ISS_OK)
        die("BENCH_RAC, BENCH_PL", &error);
}

/* BENCH_STORE: a root's folder. Instead of rounds: BENCH_COUNT, so many
 * licenses, the memory shown; BENCH_GROW, the cost of one at 1,000, 10,000, ...
 * that many issued, each with a BODY of BENCH_BODY octets (4096). */
int main(int argc, char **argv)
{
    static struct work work;
    struct contest contest;
    struct tool_env env;
    struct iss_conf conf;
    struct iss_error error = {.status = ISS_OK};
    struct iss *store = NULL;
    const char *dir = getenv("BENCH_STORE");
    const char *count = getenv("BENCH_COUNT");
    const char *grown = getenv("BENCH_GROW"), *body = getenv("BENCH_BODY");
    char path[ISS_PATH_MAX];

    contest_start(&contest, argc, argv);
    read_work(&work);
    if (dir == NULL || contest.count != 1)
        die("BENCH_STORE, --bridges raw", &error);
    (void)snprintf(path, sizeof(path), "%s/privyseal.conf", dir);
    if (iss_conf_load(path, &conf, &error) != ISS_OK ||
        tool_env_open(&env, conf.module, conf.pin_source, &error) != ISS_OK ||
        iss_open(&env.iss, dir, 0, &store, &error) != ISS_OK)
        die(dir, &error);
    if (grown != NULL) {
        size_t len = body != NULL ? strtoul(body, NULL, 10) : 4096;

        if (len < 64 || len > BODY_MAX)
            die("BENCH_BODY", &(struct iss_error){.text = "64 to 65536"});
        grow(store, &work, (unsigned)contest.threads[0],
             strtoull(grown, NULL, 10), len);
    } else if (count != NULL) {
        work.left = strtoull(count, NULL, 10);
        work.rss = stdout;
        struct figures all = run(store, &work, (unsigned)contest.threads[0]);
        (void)printf("# %.0f licenses, %.0f a second\n", all.count,
                     all.count / all.wall_us * 1e6);
    } else {
        for (size_t t = 0; t < contest.thread_counts; t++)
            compete(&contest, store, &work, contest.threads[t]);
    }
    contest_end(&contest);
    if (iss_close(store, &error) != ISS_OK)
        die("close", &error);
    tool_env_close(&env);
    free(work.rac);
    free(work.pl);
    return 0;
}
