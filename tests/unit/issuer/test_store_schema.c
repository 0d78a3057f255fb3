/* SPDX-License-Identifier: Apache-2.0 */
/* The database as a whole: compared, emptied, refused where it is not ours. */
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "issuer/store_sqlite.h"
#include "unit.h"

static struct iss_store *scratch(void)
{
    struct iss_store *db = NULL;

    CU_ASSERT_EQUAL_FATAL(iss_store_scratch(&db, NULL), ISS_OK);
    return db;
}

static void run(struct iss_store *db, const char *sql)
{
    CU_ASSERT_EQUAL(sqlite3_exec(db->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* A row of each table over the journal. */
static const struct {
    const char *table, *insert;
} rows[] = {
    {"key", "INSERT INTO key VALUES (x'01', 'p', x'02', x'03', 'u', 1)"},
    {"subject", "INSERT INTO subject VALUES (x'01', 'g', 'u', 1)"},
    {"place", "INSERT INTO place VALUES ('g', x'01', 'u', 'p', 1)"},
    {"issue", "INSERT INTO issue VALUES (1, x'01', 'k', 'd', 'g', x'02',"
              " NULL, NULL)"},
    {"admit", "INSERT INTO admit VALUES (1, 'p', 'o', 'g', 1, 2)"},
    {"nonce", "INSERT INTO nonce VALUES (x'01', x'02')"},
    {"pending", "INSERT INTO pending VALUES (1, 'o', x'01', x'02', 1)"},
    {"slc", "INSERT INTO slc VALUES (1, x'01', x'02', 1)"},
    {"member", "INSERT INTO member VALUES ('n', 'g', 'h', 'u', 1)"},
    {"trust", "INSERT INTO trust VALUES ('k', 'n', x'01', 'u', x'02', 1)"},
    {"account", "INSERT INTO account VALUES ('u', x'01', x'02', x'03', 1)"},
};

static void every_table_is_compared_and_emptied(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_store *one = scratch();
        struct iss_store *two = scratch();
        struct iss_error error = {0};

        CU_ASSERT_EQUAL(iss_store_compare(one, two, NULL), ISS_OK);
        run(one, rows[i].insert);
        CU_ASSERT_EQUAL(iss_store_compare(one, two, &error), ISS_JOURNAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, rows[i].table));
        CU_ASSERT_EQUAL(iss_store_compare(two, one, NULL), ISS_JOURNAL);
        run(two, rows[i].insert);
        CU_ASSERT_EQUAL(iss_store_compare(one, two, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_begin(one, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_clear(one, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_commit(one, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_compare(one, two, NULL), ISS_JOURNAL);
        CU_ASSERT_EQUAL(iss_store_check(one, NULL), ISS_OK);
        iss_store_close(one);
        iss_store_close(two);
    }
}

/* No table but the two that are the truth was forgotten above. */
static void every_table_is_known(void)
{
    struct iss_store *db = scratch();
    sqlite3_stmt *row = NULL;
    size_t found = 0;

    CU_ASSERT_EQUAL(
        sqlite3_prepare_v2(db->db,
                           "SELECT name FROM sqlite_schema WHERE type = 'table'"
                           " AND name NOT IN ('meta', 'journal')",
                           -1, &row, NULL),
        SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        bool known = false;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            known = known || strcmp(rows[i].table, name) == 0;
        CU_ASSERT_TRUE(known);
        found++;
    }
    CU_ASSERT_EQUAL(found, sizeof(rows) / sizeof(rows[0]));
    (void)sqlite3_finalize(row);
    iss_store_close(db);
}

static void a_database_that_is_not_ours_is_refused(void)
{
    static const struct {
        const char *sql;
        enum iss_status status;
    } changes[] = {
        {"PRAGMA application_id = 1", ISS_STORE},
        {"PRAGMA user_version = 0", ISS_STORE},
        {"PRAGMA user_version = 4", ISS_STORE},
        {"PRAGMA user_version = 2", ISS_JOURNAL}, /* less than it had */
        {"PRAGMA user_version = 1", ISS_JOURNAL}, /* and more than it had */
        {"DROP TABLE trust", ISS_JOURNAL},
        {"DROP INDEX trust_hash", ISS_JOURNAL},
        {"CREATE TABLE more (a)", ISS_JOURNAL},
        {"DROP TRIGGER journal_update", ISS_JOURNAL},
        {"DROP TRIGGER journal_delete", ISS_JOURNAL},
        {"DROP INDEX journal_type", ISS_JOURNAL},
        {"DROP TABLE member", ISS_JOURNAL},
        {"CREATE VIEW v AS SELECT 1", ISS_JOURNAL},
        {"CREATE TRIGGER t AFTER INSERT ON journal BEGIN SELECT 1; END",
         ISS_JOURNAL},
        {"ALTER TABLE issue ADD COLUMN more TEXT", ISS_JOURNAL},
    };
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db-shm"};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct iss_store *store = NULL;
        struct iss_error error = {0};
        char *dir = unit_temp_dir();
        char path[ISS_PATH_MAX];
        sqlite3 *db = NULL;

        CU_ASSERT_TRUE(iss_path_join(path, dir, "store.db"));
        CU_ASSERT_EQUAL(iss_store_open(path, ISS_STORE_CREATE, &store, NULL),
                        ISS_OK);
        iss_store_close(store);
        CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
        CU_ASSERT_EQUAL(sqlite3_exec(db, changes[i].sql, NULL, NULL, NULL),
                        SQLITE_OK);
        CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
        CU_ASSERT_EQUAL(iss_store_open(path, 0, &store, &error),
                        changes[i].status);
        CU_ASSERT_PTR_NULL(store);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "store.db"));
        for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
            if (iss_path_join(path, dir, names[n]))
                (void)unlink(path);
        CU_ASSERT_EQUAL(rmdir(dir), 0);
        free(dir);
    }
}

/* A database of the first version, and what is asked of it afterwards. */
static char *make_first(char path[static ISS_PATH_MAX], const char *more)
{
    static const char drop[] =
        "DROP TABLE trust; DROP TABLE account; DROP TABLE journal;"
        "CREATE TABLE journal (seq INTEGER PRIMARY KEY,"
        " prev BLOB NOT NULL UNIQUE,"
        " hash BLOB NOT NULL UNIQUE, record BLOB NOT NULL) STRICT;"
        "CREATE INDEX journal_type ON journal (substr(record, 53, 2));"
        "CREATE TRIGGER journal_update BEFORE UPDATE ON journal"
        " BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;"
        "CREATE TRIGGER journal_delete BEFORE DELETE ON journal"
        " BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;"
        "PRAGMA user_version = 1;";
    struct iss_store *store = NULL;
    char *dir = unit_temp_dir();
    sqlite3 *db = NULL;

    CU_ASSERT_TRUE(iss_path_join(path, dir, "store.db"));
    CU_ASSERT_EQUAL(iss_store_open(path, ISS_STORE_CREATE, &store, NULL),
                    ISS_OK);
    iss_store_close(store);
    CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
    return dir;
}

static void remove_all(char *dir)
{
    static const char *const names[] = {"store.db", "store.db-wal",
                                        "store.db-shm"};
    char path[ISS_PATH_MAX];

    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        if (iss_path_join(path, dir, names[n]))
            (void)unlink(path);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    free(dir);
}

static int version_of(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    int version = -1;

    CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(
        sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL),
        SQLITE_OK);
    if (sqlite3_step(row) == SQLITE_ROW)
        version = sqlite3_column_int(row, 0);
    (void)sqlite3_finalize(row);
    (void)sqlite3_close(db);
    return version;
}

/* Rows stay, and so does everything that holds between them. */
static void an_earlier_programs_database_is_brought_up_to_date(void)
{
    char path[ISS_PATH_MAX];
    struct iss_store *store = NULL;
    struct iss_store *empty = scratch();
    char *value = NULL;
    uint64_t head = 0;
    char *dir = make_first(path, "INSERT INTO meta VALUES ('a', 'b');"
                                 "INSERT INTO nonce VALUES (x'01', x'02');"
                                 "INSERT INTO journal VALUES"
                                 " (1, x'01', x'02', x'0304'),"
                                 " (2, x'02', x'05', x'0607')");

    /* two openings: the second finds it done */
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(iss_store_open(path, 0, &store, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_meta_get(store, "a", &value, NULL), ISS_OK);
        CU_ASSERT_STRING_EQUAL(value, "b");
        free(value);
        CU_ASSERT_EQUAL(iss_store_head(store, &head, NULL), ISS_OK);
        CU_ASSERT_EQUAL(head, 2);
        CU_ASSERT_EQUAL(sqlite3_exec(store->db,
                                     "DELETE FROM journal WHERE seq = 1", NULL,
                                     NULL, NULL),
                        SQLITE_CONSTRAINT_TRIGGER);
        CU_ASSERT_EQUAL(iss_store_check(store, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_store_compare(store, empty, NULL), ISS_JOURNAL);
        iss_store_close(store);
        CU_ASSERT_EQUAL(version_of(path), 3);
    }
    CU_ASSERT_EQUAL_FATAL(iss_store_open(path, 0, &store, NULL), ISS_OK);
    run(store, "DELETE FROM nonce");
    CU_ASSERT_EQUAL(iss_store_compare(store, empty, NULL), ISS_OK);
    iss_store_close(store);
    iss_store_close(empty);
    remove_all(dir);
}

/* Copying the journal needs room. Without, everything is as it was. */
static void one_that_cannot_be_brought_up_to_date_stays_as_it_was(void)
{
    enum { LIMIT = 64 * 1024 };
    static const char large[] =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 100) INSERT INTO journal SELECT i, randomblob(32),"
        " randomblob(32), randomblob(4000) FROM n";
    struct rlimit before;
    struct rlimit small = {.rlim_cur = LIMIT};
    char path[ISS_PATH_MAX];
    struct iss_store *store = NULL;
    struct iss_error error = {.status = ISS_OK};
    uint64_t head = 0;
    char *dir = make_first(path, large);

    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    void (*earlier)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    CU_ASSERT_EQUAL(iss_store_open(path, 0, &store, &error), ISS_STORE);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, earlier);
    CU_ASSERT_PTR_NULL(store);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "store.db"));
    CU_ASSERT_EQUAL(version_of(path), 1);
    CU_ASSERT_EQUAL_FATAL(iss_store_open(path, 0, &store, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_head(store, &head, NULL), ISS_OK);
    CU_ASSERT_EQUAL(head, 100);
    CU_ASSERT_EQUAL(iss_store_check(store, NULL), ISS_OK);
    iss_store_close(store);
    CU_ASSERT_EQUAL(version_of(path), 3);
    remove_all(dir);
}

/* Who may only look has the tables too, in his own connection. */
static void an_earlier_programs_database_is_looked_at_as_it_is(void)
{
    char path[ISS_PATH_MAX];
    struct iss_store *store = NULL;
    struct iss_store *empty = scratch();
    struct iss_trust_row row;
    struct iss_account_row account;
    char *dir = make_first(path, "");

    CU_ASSERT_EQUAL_FATAL(iss_store_open(path, ISS_READ_ONLY, &store, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL(iss_store_trust_after(store, 0, &row, NULL), ISS_OK);
    CU_ASSERT_EQUAL(row.seq, 0);
    CU_ASSERT_EQUAL(iss_store_account_get(store, "u", &account, NULL), ISS_OK);
    CU_ASSERT_EQUAL(account.seq, 0);
    CU_ASSERT_EQUAL(iss_store_compare(store, empty, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_check(store, NULL), ISS_OK);
    iss_store_close(store);
    iss_store_close(empty);
    CU_ASSERT_EQUAL(version_of(path), 1);
    remove_all(dir);
}

static void one_that_was_changed_before_is_not_brought_up_to_date(void)
{
    static const char *const changes[] = {
        "CREATE TABLE trust (a)", "DROP TRIGGER journal_update",
        "CREATE TABLE account (user TEXT)", "DROP TABLE nonce"};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char path[ISS_PATH_MAX];
        struct iss_store *store = NULL;
        char *dir = make_first(path, changes[i]);

        CU_ASSERT_EQUAL(iss_store_open(path, 0, &store, NULL), ISS_JOURNAL);
        CU_ASSERT_EQUAL(iss_store_open(path, ISS_READ_ONLY, &store, NULL),
                        ISS_JOURNAL);
        CU_ASSERT_EQUAL(version_of(path), 1);
        remove_all(dir);
    }
}

UNIT_MAIN("store_schema", UNIT(every_table_is_compared_and_emptied),
          UNIT(every_table_is_known),
          UNIT(a_database_that_is_not_ours_is_refused),
          UNIT(an_earlier_programs_database_is_brought_up_to_date),
          UNIT(one_that_cannot_be_brought_up_to_date_stays_as_it_was),
          UNIT(an_earlier_programs_database_is_looked_at_as_it_is),
          UNIT(one_that_was_changed_before_is_not_brought_up_to_date))
