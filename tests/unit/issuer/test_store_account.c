/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of accounts. */
#include <stdlib.h>
#include <string.h>

#include "issuer/store.h"
#include "unit.h"

static char a[] = "Windows:S-1-1", b[] = "Windows:S-1-2";
static uint8_t octets[] = {'t', 0, 'x', 0};

static struct iss_store *scratch(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    return db;
}

static struct iss_account_row row_of(char *user, uint8_t hash, uint64_t seq)
{
    struct iss_account_row row = {.user = user,
                                  .spki = {.data = octets, .len = 2},
                                  .sealed = {.data = octets, .len = 4},
                                  .seq = seq};

    memset(row.hash, hash, sizeof(row.hash));
    return row;
}

static void a_row_comes_back_by_its_user_and_by_its_key(void)
{
    struct iss_store *db = scratch();
    struct iss_account_row rows[] = {row_of(a, 1, 4), row_of(b, 2, 5)};
    struct iss_account_row got;

    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(iss_store_account_put(db, &rows[i], NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_account_get(db, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 4);
    CU_ASSERT_STRING_EQUAL(got.user, a);
    CU_ASSERT_EQUAL(memcmp(got.hash, rows[0].hash, sizeof(got.hash)), 0);
    CU_ASSERT_EQUAL(got.spki.len, 2);
    CU_ASSERT_EQUAL(memcmp(got.spki.data, octets, 2), 0);
    CU_ASSERT_EQUAL(got.sealed.len, 4);
    CU_ASSERT_EQUAL(memcmp(got.sealed.data, octets, 4), 0);
    iss_account_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_account_by_hash(db, rows[1].hash, &got, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 5);
    CU_ASSERT_STRING_EQUAL(got.user, b);
    iss_account_row_clear(&got);
    CU_ASSERT_PTR_NULL(got.user);
    iss_store_close(db);
}

static void an_unknown_user_or_key_has_no_row(void)
{
    struct iss_store *db = scratch();
    struct iss_account_row row = row_of(a, 1, 4);
    const struct iss_account_row other = row_of(b, 2, 5);
    struct iss_account_row got = other;

    CU_ASSERT_EQUAL(iss_store_account_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_account_get(db, b, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    CU_ASSERT_PTR_NULL(got.user);
    got = other;
    CU_ASSERT_EQUAL(iss_store_account_by_hash(db, other.hash, &got, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    CU_ASSERT_PTR_NULL(got.sealed.data);
    iss_store_close(db);
}

/* As when the licensor key is another: the same pair, sealed to it. */
static void the_same_key_may_be_sealed_anew(void)
{
    struct iss_store *db = scratch();
    struct iss_account_row row = row_of(a, 1, 4);
    struct iss_account_row got;

    CU_ASSERT_EQUAL(iss_store_account_put(db, &row, NULL), ISS_OK);
    row.sealed.len = 3;
    row.seq = 9;
    CU_ASSERT_EQUAL(iss_store_account_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_account_get(db, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 9);
    CU_ASSERT_EQUAL(got.sealed.len, 3);
    iss_account_row_clear(&got);
    iss_store_close(db);
}

static void a_user_has_one_key_and_a_key_one_user(void)
{
    struct iss_store *db = scratch();
    struct iss_account_row row = row_of(a, 1, 4);
    struct iss_account_row other_key = row_of(a, 2, 5);
    struct iss_account_row other_user = row_of(b, 1, 6);
    struct iss_account_row got;
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(iss_store_account_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_account_put(db, &other_key, &error),
                    ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, a));
    CU_ASSERT_EQUAL(iss_store_account_put(db, &other_user, NULL), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_store_account_get(db, a, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 4);
    CU_ASSERT_EQUAL(memcmp(got.hash, row.hash, sizeof(got.hash)), 0);
    iss_account_row_clear(&got);
    CU_ASSERT_EQUAL(iss_store_account_get(db, b, &got, NULL), ISS_OK);
    CU_ASSERT_EQUAL(got.seq, 0);
    iss_store_close(db);
}

UNIT_MAIN("store_account", UNIT(a_row_comes_back_by_its_user_and_by_its_key),
          UNIT(an_unknown_user_or_key_has_no_row),
          UNIT(the_same_key_may_be_sealed_anew),
          UNIT(a_user_has_one_key_and_a_key_one_user))
