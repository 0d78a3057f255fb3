/* SPDX-License-Identifier: Apache-2.0 */
/* Tables broken behind the store's back and made anew from the journal. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

/* Without triggers, as somebody does who has the file. */
static void run(struct stores *stores, const char *sql)
{
    char path[ISS_PATH_MAX];
    sqlite3 *db = NULL;

    CU_ASSERT_TRUE(iss_path_join(path, stores->authority, "store.db"));
    CU_ASSERT_EQUAL(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
                    SQLITE_OK);
    CU_ASSERT_EQUAL(
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL),
        SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
}

static enum iss_status rebuild(struct stores *stores)
{
    struct iss_log_verdict verdict;

    memset(&stores->error, 0, sizeof(stores->error));
    return iss_log_rebuild(&stores->env, stores->authority, &verdict,
                           &stores->error);
}

static enum iss_status verify(struct stores *stores)
{
    const struct iss_log_check all = {0};
    struct iss_log_verdict verdict;
    struct iss *store = NULL;
    enum iss_status status =
        iss_open(&stores->env, stores->authority, ISS_READ_ONLY, &store, NULL);

    if (status == ISS_OK)
        status = iss_log_verify(store, &all, &verdict, NULL);
    iss_free(store);
    return status;
}

static void lost_and_added_rows_are_set_right(void)
{
    static const char *const damages[] = {
        "DELETE FROM issue",
        "DELETE FROM key",
        "DELETE FROM nonce",
        "UPDATE subject SET guid = 'x'",
        "UPDATE place SET url = 'https://other'",
        "UPDATE issue SET result = NULL",
        "UPDATE issue SET body = zeroblob(32)",
        "INSERT INTO nonce VALUES (x'00', x'00')",
        "INSERT INTO member VALUES ('a', 'b', 'c', 'd', 1)",
        "INSERT INTO pending VALUES (1, 'enroll', x'00', x'00', 1)",
    };
    struct stores stores;

    stores_new(&stores);
    stores_enroll(&stores);
    CU_ASSERT_EQUAL(verify(&stores), ISS_OK);
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        run(&stores, damages[i]);
        CU_ASSERT_NOT_EQUAL(verify(&stores), ISS_OK);
        CU_ASSERT_EQUAL(rebuild(&stores), ISS_OK);
        CU_ASSERT_EQUAL(verify(&stores), ISS_OK);
    }
    CU_ASSERT_EQUAL(rebuild(&stores), ISS_OK);
    stores_free(&stores);
}

static void a_journal_that_does_not_verify_gives_no_tables(void)
{
    static const char *const damages[] = {
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = 5",
        "DELETE FROM journal WHERE seq = 7",
        "UPDATE journal SET record = zeroblob(length(record)) WHERE seq = 9",
    };

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct stores stores;
        struct iss_error first;

        stores_new(&stores);
        run(&stores, damages[i]);
        run(&stores, "INSERT INTO nonce VALUES (x'07', x'07')");
        CU_ASSERT_EQUAL(rebuild(&stores), ISS_JOURNAL);
        first = stores.error;
        CU_ASSERT_PTR_NOT_NULL(strstr(first.text, "record"));
        /* nothing was changed */
        run(&stores, "DELETE FROM nonce WHERE nonce = x'07'");
        CU_ASSERT_EQUAL(rebuild(&stores), ISS_JOURNAL);
        CU_ASSERT_STRING_EQUAL(stores.error.text, first.text);
        stores_free(&stores);
    }
}

/* What founds the store stands in two places. */
static void a_changed_name_of_the_store_is_seen(void)
{
    static const char *const changes[] = {
        "UPDATE meta SET value = 'Other' WHERE name = 'name'",
        "UPDATE meta SET value = '2' WHERE name = 'schema'",
        "UPDATE meta SET value = 'root' WHERE name = 'role'",
        "UPDATE meta SET value = 'x' WHERE name = 'store'",
        "UPDATE meta SET value = 'pre-production' WHERE name = 'hierarchy'",
        "UPDATE meta SET value = 'https://x' WHERE name = 'url'",
        "DELETE FROM meta WHERE name = 'role'"};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct stores stores;

        stores_bare(&stores);
        struct iss_init asked = stores_authority(&stores);
        stores_init(&stores, &asked);
        run(&stores, changes[i]);
        CU_ASSERT_EQUAL(verify(&stores), ISS_JOURNAL);
        CU_ASSERT_EQUAL(rebuild(&stores), ISS_JOURNAL);
        stores_free(&stores);
    }
}

UNIT_MAIN("rebuild", UNIT(lost_and_added_rows_are_set_right),
          UNIT(a_journal_that_does_not_verify_gives_no_tables),
          UNIT(a_changed_name_of_the_store_is_seen))
