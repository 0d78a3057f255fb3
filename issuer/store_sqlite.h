/* SPDX-License-Identifier: Apache-2.0 */
/* Between store_sqlite.c, which runs statements, store_schema.c, which knows
 * the database as a whole, and the files that know rows. Nobody else includes
 * it: what is above store.h knows nothing of SQLite. */
#ifndef PRIVYSEAL_STORE_SQLITE_H
#define PRIVYSEAL_STORE_SQLITE_H

#include "store.h"
#include "store_statements.h"

enum iss_statement {
#define STATEMENT(name, sql) ISS_DO_##name,
    STATEMENTS(STATEMENT)
#undef STATEMENT
        ISS_STATEMENTS
};

struct sqlite3;
struct sqlite3_stmt; /* a statement that stands on a row */

struct iss_store {
    struct sqlite3 *db;
    struct sqlite3_stmt *statements[ISS_STATEMENTS];
    bool in_transaction, failed;
};

enum { ISS_SQLITE_BUSY_MS = 60000 };

/* What SQLite answered, as a status and a sentence. A sync that failed marks
 * the store. */
enum iss_status iss_sqlite_fail(struct iss_store *store, int rv,
                                struct iss_error *error);
/* An open connection becomes a store: settings, schema made where asked,
 * schema compared. */
ISS_CHECKED enum iss_status iss_sqlite_set_up(struct iss_store *store,
                                              unsigned flags,
                                              struct iss_error *error);
/* An empty database in memory. */
ISS_CHECKED enum iss_status iss_sqlite_memory(struct iss_store **out,
                                              struct iss_error *error);
/* The tables alone, in an empty database. */
ISS_CHECKED enum iss_status iss_sqlite_make(struct iss_store *store,
                                            struct iss_error *error);

/* Runs one step with values by form: i uint64_t, t text or NULL, b octets and
 * their size_t. *row gets the statement where there is a row, to be ended by
 * iss_sqlite_end, else NULL; row NULL: the statement gives none. */
ISS_CHECKED enum iss_status iss_sqlite_run(struct iss_store *store,
                                           enum iss_statement which,
                                           struct sqlite3_stmt **row,
                                           struct iss_error *error,
                                           const char *form, ...);
/* The next row of the same; *row NULL at the end. */
ISS_CHECKED enum iss_status iss_sqlite_next(struct iss_store *store,
                                            struct sqlite3_stmt **row,
                                            struct iss_error *error);
/* Ends a row (NULL is legal); good false: a value was not as it must be. */
ISS_CHECKED enum iss_status iss_sqlite_end(struct sqlite3_stmt *row, bool good,
                                           struct iss_error *error);
/* How many rows the last statement changed. */
int iss_sqlite_changes(struct iss_store *store);

/* Values of a row; false: not of this form, or no memory. */
uint64_t iss_sqlite_number(struct sqlite3_stmt *row, int column);
bool iss_sqlite_text(struct sqlite3_stmt *row, int column, char **out);
bool iss_sqlite_octets(struct sqlite3_stmt *row, int column,
                       struct iss_octets *out);
/* Borrowed until the statement moves on; NULL: none. */
const uint8_t *iss_sqlite_view(struct sqlite3_stmt *row, int column,
                               size_t *len);
bool iss_sqlite_fixed(struct sqlite3_stmt *row, int column, uint8_t *out,
                      size_t len);

#endif
