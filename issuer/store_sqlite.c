/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in one SQLite file: statements, transactions, errors. WAL kept
 * for good, so that no commit depends on a folder's entry, and emptied at a
 * clean close, so that it never says more than the database; synchronous=FULL,
 * so that a commit is on the disk. After a sync that failed nothing more is
 * written: what the disk holds then is unknown until the store is opened anew.
 */
#include "store.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store_sqlite.h"

static const char *const sql_of[ISS_STATEMENTS] = {
#define STATEMENT(name, sql) [ISS_DO_##name] = (sql),
    STATEMENTS(STATEMENT)
#undef STATEMENT
};

/* ---- errors ------------------------------------------------------------ */

static const struct {
    int code;
    enum iss_status status;
    const char *text;
} results[] = {
    {SQLITE_CORRUPT, ISS_JOURNAL, "damaged"},
    {SQLITE_NOTADB, ISS_JOURNAL, "no database"},
    {SQLITE_FULL, ISS_STORE, "disk full"},
    {SQLITE_BUSY, ISS_STORE, "locked by another process"},
    {SQLITE_READONLY, ISS_STORE, "not writable"},
    {SQLITE_CANTOPEN, ISS_STORE, "cannot be opened"},
    {SQLITE_IOERR, ISS_STORE, "disk error"},
};

enum iss_status iss_sqlite_fail(struct iss_store *store, int rv,
                                struct iss_error *error)
{
    const char *text = sqlite3_errmsg(store->db);

    if (rv == SQLITE_CONSTRAINT_UNIQUE || rv == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rv == SQLITE_CONSTRAINT_ROWID)
        return iss_fail(error, ISS_CONFLICT, "store.db: known already: %s",
                        text);
    if (rv == SQLITE_IOERR_FSYNC || rv == SQLITE_IOERR_DIR_FSYNC)
        store->failed = true;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
        if (results[i].code == (rv & 0xff))
            return iss_fail(error, results[i].status, "store.db: %s: %s",
                            results[i].text, text);
    return iss_fail(error, ISS_STORE, "store.db: %s", text);
}

/* ---- statements -------------------------------------------------------- */

/* Binds by form: i uint64_t, t text or NULL, b octets and their size_t. */
static int bind_all(sqlite3_stmt *statement, const char *form, va_list args)
{
    int rv = SQLITE_OK;

    for (int at = 1; form[at - 1] != '\0' && rv == SQLITE_OK; at++) {
        if (form[at - 1] == 'i') {
            rv = sqlite3_bind_int64(statement, at,
                                    (sqlite3_int64)va_arg(args, uint64_t));
        } else if (form[at - 1] == 't') {
            rv = sqlite3_bind_text(statement, at, va_arg(args, const char *),
                                   -1, SQLITE_TRANSIENT);
        } else {
            const void *data = va_arg(args, const void *);
            rv = sqlite3_bind_blob64(statement, at, data, va_arg(args, size_t),
                                     SQLITE_TRANSIENT);
        }
    }
    return rv;
}

enum iss_status iss_sqlite_run(struct iss_store *store,
                               enum iss_statement which, sqlite3_stmt **row,
                               struct iss_error *error, const char *form, ...)
{
    sqlite3_stmt *statement = store->statements[which];
    va_list args;
    int rv = SQLITE_OK;

    if (row != NULL)
        *row = NULL;
    if (statement == NULL)
        rv = sqlite3_prepare_v3(store->db, sql_of[which], -1,
                                SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (rv != SQLITE_OK)
        return iss_sqlite_fail(store, rv, error);
    store->statements[which] = statement;
    va_start(args, form);
    rv = bind_all(statement, form, args);
    va_end(args);
    if (rv == SQLITE_OK)
        rv = sqlite3_step(statement);
    if (rv == SQLITE_ROW && row != NULL) {
        *row = statement;
        return ISS_OK;
    }
    enum iss_status status =
        rv == SQLITE_DONE ? ISS_OK : iss_sqlite_fail(store, rv, error);
    (void)sqlite3_reset(statement);
    return status;
}

enum iss_status iss_sqlite_next(struct iss_store *store, sqlite3_stmt **row,
                                struct iss_error *error)
{
    int rv = sqlite3_step(*row);

    if (rv == SQLITE_ROW)
        return ISS_OK;
    enum iss_status status =
        rv == SQLITE_DONE ? ISS_OK : iss_sqlite_fail(store, rv, error);
    (void)sqlite3_reset(*row);
    *row = NULL;
    return status;
}

enum iss_status iss_sqlite_end(sqlite3_stmt *row, bool good,
                               struct iss_error *error)
{
    if (row != NULL)
        (void)sqlite3_reset(row);
    return good ? ISS_OK
                : iss_fail(error, ISS_JOURNAL,
                           "store.db: a row of unexpected form");
}

int iss_sqlite_changes(struct iss_store *store)
{
    return sqlite3_changes(store->db);
}

uint64_t iss_sqlite_number(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

bool iss_sqlite_text(sqlite3_stmt *row, int column, char **out)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    *out = text == NULL ? NULL : strdup(text);
    return *out != NULL;
}

bool iss_sqlite_octets(sqlite3_stmt *row, int column, struct iss_octets *out)
{
    const void *data = sqlite3_column_blob(row, column);
    size_t len = (size_t)sqlite3_column_bytes(row, column);

    out->data = malloc(len + 1);
    out->len = len;
    if (out->data == NULL)
        return false;
    if (len > 0)
        memcpy(out->data, data, len);
    out->data[len] = '\0';
    return true;
}

const uint8_t *iss_sqlite_view(sqlite3_stmt *row, int column, size_t *len)
{
    const uint8_t *data = sqlite3_column_blob(row, column);

    *len = (size_t)sqlite3_column_bytes(row, column);
    return data;
}

bool iss_sqlite_fixed(sqlite3_stmt *row, int column, uint8_t *out, size_t len)
{
    if ((size_t)sqlite3_column_bytes(row, column) != len)
        return false;
    memcpy(out, sqlite3_column_blob(row, column), len);
    return true;
}

/* ---- opening ----------------------------------------------------------- */

static enum iss_status open_db(const char *path, int flags,
                               struct iss_store **out, struct iss_error *error)
{
    struct iss_store *store = calloc(1, sizeof(*store));

    *out = store;
    if (store == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    int rv =
        sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rv != SQLITE_OK)
        return iss_fail(error, ISS_STORE, "%s: %s", path, sqlite3_errstr(rv));
    (void)sqlite3_extended_result_codes(store->db, 1);
    return ISS_OK;
}

enum iss_status iss_store_open(const char *path, unsigned flags,
                               struct iss_store **out, struct iss_error *error)
{
    int how = (flags & ISS_READ_ONLY) != 0 ? SQLITE_OPEN_READONLY
                                           : SQLITE_OPEN_READWRITE;
    struct stat st;
    enum iss_status status = ISS_OK;

    *out = NULL;
    /* opening a FIFO would wait for ever */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return iss_fail(error, ISS_STORE, "%s: not a regular file", path);
    if ((flags & ISS_STORE_CREATE) != 0)
        how |= SQLITE_OPEN_CREATE;
    status = open_db(path, how, out, error);
    if (status == ISS_OK)
        status = iss_sqlite_set_up(*out, flags, error);
    if (status != ISS_OK) {
        iss_store_close(*out);
        *out = NULL;
    }
    return status;
}

enum iss_status iss_sqlite_memory(struct iss_store **out,
                                  struct iss_error *error)
{
    return open_db(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, out,
                   error);
}

enum iss_status iss_store_scratch(struct iss_store **out,
                                  struct iss_error *error)
{
    enum iss_status status = iss_sqlite_memory(out, error);

    if (status == ISS_OK)
        status = iss_sqlite_make(*out, error);
    if (status != ISS_OK) {
        iss_store_close(*out);
        *out = NULL;
    }
    return status;
}

void iss_store_close(struct iss_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < ISS_STATEMENTS; i++)
        (void)sqlite3_finalize(store->statements[i]);
    (void)sqlite3_close(store->db);
    free(store);
}

/* ---- transactions and checks ------------------------------------------- */

enum iss_status iss_store_begin(struct iss_store *store,
                                struct iss_error *error)
{
    if (store->failed)
        return iss_fail(error, ISS_STORE,
                        "store.db: a sync has failed, open it anew");
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_BEGIN, NULL, error, "");
    store->in_transaction = status == ISS_OK;
    return status;
}

enum iss_status iss_store_commit(struct iss_store *store,
                                 struct iss_error *error)
{
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_COMMIT, NULL, error, "");

    if (status != ISS_OK)
        iss_store_rollback(store);
    store->in_transaction = false;
    return status;
}

void iss_store_rollback(struct iss_store *store)
{
    /* SQLite may have rolled back by itself: then there is nothing to do */
    if (store->in_transaction && sqlite3_get_autocommit(store->db) == 0 &&
        iss_sqlite_run(store, ISS_DO_ROLLBACK, NULL, NULL, "") != ISS_OK)
        store->failed = true;
    store->in_transaction = false;
}
