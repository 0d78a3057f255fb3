/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of issuances: an INTENT ends once, by a RESULT or a VOID.
 */
#include <string.h>

#include "issuer/store.h"
#include "unit.h"

enum { INTENTS = 4 };

/* INTENTs 10, 20, 30, 40: of two kinds, two GUIDs; 20 and 40 sign the same
 * octets. */
static uint8_t requests[INTENTS][ISS_HASH_SIZE] = {{1}, {2}, {3}, {4}};
static uint8_t bodies[INTENTS][ISS_HASH_SIZE] = {{5}, {6}, {7}, {6}};
static const struct iss_issue_new rows[INTENTS] = {
    {10, requests[0], bodies[0], "rac", "{d0}", "{g}"},
    {20, requests[1], bodies[1], "pl", "{d1}", NULL},
    {30, requests[2], bodies[2], "rac", NULL, "{h}"},
    {40, requests[3], bodies[3], "pl", NULL, "{g}"}};

static struct iss_store *filled(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    for (size_t i = 0; i < INTENTS; i++)
        CU_ASSERT_EQUAL(iss_store_issue_put(db, &rows[i], NULL), ISS_OK);
    return db;
}

static uint64_t open_behind(struct iss_store *db, uint64_t intent)
{
    struct iss_issue_row row;

    CU_ASSERT_EQUAL(iss_store_issue_open_after(db, intent, &row, NULL), ISS_OK);
    return row.intent;
}

static uint64_t open_count(struct iss_store *db)
{
    uint64_t count = 99;

    CU_ASSERT_EQUAL(iss_store_issue_open_count(db, &count, NULL), ISS_OK);
    return count;
}

static void an_intent_is_found_by_what_names_it(void)
{
    struct iss_store *db = filled();
    struct iss_issue_row row;

    CU_ASSERT_EQUAL(iss_store_issue_by_request(db, requests[1], &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 20);
    CU_ASSERT_EQUAL(row.result, 0);
    CU_ASSERT_EQUAL(row.closed, 0);
    CU_ASSERT_EQUAL(iss_store_issue_by_intent(db, 30, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 30);
    CU_ASSERT_EQUAL(iss_store_issue_by_kind(db, "rac", &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 30); /* the newest */
    CU_ASSERT_EQUAL(iss_store_issue_of_kind_after(db, "rac", 0, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 10);
    CU_ASSERT_EQUAL(iss_store_issue_of_kind_after(db, "rac", 10, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 30);
    CU_ASSERT_EQUAL(iss_store_issue_of_guid_after(db, "{g}", 10, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 40);
    iss_store_close(db);
}

static void what_is_not_there_has_no_number(void)
{
    static const uint8_t strange[ISS_HASH_SIZE] = {9};
    struct iss_store *db = filled();
    struct iss_issue_row row = {.intent = 7};

    CU_ASSERT_EQUAL(iss_store_issue_by_request(db, strange, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    row.intent = 7;
    CU_ASSERT_EQUAL(iss_store_issue_by_intent(db, 11, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    row.intent = 7;
    CU_ASSERT_EQUAL(iss_store_issue_by_kind(db, "ul", &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    row.intent = 7;
    CU_ASSERT_EQUAL(iss_store_issue_of_kind_after(db, "pl", 40, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    row.intent = 7;
    CU_ASSERT_EQUAL(iss_store_issue_of_guid_after(db, "{h}", 30, &row, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    iss_store_close(db);
}

static void an_intent_ends_once(void)
{
    struct iss_store *db = filled();
    struct iss_issue_row row;
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(iss_store_issue_result(db, 10, 11, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_close(db, 20, 21, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_result(db, 10, 12, NULL), ISS_JOURNAL);
    CU_ASSERT_EQUAL(iss_store_issue_close(db, 10, 12, NULL), ISS_JOURNAL);
    CU_ASSERT_EQUAL(iss_store_issue_result(db, 20, 22, &error), ISS_JOURNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "22"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "20"));
    CU_ASSERT_EQUAL(iss_store_issue_result(db, 50, 51, NULL), ISS_JOURNAL);
    CU_ASSERT_EQUAL(iss_store_issue_by_intent(db, 10, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.result, 11);
    CU_ASSERT_EQUAL(row.closed, 0);
    CU_ASSERT_EQUAL(iss_store_issue_by_intent(db, 20, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.result, 0);
    CU_ASSERT_EQUAL(row.closed, 21);
    iss_store_close(db);
}

static void the_open_ones_follow_each_other(void)
{
    struct iss_store *db = filled();

    CU_ASSERT_EQUAL(open_count(db), 4);
    CU_ASSERT_EQUAL(iss_store_issue_result(db, 10, 11, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_close(db, 30, 31, NULL), ISS_OK);
    CU_ASSERT_EQUAL(open_count(db), 2);
    CU_ASSERT_EQUAL(open_behind(db, 0), 20);
    CU_ASSERT_EQUAL(open_behind(db, 20), 40);
    CU_ASSERT_EQUAL(open_behind(db, 40), 0);
    iss_store_close(db);
}

/* Whether octets were signed before: what was begun and never finished was
 * not. */
static void a_body_is_found_once_it_is_signed(void)
{
    struct iss_store *db = filled();
    struct iss_issue_row row;

    CU_ASSERT_EQUAL(iss_store_issue_by_body(db, bodies[1], &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    CU_ASSERT_EQUAL(iss_store_issue_close(db, 20, 21, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_by_body(db, bodies[1], &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 0);
    CU_ASSERT_EQUAL(iss_store_issue_result(db, 40, 41, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_issue_by_body(db, bodies[1], &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.intent, 40);
    iss_store_close(db);
}

static void a_request_and_a_document_stand_once(void)
{
    static const uint8_t fresh[ISS_HASH_SIZE] = {8};
    struct iss_store *db = filled();
    struct iss_issue_new row = rows[0];

    row.intent = 50;
    row.document = "{d5}";
    CU_ASSERT_EQUAL(iss_store_issue_put(db, &row, NULL), ISS_CONFLICT);
    row.request = fresh;
    row.document = "{d0}";
    CU_ASSERT_EQUAL(iss_store_issue_put(db, &row, NULL), ISS_CONFLICT);
    row.document = "{d5}";
    CU_ASSERT_EQUAL(iss_store_issue_put(db, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(open_count(db), INTENTS + 1);
    iss_store_close(db);
}

UNIT_MAIN("store_issue", UNIT(an_intent_is_found_by_what_names_it),
          UNIT(what_is_not_there_has_no_number), UNIT(an_intent_ends_once),
          UNIT(the_open_ones_follow_each_other),
          UNIT(a_body_is_found_once_it_is_signed),
          UNIT(a_request_and_a_document_stand_once))
