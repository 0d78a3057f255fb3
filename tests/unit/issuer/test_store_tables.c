/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the tables, in a store that lives in memory. */
#include <stdlib.h>
#include <string.h>

#include "issuer/store.h"
#include "unit.h"

enum { RECORD_SIZE = 60, TYPE_AT = 52 };

static struct iss_store *scratch(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    return db;
}

static void append(struct iss_store *db, uint64_t seq, unsigned type)
{
    uint8_t record[RECORD_SIZE] = {0};
    struct iss_row row = {.seq = seq, .record = record, .len = sizeof(record)};

    record[0] = (uint8_t)seq;
    record[TYPE_AT + 1] = (uint8_t)type;
    row.prev[0] = (uint8_t)seq;
    row.hash[0] = (uint8_t)(seq + 1);
    CU_ASSERT_EQUAL(iss_store_append(db, &row, NULL), ISS_OK);
}

static struct iss_octets octets(const char *text)
{
    return (struct iss_octets){.data = (uint8_t *)(uintptr_t)text,
                               .len = strlen(text)};
}

static void meta_has_each_name_once(void)
{
    struct iss_store *db = scratch();
    char *value = NULL;

    CU_ASSERT_EQUAL(iss_store_meta_get(db, "a", &value, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(value);
    CU_ASSERT_EQUAL(iss_store_meta_put(db, "a", "b", NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_meta_put(db, "a", "c", NULL), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_meta_get(db, "a", &value, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(value, "b");
    free(value);
    iss_store_close(db);
}

static void the_newest_of_a_type_is_found(void)
{
    static const struct {
        unsigned type;
        uint64_t before, seq;
    } cases[] = {
        {7, 0, 5}, {7, 5, 3}, {7, 4, 3}, {7, 3, 1},
        {7, 1, 0}, {9, 0, 4}, {9, 2, 0}, {8, 0, 0},
    };
    struct iss_store *db = scratch();
    uint64_t seq = 0;

    for (uint64_t n = 1; n <= 5; n++)
        append(db, n, n % 2 == 1 ? 7 : 9);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT_EQUAL(
            iss_store_newest(db, cases[i].type, cases[i].before, &seq, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(seq, cases[i].seq);
    }
    iss_store_close(db);
}

struct seen {
    size_t count;
    uint64_t seqs[8];
    unsigned types[8];
    size_t stop;
};

static enum iss_status note_row(void *arg, const struct iss_row *row,
                                struct iss_error *error)
{
    struct seen *seen = arg;

    CU_ASSERT_EQUAL(row->len, RECORD_SIZE);
    CU_ASSERT_EQUAL(row->record[0], row->seq);
    CU_ASSERT_EQUAL(row->hash[0], row->seq + 1);
    seen->seqs[seen->count++] = row->seq;
    return seen->count == seen->stop ? iss_fail(error, ISS_REFUSED, "enough")
                                     : ISS_OK;
}

static void note_type(void *arg, unsigned type, uint64_t seq)
{
    struct seen *seen = arg;

    seen->seqs[seen->count] = seq;
    seen->types[seen->count++] = type;
}

static void rows_come_in_order_until_told_to_stop(void)
{
    struct iss_store *db = scratch();
    struct seen all = {0};
    struct seen some = {.stop = 2};
    struct seen types = {0};

    for (uint64_t n = 1; n <= 5; n++)
        append(db, n, n % 2 == 1 ? 9 : 7);
    CU_ASSERT_EQUAL(iss_store_each(db, 2, 4, note_row, &all, NULL), ISS_OK);
    CU_ASSERT_EQUAL(all.count, 3);
    CU_ASSERT_EQUAL(all.seqs[0], 2);
    CU_ASSERT_EQUAL(all.seqs[2], 4);
    CU_ASSERT_EQUAL(iss_store_each(db, 1, 0, note_row, &some, NULL),
                    ISS_REFUSED);
    CU_ASSERT_EQUAL(some.count, 2);
    CU_ASSERT_EQUAL(iss_store_each_type(db, note_type, &types, NULL), ISS_OK);
    CU_ASSERT_EQUAL(types.count, 5);
    CU_ASSERT_EQUAL(types.types[0], 7);
    CU_ASSERT_EQUAL(types.seqs[0], 2);
    CU_ASSERT_EQUAL(types.types[4], 9);
    CU_ASSERT_EQUAL(types.seqs[4], 5);
    iss_store_close(db);
}

static void one_request_is_pending_at_most(void)
{
    struct iss_store *db = scratch();
    char op[] = "enroll";
    char other[] = "renew";
    struct iss_pending_row row = {
        .op = op, .request = octets("r"), .proof = octets("p"), .seq = 3};
    struct iss_pending_row got;

    CU_ASSERT_EQUAL(iss_store_pending_get(db, &got, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(got.op);
    CU_ASSERT_EQUAL(iss_store_pending_put(db, &row, NULL), ISS_OK);
    row.op = other;
    row.seq = 4;
    CU_ASSERT_EQUAL(iss_store_pending_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_pending_get(db, &got, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(got.op, "renew");
    CU_ASSERT_EQUAL(got.seq, 4);
    iss_pending_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_pending_drop(db, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_pending_get(db, &got, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(got.op);
    iss_store_close(db);
}

static void the_last_generation_is_current_and_all_are_kept(void)
{
    struct iss_store *db = scratch();
    struct iss_slc_row got;
    uint64_t generation = 9;

    for (uint64_t n = 1; n <= 3; n++) {
        struct iss_slc_row row = {
            .generation = n, .chain = octets("chain"), .seq = n * 10};

        row.body_hash[0] = (uint8_t)n;
        CU_ASSERT_EQUAL(iss_store_slc_put(db, &row, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_slc_put(db, &row, NULL), ISS_CONFLICT);
        row.generation = n + 10;
        CU_ASSERT_EQUAL(iss_store_slc_put(db, &row, NULL), ISS_CONFLICT);
    }
    CU_ASSERT_EQUAL(iss_store_slc_get(db, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.generation, 3);
    CU_ASSERT_EQUAL(got.seq, 30);
    CU_ASSERT_EQUAL(iss_store_slc_by_hash(db, got.body_hash, &generation, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(generation, 3);
    got.body_hash[0] = 1;
    CU_ASSERT_EQUAL(iss_store_slc_by_hash(db, got.body_hash, &generation, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(generation, 1);
    got.body_hash[0] = 7;
    CU_ASSERT_EQUAL(iss_store_slc_by_hash(db, got.body_hash, &generation, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(generation, 0);
    iss_slc_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_slc_before(db, 30, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.generation, 2);
    iss_slc_row_clear(&got);
    iss_store_close(db);
}

static void a_nonce_belongs_to_one_request(void)
{
    struct iss_store *db = scratch();
    const struct iss_octets nonce = octets("0123456789abcdef");
    const uint8_t request[ISS_HASH_SIZE] = {5};
    struct iss_octets got;

    CU_ASSERT_EQUAL(iss_store_nonce_get(db, &nonce, &got, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(got.data);
    CU_ASSERT_EQUAL(iss_store_nonce_put(db, &nonce, request, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_nonce_put(db, &nonce, request, NULL),
                    ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_nonce_get(db, &nonce, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.len, ISS_HASH_SIZE);
    CU_ASSERT_EQUAL(memcmp(got.data, request, ISS_HASH_SIZE), 0);
    free(got.data);
    iss_store_close(db);
}

UNIT_MAIN("store_tables", UNIT(meta_has_each_name_once),
          UNIT(the_newest_of_a_type_is_found),
          UNIT(rows_come_in_order_until_told_to_stop),
          UNIT(one_request_is_pending_at_most),
          UNIT(the_last_generation_is_current_and_all_are_kept),
          UNIT(a_nonce_belongs_to_one_request))
