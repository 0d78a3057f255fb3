/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of accounts. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>

void iss_account_row_clear(struct iss_account_row *row)
{
    free(row->user);
    free(row->spki.data);
    free(row->sealed.data);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_account_put(struct iss_store *store,
                                      const struct iss_account_row *row,
                                      struct iss_error *error)
{
    enum iss_status status = iss_sqlite_run(
        store, ISS_DO_ACCOUNT_PUT, NULL, error, "tbbbi", row->user, row->hash,
        (size_t)ISS_HASH_SIZE, row->spki.data, row->spki.len, row->sealed.data,
        row->sealed.len, row->seq);

    return status == ISS_OK && iss_sqlite_changes(store) != 1
               ? iss_fail(error, ISS_CONFLICT,
                          "account %s: it has got another key pair meanwhile",
                          row->user)
               : status;
}

static enum iss_status end_account(struct sqlite3_stmt *at,
                                   struct iss_account_row *row,
                                   struct iss_error *error)
{
    enum { USER, HASH, SPKI, SEALED, SEQ };
    bool good = true;

    memset(row, 0, sizeof(*row));
    if (at != NULL) {
        row->seq = iss_sqlite_number(at, SEQ);
        good = iss_sqlite_text(at, USER, &row->user) &&
               iss_sqlite_fixed(at, HASH, row->hash, ISS_HASH_SIZE) &&
               iss_sqlite_octets(at, SPKI, &row->spki) &&
               iss_sqlite_octets(at, SEALED, &row->sealed);
    }
    enum iss_status status = iss_sqlite_end(at, good, error);
    if (status != ISS_OK)
        iss_account_row_clear(row);
    return status;
}

enum iss_status iss_store_account_get(struct iss_store *store, const char *user,
                                      struct iss_account_row *row,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ACCOUNT_GET, &at, error, "t", user);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_account(at, row, error) : status;
}

enum iss_status iss_store_account_by_hash(struct iss_store *store,
                                          const uint8_t *hash,
                                          struct iss_account_row *row,
                                          struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ACCOUNT_BY_HASH, &at, error, "b", hash,
                       (size_t)ISS_HASH_SIZE);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_account(at, row, error) : status;
}
