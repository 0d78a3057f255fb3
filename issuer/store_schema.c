/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of the SQLite file: made, compared, checked. */
#include <sqlite3.h>
#include <string.h>

#include "store_sqlite.h"

/* As docs/formats/store.md lists it. journal_type finds records by their type,
 * octets 52 and 53 of the encoding. */
#define JOURNAL(unique)                                                        \
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, prev BLOB NOT NULL" unique \
    ", hash BLOB NOT NULL" unique ", record BLOB NOT NULL) STRICT;"            \
    "CREATE INDEX journal_type ON journal (substr(record, 53, 2));"            \
    "CREATE TRIGGER journal_update BEFORE UPDATE ON journal"                   \
    " BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;"               \
    "CREATE TRIGGER journal_delete BEFORE DELETE ON journal"                   \
    " BEGIN SELECT RAISE(ABORT, 'the journal grows only'); END;"

static const char journal[] = JOURNAL("");

/* The first two versions had indexes over hashes of the chain, which no
 * statement used: they say nothing that the chain itself does not, and each
 * record wrote two pages of them. */
static const char first_journal[] = JOURNAL(" UNIQUE");
static const char renewed_journal[] =
    "DROP TRIGGER journal_update; DROP TRIGGER journal_delete;"
    "DROP INDEX journal_type; ALTER TABLE journal RENAME TO "
    "journal_before;" JOURNAL(
        "") "INSERT INTO journal SELECT * FROM journal_before ORDER BY seq;"
            "DROP TABLE journal_before;";

static const char first_schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)"
    " STRICT;"
    "CREATE TABLE key (id BLOB PRIMARY KEY NOT NULL, purpose TEXT NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, spki BLOB NOT NULL, uri TEXT NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE subject (hash BLOB PRIMARY KEY NOT NULL, guid TEXT NOT NULL,"
    " url TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE place (guid TEXT PRIMARY KEY NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, url TEXT NOT NULL UNIQUE,"
    " principal TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE issue (intent INTEGER PRIMARY KEY,"
    " request BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, document TEXT UNIQUE,"
    " guid TEXT, body BLOB NOT NULL, result INTEGER, void INTEGER) STRICT;"
    "CREATE INDEX issue_body ON issue (body);"
    "CREATE INDEX issue_guid ON issue (guid);"
    "CREATE INDEX issue_kind ON issue (kind);"
    "CREATE INDEX issue_open ON issue (intent)"
    " WHERE result IS NULL AND void IS NULL;"
    "CREATE TABLE admit (seq INTEGER PRIMARY KEY, principal TEXT NOT NULL,"
    " op TEXT NOT NULL, guid TEXT NOT NULL, time INTEGER NOT NULL,"
    " until INTEGER NOT NULL) STRICT;"
    "CREATE INDEX admit_principal ON admit (principal);"
    "CREATE TABLE nonce (nonce BLOB PRIMARY KEY NOT NULL,"
    " request BLOB NOT NULL) STRICT;"
    "CREATE TABLE pending (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " op TEXT NOT NULL, request BLOB NOT NULL, proof BLOB NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE slc (generation INTEGER PRIMARY KEY,"
    " body_hash BLOB NOT NULL UNIQUE, chain BLOB NOT NULL,"
    " seq INTEGER NOT NULL) STRICT;"
    "CREATE TABLE member (name TEXT PRIMARY KEY NOT NULL, guid TEXT NOT NULL,"
    " host TEXT NOT NULL, uri TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;";

/* What the second version has beside it, as permanent tables or as those of one
 * connection. Its records are of kinds that programs of the first version never
 * wrote, so that for their stores empty tables are what the journal says. */
#define TRUST_TABLE(create)                                              \
    create " trust (kind TEXT NOT NULL, name TEXT NOT NULL,"             \
           " text BLOB NOT NULL, uri TEXT NOT NULL, hash BLOB NOT NULL," \
           " seq INTEGER NOT NULL UNIQUE, PRIMARY KEY (kind, name)) STRICT;"
#define ACCOUNT_TABLE(create)                                \
    create " account (user TEXT PRIMARY KEY NOT NULL,"       \
           " hash BLOB NOT NULL UNIQUE, spki BLOB NOT NULL," \
           " sealed BLOB NOT NULL, seq INTEGER NOT NULL) STRICT;"
#define TRUST_INDEX "CREATE INDEX trust_hash ON trust (kind, hash);"

static const char second_schema[] =
    TRUST_TABLE("CREATE TABLE") TRUST_INDEX ACCOUNT_TABLE("CREATE TABLE");
static const char second_borrowed[] =
    "PRAGMA temp_store=MEMORY;" TRUST_TABLE("CREATE TEMP TABLE")
        ACCOUNT_TABLE("CREATE TEMP TABLE");

static const char *const index_tables[] = {
    "key",     "subject", "place",  "issue", "admit",  "nonce",
    "pending", "slc",     "member", "trust", "account"};

enum {
    APPLICATION_ID = 0x50535331,
    FIRST_VERSION = 1,
    TRUST_VERSION = 2,
    SCHEMA_VERSION = 3
};

/* ---- opening ----------------------------------------------------------- */

static enum iss_status pragma(struct iss_store *store, const char *sql,
                              struct iss_error *error)
{
    int rv = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return rv == SQLITE_OK ? ISS_OK : iss_sqlite_fail(store, rv, error);
}

static enum iss_status read_number(struct iss_store *store, const char *sql,
                                   int *out, struct iss_error *error)
{
    sqlite3_stmt *row = NULL;
    int rv = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);

    if (rv == SQLITE_OK)
        rv = sqlite3_step(row);
    if (rv == SQLITE_ROW)
        *out = sqlite3_column_int(row, 0);
    enum iss_status status =
        rv == SQLITE_ROW ? ISS_OK : iss_sqlite_fail(store, rv, error);
    (void)sqlite3_finalize(row);
    return status;
}

/* Whether both selections give the same rows, values and types. */
static enum iss_status same_rows(struct iss_store *store,
                                 struct iss_store *other, const char *sql,
                                 bool *same, struct iss_error *error)
{
    sqlite3_stmt *rows[2] = {NULL, NULL};
    struct iss_store *stores[2] = {store, other};
    int rv = SQLITE_ROW;

    *same = true;
    for (int i = 0; i < 2 && rv == SQLITE_ROW; i++) {
        rv = sqlite3_prepare_v2(stores[i]->db, sql, -1, &rows[i], NULL);
        rv = rv == SQLITE_OK ? SQLITE_ROW : rv;
    }
    while (rv == SQLITE_ROW && *same) {
        rv = sqlite3_step(rows[0]);
        *same = sqlite3_step(rows[1]) == rv;
        int columns =
            rv == SQLITE_ROW && *same ? sqlite3_data_count(rows[0]) : 0;
        for (int c = 0; c < columns && *same; c++) {
            int len = sqlite3_column_bytes(rows[0], c);
            *same = sqlite3_column_type(rows[0], c) ==
                        sqlite3_column_type(rows[1], c) &&
                    len == sqlite3_column_bytes(rows[1], c) &&
                    (len == 0 ||
                     memcmp(sqlite3_column_blob(rows[0], c),
                            sqlite3_column_blob(rows[1], c), (size_t)len) == 0);
        }
    }
    enum iss_status status = rv == SQLITE_ROW || rv == SQLITE_DONE
                                 ? ISS_OK
                                 : iss_sqlite_fail(store, rv, error);
    (void)sqlite3_finalize(rows[0]);
    (void)sqlite3_finalize(rows[1]);
    return status;
}

static enum iss_status make_objects(struct iss_store *store, int version,
                                    struct iss_error *error)
{
    enum iss_status status = pragma(
        store, version < SCHEMA_VERSION ? first_journal : journal, error);

    if (status == ISS_OK)
        status = pragma(store, first_schema, error);
    return status == ISS_OK && version >= TRUST_VERSION
               ? pragma(store, second_schema, error)
               : status;
}

enum iss_status iss_sqlite_make(struct iss_store *store,
                                struct iss_error *error)
{
    return make_objects(store, SCHEMA_VERSION, error);
}

/* Where there is none: another process may be making it just now. */
static enum iss_status make_schema(struct iss_store *store,
                                   struct iss_error *error)
{
    static const char marks[] =
        "PRAGMA application_id=0x50535331;PRAGMA user_version=3";
    int objects = 0;
    enum iss_status status = pragma(store, "BEGIN IMMEDIATE", error);

    if (status == ISS_OK)
        status = read_number(store, "SELECT count(*) FROM sqlite_schema",
                             &objects, error);
    if (status == ISS_OK && objects == 0)
        status = make_objects(store, SCHEMA_VERSION, error);
    if (status == ISS_OK && objects == 0)
        status = pragma(store, marks, error);
    return status == ISS_OK ? pragma(store, "COMMIT", error) : status;
}

static enum iss_status read_version(struct iss_store *store, int *version,
                                    struct iss_error *error)
{
    return read_number(store, "PRAGMA user_version", version, error);
}

/* Nothing taken away from a version's objects, nothing added to them. */
static enum iss_status compare_objects(struct iss_store *store, int version,
                                       struct iss_error *error)
{
    struct iss_store *ours = NULL;
    bool same = false;
    enum iss_status status = iss_sqlite_memory(&ours, error);

    if (status == ISS_OK)
        status = make_objects(ours, version, error);
    if (status == ISS_OK)
        status = same_rows(store, ours,
                           "SELECT type, name, tbl_name, sql FROM sqlite_schema"
                           " WHERE name <> 'sqlite_stat1' ORDER BY name",
                           &same, error);
    if (status == ISS_OK && !same)
        status = iss_fail(error, ISS_JOURNAL,
                          "store.db: its schema has been changed");
    iss_store_close(ours);
    return status;
}

/* In one transaction: another process may be doing the same just now. */
static enum iss_status upgrade_locked(struct iss_store *store,
                                      struct iss_error *error)
{
    int version = 0;
    enum iss_status status = read_version(store, &version, error);

    if (status != ISS_OK || version == SCHEMA_VERSION)
        return status;
    status = compare_objects(store, version, error);
    if (status == ISS_OK && version < TRUST_VERSION)
        status = pragma(store, second_schema, error);
    if (status == ISS_OK)
        status = pragma(store, renewed_journal, error);
    return status == ISS_OK ? pragma(store, "PRAGMA user_version=3", error)
                            : status;
}

static enum iss_status upgrade(struct iss_store *store, struct iss_error *error)
{
    enum iss_status status = pragma(store, "BEGIN IMMEDIATE", error);

    if (status != ISS_OK)
        return status;
    status = upgrade_locked(store, error);
    if (status == ISS_OK)
        status = pragma(store, "COMMIT", error);
    if (status != ISS_OK)
        (void)pragma(store, "ROLLBACK", NULL);
    return status;
}

/* Ours, and a version that this program knows. One of an earlier program is
 * brought up to date; open for reading it stays as it is, and the connection
 * has the tables that it lacks. */
static enum iss_status check_schema(struct iss_store *store, unsigned flags,
                                    struct iss_error *error)
{
    int id = 0;
    int version = 0;
    enum iss_status status =
        read_number(store, "PRAGMA application_id", &id, error);

    if (status == ISS_OK)
        status = read_version(store, &version, error);
    if (status != ISS_OK)
        return status;
    if (id != APPLICATION_ID)
        return iss_fail(error, ISS_STORE, "store.db: not one of privyseal's");
    if (version < FIRST_VERSION || version > SCHEMA_VERSION)
        return iss_fail(error, ISS_STORE,
                        "store.db: schema %d, this program knows schema %d",
                        version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION && (flags & ISS_READ_ONLY) == 0) {
        status = upgrade(store, error);
        version = SCHEMA_VERSION;
    }
    if (status == ISS_OK)
        status = compare_objects(store, version, error);
    return status == ISS_OK && version < TRUST_VERSION
               ? pragma(store, second_borrowed, error)
               : status;
}

/* Several may turn a new file's journal at once. SQLite then tells one of them
 * at once that it is busy, without waiting: waiting would be a deadlock. */
static enum iss_status use_wal(struct iss_store *store, struct iss_error *error)
{
    enum { PAUSE_MS = 5 };
    int rv = SQLITE_BUSY;

    (void)sqlite3_busy_timeout(store->db, 0);
    for (int i = 0;
         (rv & 0xff) == SQLITE_BUSY && i < ISS_SQLITE_BUSY_MS / PAUSE_MS; i++) {
        if (i > 0)
            (void)sqlite3_sleep(PAUSE_MS);
        rv = sqlite3_exec(store->db, "PRAGMA journal_mode=WAL", NULL, NULL,
                          NULL);
    }
    (void)sqlite3_busy_timeout(store->db, ISS_SQLITE_BUSY_MS);
    return rv == SQLITE_OK ? ISS_OK : iss_sqlite_fail(store, rv, error);
}

/* The WAL's file stays as long as it grows between two checkpoints: pages that
 * are given back to the file system and asked for anew cost more than they
 * are worth. It is emptied when the store is closed. */
#define WAL_PAGES  "4096"
#define WAL_OCTETS "25165824"

enum iss_status iss_sqlite_set_up(struct iss_store *store, unsigned flags,
                                  struct iss_error *error)
{
    int keep = 1;
    enum iss_status status = ISS_OK;

    (void)sqlite3_busy_timeout(store->db, ISS_SQLITE_BUSY_MS);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL,
                               &keep);
    if ((flags & ISS_READ_ONLY) == 0)
        status = use_wal(store, error);
    if (status == ISS_OK && (flags & ISS_READ_ONLY) == 0)
        status = pragma(store,
                        "PRAGMA synchronous=FULL;"
                        "PRAGMA journal_size_limit=" WAL_OCTETS ";"
                        "PRAGMA cache_size=-65536;"
                        "PRAGMA wal_autocheckpoint=" WAL_PAGES ";"
                        "PRAGMA cell_size_check=ON",
                        error);
    if (status == ISS_OK && (flags & ISS_STORE_CREATE) != 0)
        status = make_schema(store, error);
    return status == ISS_OK ? check_schema(store, flags, error) : status;
}

/* ---- checks ------------------------------------------------------------ */

static enum iss_status run_check(struct iss_store *store, const char *sql,
                                 struct iss_error *error)
{
    sqlite3_stmt *row = NULL;
    int rv = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);

    if (rv == SQLITE_OK)
        rv = sqlite3_step(row);
    const char *text = rv == SQLITE_ROW
                           ? (const char *)sqlite3_column_text(row, 0)
                           : sqlite3_errmsg(store->db);
    enum iss_status status = ISS_OK;
    if (text == NULL || strcmp(text, "ok") != 0)
        status = iss_fail(error, ISS_JOURNAL, "store.db: %s",
                          text == NULL ? "cannot be checked" : text);
    (void)sqlite3_finalize(row);
    return status;
}

enum iss_status iss_store_check(struct iss_store *store,
                                struct iss_error *error)
{
    enum iss_status status = run_check(store, "PRAGMA quick_check(1)", error);

    for (size_t i = 0;
         i < sizeof(index_tables) / sizeof(index_tables[0]) && status == ISS_OK;
         i++) {
        char *sql =
            sqlite3_mprintf("PRAGMA integrity_check(\"%w\")", index_tables[i]);
        status = sql == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                             : run_check(store, sql, error);
        sqlite3_free(sql);
    }
    return status;
}

enum iss_status iss_store_compare(struct iss_store *store,
                                  struct iss_store *other,
                                  struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    for (size_t i = 0;
         i < sizeof(index_tables) / sizeof(index_tables[0]) && status == ISS_OK;
         i++) {
        bool same = false;
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY 1, 2",
                                    index_tables[i]);
        status = sql == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                             : same_rows(store, other, sql, &same, error);
        sqlite3_free(sql);
        if (status == ISS_OK && !same)
            status = iss_fail(error, ISS_JOURNAL,
                              "store.db: table %s is not what the journal says",
                              index_tables[i]);
    }
    return status;
}

enum iss_status iss_store_clear(struct iss_store *store,
                                struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    for (size_t i = 0;
         i < sizeof(index_tables) / sizeof(index_tables[0]) && status == ISS_OK;
         i++) {
        char *sql = sqlite3_mprintf("DELETE FROM \"%w\"", index_tables[i]);
        status = sql == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                             : pragma(store, sql, error);
        sqlite3_free(sql);
    }
    return status == ISS_OK ? pragma(store, "REINDEX journal", error) : status;
}
