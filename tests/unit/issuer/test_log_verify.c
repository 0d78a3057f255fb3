/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/journal.h"
#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

enum { ROWS_MAX = 64, STRIDE = 29, SEQ_AT = 4, PREV_AT = 12 };

struct rows { /* a journal taken out of its store, to be falsified */
    size_t count;
    struct iss_row rows[ROWS_MAX];
    uint8_t *records[ROWS_MAX];
};

static enum iss_status keep(void *arg, const struct iss_row *row,
                            struct iss_error *error)
{
    struct rows *rows = arg;

    (void)error;
    CU_ASSERT_FATAL(rows->count < ROWS_MAX);
    uint8_t *copy = malloc(row->len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, row->record, row->len);
    rows->records[rows->count] = copy;
    rows->rows[rows->count] = *row;
    rows->rows[rows->count++].record = copy;
    return ISS_OK;
}

static void rows_free(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->records[i]);
}

/* Numbers, links and hashes made to fit again from a record on: what somebody
 * can do who has the database but not the audit key. */
static void rechain(struct rows *rows, size_t from)
{
    for (size_t i = from; i < rows->count; i++) {
        struct iss_row *row = &rows->rows[i];
        static const uint8_t none[ISS_HASH_SIZE];

        row->seq = i + 1;
        rows->records[i][SEQ_AT + 7] = (uint8_t)(i + 1);
        memcpy(row->prev, i == 0 ? none : rows->rows[i - 1].hash,
               ISS_HASH_SIZE);
        memcpy(rows->records[i] + PREV_AT, row->prev, ISS_HASH_SIZE);
        CU_ASSERT_EQUAL(iss_record_hash(row->record, row->len, row->hash, NULL),
                        ISS_OK);
    }
}

/* Puts the journal in place of the store's own, tables recomputed. */
static enum iss_status verify(struct stores *stores, const struct rows *rows)
{
    static const char *const meta[] = {"schema", "store", "role",
                                       "name",   "url",   "hierarchy"};
    const struct iss_log_check check = {0};
    struct iss_log_verdict verdict;
    struct iss *store = stores_open(stores, stores->authority);
    struct iss_store *other = NULL;
    enum iss_status status = iss_store_scratch(&other, NULL);

    CU_ASSERT_EQUAL_FATAL(status, ISS_OK);
    for (size_t i = 0; i < sizeof(meta) / sizeof(meta[0]); i++) {
        char *value = NULL;
        CU_ASSERT_EQUAL(iss_store_meta_get(store->db, meta[i], &value, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(iss_store_meta_put(other, meta[i], value, NULL),
                        ISS_OK);
        free(value);
    }
    for (size_t i = 0; i < rows->count && status == ISS_OK; i++) {
        struct iss_decoded decoded;

        status = iss_store_append(other, &rows->rows[i], NULL);
        if (status == ISS_OK && iss_record_decode(rows->rows[i].record,
                                                  rows->rows[i].len, &decoded))
            (void)(iss_index_apply(other, &decoded.record, NULL) == ISS_OK);
    }
    iss_store_close(store->db);
    store->db = other;
    if (status == ISS_OK)
        status = iss_log_verify(store, &check, &verdict, &stores->error);
    iss_free(store);
    return status == ISS_CONFLICT ? ISS_JOURNAL : status;
}

static struct rows take(struct stores *stores)
{
    struct rows rows = {0};
    struct iss *store = stores_open(stores, stores->authority);

    CU_ASSERT_EQUAL(iss_store_each(store->db, 1, 0, keep, &rows, NULL), ISS_OK);
    iss_free(store);
    return rows;
}

static struct rows copy_rows(const struct rows *rows)
{
    struct rows out = {0};

    for (size_t i = 0; i < rows->count; i++)
        CU_ASSERT_EQUAL(keep(&out, &rows->rows[i], NULL), ISS_OK);
    return out;
}

static void enrolled(struct stores *stores)
{
    stores_new(stores);
    stores_enroll(stores);
}

static void a_true_journal_verifies(void)
{
    struct stores stores;
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {0};

    enrolled(&stores);
    struct rows rows = take(&stores);
    CU_ASSERT_EQUAL(verify(&stores, &rows), ISS_OK);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, NULL), ISS_OK);
    CU_ASSERT_EQUAL(verdict.records, rows.count);
    CU_ASSERT_EQUAL(verdict.results, 9);
    CU_ASSERT_EQUAL(verdict.checkpoints, 2);
    CU_ASSERT_EQUAL(verdict.unfinished, 0);
    CU_ASSERT_EQUAL(
        memcmp(verdict.head, rows.rows[rows.count - 1].hash, ISS_HASH_SIZE), 0);
    /* from a checkpoint: the second half only */
    const struct iss_log_check late = {.from = rows.count - 1};
    CU_ASSERT_EQUAL(iss_log_verify(store, &late, &verdict, NULL), ISS_OK);
    CU_ASSERT_TRUE(verdict.records < rows.count);
    stores_close(&stores, store);
    rows_free(&rows);
    stores_free(&stores);
}

static void a_record_changed_and_chained_anew_is_found(void)
{
    struct stores stores;

    enrolled(&stores);
    struct rows rows = take(&stores);
    for (size_t n = 0; n < rows.count; n++) {
        for (size_t i = n % STRIDE; i < rows.rows[n].len; i += STRIDE) {
            struct rows copy = copy_rows(&rows);
            copy.records[n][i] ^= 1;
            rechain(&copy, n);
            /* an octet that chaining sets right again is no change */
            if (memcmp(copy.records[n], rows.records[n], rows.rows[n].len) != 0)
                CU_ASSERT_EQUAL(verify(&stores, &copy), ISS_JOURNAL);
            rows_free(&copy);
        }
    }
    rows_free(&rows);
    stores_free(&stores);
}

static void swap_rows(struct rows *rows, size_t a, size_t b)
{
    struct iss_row row = rows->rows[a];
    uint8_t *record = rows->records[a];

    rows->rows[a] = rows->rows[b];
    rows->records[a] = rows->records[b];
    rows->rows[b] = row;
    rows->records[b] = record;
}

static void drop_row(struct rows *rows, size_t at)
{
    free(rows->records[at]);
    for (size_t i = at; i + 1 < rows->count; i++) {
        rows->rows[i] = rows->rows[i + 1];
        rows->records[i] = rows->records[i + 1];
    }
    rows->count--;
}

static void swapped_dropped_and_cut_records_are_found(void)
{
    struct stores stores;

    enrolled(&stores);
    size_t count = 0;
    {
        struct rows rows = take(&stores);
        count = rows.count;
        rows_free(&rows);
    }
    for (size_t n = 0; n < count; n++) {
        struct rows rows = take(&stores);

        if (n + 1 < count) {
            swap_rows(&rows, n, n + 1);
            rechain(&rows, n);
            CU_ASSERT_EQUAL(verify(&stores, &rows), ISS_JOURNAL);
        }
        rows_free(&rows);
        rows = take(&stores);
        drop_row(&rows, n);
        rechain(&rows, n);
        CU_ASSERT_EQUAL(verify(&stores, &rows), ISS_JOURNAL);
        rows_free(&rows);
        rows = take(&stores);
        while (rows.count > n)
            drop_row(&rows, rows.count - 1);
        CU_ASSERT_EQUAL(verify(&stores, &rows), ISS_JOURNAL);
        rows_free(&rows);
    }
    stores_free(&stores);
}

static void tables_that_say_something_else_are_found(void)
{
    struct stores stores;
    struct iss_error error = {0};
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {0};
    uint8_t nonce[ISS_HASH_SIZE] = {1};
    const struct iss_octets row = {.data = nonce, .len = sizeof(nonce)};

    enrolled(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_store_nonce_put(store->db, &row, nonce, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, &error),
                    ISS_JOURNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "table nonce"));
    iss_free(store);
    stores_free(&stores);
}

static void what_is_kept_elsewhere_is_compared(void)
{
    struct stores stores;
    struct iss_log_verdict verdict;
    struct iss_log_check check = {0};
    char path[ISS_PATH_MAX];
    size_t len = 0;

    enrolled(&stores);
    CU_ASSERT_TRUE(iss_path_join(path, stores.authority, "checkpoints"));
    char *kept = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    char *last = strstr(kept + 1, "privyseal-checkpoint");
    CU_ASSERT_PTR_NOT_NULL_FATAL(last);
    check.checkpoint = last;
    check.checkpoint_len = strlen(last);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, NULL), ISS_OK);
    /* the whole file of them, and one in it changed */
    const struct iss_log_check all = {.checkpoint = kept,
                                      .checkpoint_len = len};
    CU_ASSERT_EQUAL(iss_log_verify(store, &all, &verdict, NULL), ISS_OK);
    last[-12] ^= 1;
    CU_ASSERT_NOT_EQUAL(iss_log_verify(store, &all, &verdict, NULL), ISS_OK);
    last[-12] ^= 1;
    const struct iss_log_check none = {.checkpoint = "", .checkpoint_len = 0};
    CU_ASSERT_EQUAL(iss_log_verify(store, &none, &verdict, NULL),
                    ISS_MALFORMED);
    unsigned missed = 0;
    for (size_t i = 0; i < check.checkpoint_len; i += 3) {
        last[i] ^= 1;
        enum iss_status status = iss_log_verify(store, &check, &verdict, NULL);
        missed += status != ISS_JOURNAL && status != ISS_MALFORMED;
        last[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    iss_free(store);
    /* one file of a store that was rolled back */
    CU_ASSERT_EQUAL(unlink(path), 0);
    kept[len - 700] ^= 1;
    CU_ASSERT_EQUAL(iss_publish(path, kept, len, 0, NULL), ISS_OK);
    check.checkpoint = NULL;
    store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, NULL), ISS_JOURNAL);
    iss_free(store);
    free(kept);
    stores_free(&stores);
}

/* What follows the store's own checkpoints in their file. */
static void only_a_cut_checkpoint_is_passed_over(void)
{
    static const struct {
        const char *text; /* %s: the store's GUID */
        enum iss_status status;
    } cases[] = {
        {"", ISS_OK},
        {"privyseal-che", ISS_OK},
        {"privyseal-checkpoint 1\nstore %s\nsi", ISS_OK},
        {"privyseal-checkpoint 1\nstore %s\nsize 1\n", ISS_OK},
        {"garbage\n", ISS_JOURNAL},
        {"privyseal-checkpoint 2\n", ISS_JOURNAL},
        {"privyseal-checkpoint 1\nstore {}\n", ISS_JOURNAL},
        {"privyseal-checkpoint 1\nstore %s\nsizf 1\n", ISS_JOURNAL},
        {"privyseal-checkpoint 1\nstore %s\nsize x\n", ISS_JOURNAL},
        {"privyseal-checkpoint 1\nstore %s\nsize 1\nhead", ISS_JOURNAL},
    };
    struct stores stores;
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {0};
    char path[ISS_PATH_MAX];
    char text[256];
    size_t len = 0;

    enrolled(&stores);
    CU_ASSERT_TRUE(iss_path_join(path, stores.authority, "checkpoints"));
    char *kept = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
    struct iss *store = stores_open(&stores, stores.authority);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *guid = strstr(cases[i].text, "%s");
        int before = guid == NULL ? (int)strlen(cases[i].text)
                                  : (int)(guid - cases[i].text);

        (void)snprintf(text, sizeof(text), "%.*s%s%s", before, cases[i].text,
                       guid == NULL ? "" : store->guid,
                       guid == NULL ? "" : guid + 2);
        CU_ASSERT_EQUAL(iss_publish(path, kept, len, ISS_PUBLISH_FORCE, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(iss_append_file(path, text, strlen(text), NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, NULL),
                        cases[i].status);
    }
    iss_free(store);
    free(kept);
    stores_free(&stores);
}

UNIT_MAIN("log_verify", UNIT(a_true_journal_verifies),
          UNIT(a_record_changed_and_chained_anew_is_found),
          UNIT(swapped_dropped_and_cut_records_are_found),
          UNIT(tables_that_say_something_else_are_found),
          UNIT(what_is_kept_elsewhere_is_compared),
          UNIT(only_a_cut_checkpoint_is_passed_over))
