/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every record of a journal changed in eight ways, and every cut of its tail:
 * log verify must find each. tamper [RECORDS]; 400 where none is said, and
 * 10,000 with PRIVYSEAL_FULL=1. The changes are made behind the store's back,
 * with triggers off, as somebody would who holds the file but not the audit
 * key. Every second change also makes the record's own hash fit again.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/checkpoint.h"
#include "issuer/journal.h"
#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

enum {
    RECORDS = 400,
    FULL = 10000,
    EVERY = 100, /* records between checkpoints */
    WHOLE = 41,  /* every so many verifications begin with record 1 */
    SEQ_AT = 4,
    PREV_AT = 12,
    TIME_AT = 44,
    TYPE_AT = 52,
    FIELDS_AT = 56
};

struct bench {
    struct stores stores;
    struct iss *store;
    sqlite3 *db;
    uint64_t size;
    unsigned long tried, missed;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "tamper: %s\n", what);
    abort();
}

static void run(struct bench *bench, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(bench->db, sql, NULL, NULL, &why) == SQLITE_OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", sql, why);
    abort();
}

/* ---- one record in memory ------------------------------------------------ */

struct kept {
    uint64_t seq;
    uint8_t prev[ISS_HASH_SIZE], hash[ISS_HASH_SIZE];
    uint8_t *record;
    size_t len;
};

static struct kept load(struct bench *bench, uint64_t seq)
{
    struct kept kept = {.seq = seq};
    sqlite3_stmt *row = NULL;

    must(sqlite3_prepare_v2(bench->db,
                            "SELECT prev, hash, record FROM journal"
                            " WHERE seq = ?",
                            -1, &row, NULL) == SQLITE_OK &&
             sqlite3_bind_int64(row, 1, (sqlite3_int64)seq) == SQLITE_OK &&
             sqlite3_step(row) == SQLITE_ROW,
         "a record cannot be read");
    memcpy(kept.prev, sqlite3_column_blob(row, 0), ISS_HASH_SIZE);
    memcpy(kept.hash, sqlite3_column_blob(row, 1), ISS_HASH_SIZE);
    kept.len = (size_t)sqlite3_column_bytes(row, 2);
    kept.record = malloc(kept.len);
    must(kept.record != NULL, "out of memory");
    memcpy(kept.record, sqlite3_column_blob(row, 2), kept.len);
    (void)sqlite3_finalize(row);
    return kept;
}

static void put(struct bench *bench, const char *sql, const struct kept *kept)
{
    sqlite3_stmt *row = NULL;

    must(sqlite3_prepare_v2(bench->db, sql, -1, &row, NULL) == SQLITE_OK &&
             sqlite3_bind_int64(row, 1, (sqlite3_int64)kept->seq) ==
                 SQLITE_OK &&
             sqlite3_bind_blob(row, 2, kept->prev, ISS_HASH_SIZE,
                               SQLITE_STATIC) == SQLITE_OK &&
             sqlite3_bind_blob(row, 3, kept->hash, ISS_HASH_SIZE,
                               SQLITE_STATIC) == SQLITE_OK &&
             sqlite3_bind_blob64(row, 4, kept->record, kept->len,
                                 SQLITE_STATIC) == SQLITE_OK &&
             sqlite3_step(row) == SQLITE_DONE,
         "a record cannot be changed");
    (void)sqlite3_finalize(row);
}

static void update(struct bench *bench, const struct kept *kept)
{
    put(bench,
        "UPDATE journal SET prev = ?2, hash = ?3, record = ?4"
        " WHERE seq = ?1",
        kept);
}

/* ---- verifying ------------------------------------------------------------
 */

static void verify(struct bench *bench, uint64_t seq, const char *way)
{
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {
        .from = bench->tried % WHOLE == 0 || seq < 2 ? 0 : seq - 1};

    bench->tried++;
    if (iss_log_verify(bench->store, &check, &verdict, NULL) == ISS_JOURNAL)
        return;
    bench->missed++;
    (void)printf("record %llu: %s: not found\n", (unsigned long long)seq, way);
}

/* A flip of one bit at an octet; with fit, the row follows the record. */
static void flip(struct bench *bench, const struct kept *kept, size_t at,
                 const char *way)
{
    struct kept changed = *kept;
    bool fit = bench->tried % 2 == 1;

    changed.record = malloc(kept->len);
    must(changed.record != NULL, "out of memory");
    memcpy(changed.record, kept->record, kept->len);
    changed.record[at] ^= (uint8_t)(1u << (kept->seq % 8));
    if (fit) {
        memcpy(changed.prev, changed.record + PREV_AT, ISS_HASH_SIZE);
        must(iss_record_hash(changed.record, changed.len, changed.hash, NULL) ==
                 ISS_OK,
             "SHA-256");
    }
    update(bench, &changed);
    verify(bench, kept->seq, way);
    update(bench, kept);
    free(changed.record);
}

static void swap(struct bench *bench, uint64_t seq)
{
    uint64_t other = seq < bench->size ? seq + 1 : seq - 1;
    char sql[256];

    for (int i = 0; i < 2; i++) {
        (void)snprintf(sql, sizeof(sql),
                       "BEGIN;UPDATE journal SET seq = 0 WHERE seq = %llu;"
                       "UPDATE journal SET seq = %llu WHERE seq = %llu;"
                       "UPDATE journal SET seq = %llu WHERE seq = 0;COMMIT",
                       (unsigned long long)seq, (unsigned long long)seq,
                       (unsigned long long)other, (unsigned long long)other);
        run(bench, sql);
        if (i == 0)
            verify(bench, seq < other ? seq : other, "swapped");
    }
}

static void drop(struct bench *bench, const struct kept *kept)
{
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "DELETE FROM journal WHERE seq = %llu",
                   (unsigned long long)kept->seq);
    run(bench, sql);
    verify(bench, kept->seq, "deleted");
    put(bench, "INSERT INTO journal VALUES (?1, ?2, ?3, ?4)", kept);
}

static void change(struct bench *bench, uint64_t seq)
{
    struct kept kept = load(bench, seq);
    struct kept other = kept;
    size_t field =
        FIELDS_AT + (size_t)(seq * 2654435761u) % (kept.len - FIELDS_AT);

    flip(bench, &kept, SEQ_AT + seq % 8, "seq");
    flip(bench, &kept, PREV_AT + seq % ISS_HASH_SIZE, "prev");
    flip(bench, &kept, TIME_AT + seq % 8, "time");
    flip(bench, &kept, TYPE_AT + seq % 2, "type");
    flip(bench, &kept, field, "field");
    other.hash[seq % ISS_HASH_SIZE] ^= 1;
    update(bench, &other);
    verify(bench, seq, "hash column");
    update(bench, &kept);
    swap(bench, seq);
    drop(bench, &kept);
    free(kept.record);
}

/* ---- the journal ----------------------------------------------------------
 */

static void fill(struct bench *bench, uint64_t records)
{
    static char causes[EVERY][2 * EVERY];
    static struct iss_entry group[EVERY - 1];
    static const uint8_t hash[ISS_HASH_SIZE] = {1};

    for (size_t i = 0; i < EVERY - 1; i++) {
        memset(causes[i], 'a' + (int)(i % 26), i + 1);
        group[i] = iss_entry_of(ISS_REC_DENY);
        iss_entry_text(&group[i], ISS_TAG_CLASS, "REFUSED");
        iss_entry_text(&group[i], ISS_TAG_CAUSE, causes[i]);
        iss_entry_octets(&group[i], ISS_TAG_DIGEST, hash, sizeof(hash));
    }
    for (uint64_t size = 0; size < records;)
        must(iss_journal_write(bench->store, group, EVERY - 1, NULL, NULL) ==
                     ISS_OK &&
                 iss_checkpoint_write(bench->store, NULL) == ISS_OK &&
                 iss_store_head(bench->store->db, &size, NULL) == ISS_OK,
             "append");
}

/* ---- cuts -----------------------------------------------------------------
 */

/* From the end, one record less each time: the whole of the checkpoints' file
 * is gone too, and one checkpoint or one receipt was kept elsewhere. */
static void cut(struct bench *bench, const struct iss_log_check *checkpoint,
                const struct iss_log_check *receipt, uint64_t covered)
{
    struct iss_log_verdict verdict;
    char sql[64];

    for (uint64_t n = bench->size - 1; n >= 1; n--) {
        (void)snprintf(sql, sizeof(sql), "DELETE FROM journal WHERE seq > %llu",
                       (unsigned long long)n);
        run(bench, sql);
        bench->tried++;
        bool found = iss_log_verify(bench->store, checkpoint, &verdict, NULL) ==
                     ISS_JOURNAL;
        if (n < covered)
            found = found && iss_log_verify(bench->store, receipt, &verdict,
                                            NULL) == ISS_JOURNAL;
        if (found)
            continue;
        bench->missed++;
        (void)printf("cut behind record %llu: not found\n",
                     (unsigned long long)n);
    }
}

int main(int argc, char **argv)
{
    const char *full = getenv("PRIVYSEAL_FULL");
    bool all = full != NULL && strcmp(full, "1") == 0;
    uint64_t records = argc > 1 ? strtoull(argv[1], NULL, 10)
                       : all    ? FULL
                                : RECORDS;
    struct bench bench = {.size = 0};
    struct iss_request request;
    struct iss_answer answer;
    struct iss_log_verdict verdict;
    struct iss_log_check none = {0};
    char path[ISS_PATH_MAX];
    size_t len = 0;

    stores_new(&bench.stores);
    bench.store = stores_open(&bench.stores, bench.stores.authority);
    fill(&bench, records);
    iss_free(bench.store);
    stores_export(&bench.stores, &request);
    struct iss_order order = stores_order(&request);
    order.receipt = true;
    bench.store = stores_open(&bench.stores, bench.stores.authority);
    must(iss_issue(bench.store, &order, &answer, NULL) == ISS_OK, "issue");
    stores_close(&bench.stores, bench.store);
    bench.store = stores_open(&bench.stores, bench.stores.authority);
    must(iss_store_head(bench.store->db, &bench.size, NULL) == ISS_OK &&
             iss_log_verify(bench.store, &none, &verdict,
                            &bench.stores.error) == ISS_OK,
         bench.stores.error.text);
    must(iss_path_join(path, bench.stores.authority, "store.db") &&
             sqlite3_open_v2(path, &bench.db, SQLITE_OPEN_READWRITE, NULL) ==
                 SQLITE_OK &&
             sqlite3_db_config(bench.db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0,
                               NULL) == SQLITE_OK,
         "store.db");
    run(&bench, "PRAGMA synchronous=OFF");
    for (uint64_t seq = 1; seq <= bench.size; seq++)
        change(&bench, seq);
    must(iss_log_verify(bench.store, &none, &verdict, &bench.stores.error) ==
             ISS_OK,
         "what was put back does not verify");
    must(iss_path_join(path, bench.stores.authority, "checkpoints"), "path");
    char *text = unit_read_file(path, &len);
    must(text != NULL && unlink(path) == 0, "checkpoints");
    char *last = text;
    for (char *at = text; at != NULL;
         at = strstr(at + 1, "privyseal-checkpoint 1\n"))
        last = at;
    const struct iss_log_check checkpoint = {.checkpoint = last,
                                             .checkpoint_len = strlen(last)};
    const struct iss_log_check receipt = {.receipt = answer.receipt,
                                          .receipt_len = answer.receipt_len};
    cut(&bench, &checkpoint, &receipt, answer.record);
    (void)printf("%llu records: %lu changes, %lu not found\n",
                 (unsigned long long)bench.size, bench.tried, bench.missed);
    free(text);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    (void)sqlite3_close(bench.db);
    iss_free(bench.store);
    stores_free(&bench.stores);
    return bench.missed != 0 || bench.tried < 9 * records;
}
