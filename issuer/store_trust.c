/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of trust. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>

void iss_trust_row_clear(struct iss_trust_row *row)
{
    free(row->kind);
    free(row->name);
    free(row->text.data);
    free(row->uri);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_trust_put(struct iss_store *store,
                                    const struct iss_trust_row *row,
                                    struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_TRUST_PUT, NULL, error, "ttbtbi",
                          row->kind, row->name, row->text.data, row->text.len,
                          row->uri, row->hash, (size_t)ISS_HASH_SIZE, row->seq);
}

enum iss_status iss_store_trust_drop(struct iss_store *store, const char *kind,
                                     const char *name, struct iss_error *error)
{
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_TRUST_DROP, NULL, error, "tt", kind, name);

    if (status == ISS_OK && iss_sqlite_changes(store) != 1)
        status = iss_fail(error, ISS_JOURNAL,
                          "store.db: table trust has no %s \"%s\"", kind, name);
    return status;
}

static enum iss_status end_trust(struct sqlite3_stmt *at,
                                 struct iss_trust_row *row,
                                 struct iss_error *error)
{
    enum { KIND, NAME, TEXT, URI, HASH, SEQ };
    bool good = true;

    memset(row, 0, sizeof(*row));
    if (at != NULL) {
        row->seq = iss_sqlite_number(at, SEQ);
        good = iss_sqlite_text(at, KIND, &row->kind) &&
               iss_sqlite_text(at, NAME, &row->name) &&
               iss_sqlite_octets(at, TEXT, &row->text) &&
               iss_sqlite_text(at, URI, &row->uri) &&
               iss_sqlite_fixed(at, HASH, row->hash, ISS_HASH_SIZE);
    }
    enum iss_status status = iss_sqlite_end(at, good, error);
    if (status != ISS_OK)
        iss_trust_row_clear(row);
    return status;
}

enum iss_status iss_store_trust_get(struct iss_store *store, const char *kind,
                                    const char *name, struct iss_trust_row *row,
                                    struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_TRUST_GET, &at, error, "tt", kind, name);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_trust(at, row, error) : status;
}

enum iss_status iss_store_trust_by_hash(struct iss_store *store,
                                        const char *kind, const uint8_t *hash,
                                        struct iss_trust_row *row,
                                        struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_TRUST_BY_HASH, &at, error, "tb", kind,
                       hash, (size_t)ISS_HASH_SIZE);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_trust(at, row, error) : status;
}

enum iss_status iss_store_trust_after(struct iss_store *store, uint64_t seq,
                                      struct iss_trust_row *row,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_TRUST_AFTER, &at, error, "i", seq);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_trust(at, row, error) : status;
}
