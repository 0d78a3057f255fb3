/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of trust. */
#include <stdlib.h>
#include <string.h>

#include "issuer/store.h"
#include "unit.h"

static char users[] = "users", list[] = "list", a[] = "a", b[] = "b";
static char uri[] = "pkcs11:object=k", none[] = "";
static uint8_t text[] = {'t', 0, 'x'};

static struct iss_store *scratch(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    return db;
}

static struct iss_trust_row row_of(char *kind, char *name, uint8_t hash,
                                   uint64_t seq)
{
    struct iss_trust_row row = {.kind = kind,
                                .name = name,
                                .text = {.data = text, .len = sizeof(text)},
                                .uri = none,
                                .seq = seq};

    memset(row.hash, hash, sizeof(row.hash));
    return row;
}

static void a_row_comes_back_as_it_was(void)
{
    struct iss_store *db = scratch();
    struct iss_trust_row row = row_of(users, a, 1, 7);
    struct iss_trust_row got;

    row.uri = uri;
    CU_ASSERT_EQUAL(iss_store_trust_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_get(db, users, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 7);
    CU_ASSERT_STRING_EQUAL(got.kind, users);
    CU_ASSERT_STRING_EQUAL(got.name, a);
    CU_ASSERT_STRING_EQUAL(got.uri, uri);
    CU_ASSERT_EQUAL(got.text.len, sizeof(text));
    CU_ASSERT_EQUAL(memcmp(got.text.data, text, sizeof(text)), 0);
    CU_ASSERT_EQUAL(memcmp(got.hash, row.hash, sizeof(got.hash)), 0);
    iss_trust_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_trust_get(db, users, b, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    CU_ASSERT_EQUAL(iss_store_trust_get(db, list, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    iss_store_close(db);
}

static void a_name_holds_one_row_and_the_newest(void)
{
    struct iss_store *db = scratch();
    struct iss_trust_row rows[] = {
        row_of(users, a, 1, 1), row_of(list, a, 2, 2), row_of(users, a, 3, 3),
        row_of(users, b, 3, 4)};
    struct iss_trust_row got;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(iss_store_trust_put(db, &rows[i], NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_get(db, users, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 3);
    iss_trust_row_clear(&got);
    CU_ASSERT_EQUAL(
        iss_store_trust_by_hash(db, users, rows[0].hash, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    CU_ASSERT_EQUAL(
        iss_store_trust_by_hash(db, users, rows[2].hash, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 4);
    iss_trust_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_trust_by_hash(db, list, rows[2].hash, &got, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    iss_store_close(db);
}

static void rows_follow_each_other_by_their_records(void)
{
    struct iss_store *db = scratch();
    struct iss_trust_row rows[] = {row_of(users, b, 1, 9),
                                   row_of(users, a, 2, 5)};
    struct iss_trust_row got;

    CU_ASSERT_EQUAL(iss_store_trust_put(db, &rows[0], NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_put(db, &rows[1], NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_after(db, 0, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 5);
    iss_trust_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_trust_after(db, 5, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 9);
    iss_trust_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_trust_after(db, 9, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    CU_ASSERT_EQUAL(iss_store_trust_drop(db, users, b, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_drop(db, users, b, NULL), ISS_JOURNAL);
    CU_ASSERT_EQUAL(iss_store_trust_after(db, 5, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    iss_store_close(db);
}

UNIT_MAIN("store_trust", UNIT(a_row_comes_back_as_it_was),
          UNIT(a_name_holds_one_row_and_the_newest),
          UNIT(rows_follow_each_other_by_their_records))
