/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of members. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>

void iss_member_row_clear(struct iss_member_row *row)
{
    free(row->name);
    free(row->guid);
    free(row->host);
    free(row->uri);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_member_put(struct iss_store *store,
                                     const struct iss_member_row *row,
                                     struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_MEMBER_PUT, NULL, error, "tttti",
                          row->name, row->guid, row->host, row->uri, row->seq);
}

static enum iss_status end_member(struct sqlite3_stmt *at,
                                  struct iss_member_row *row,
                                  struct iss_error *error)
{
    enum { NAME, GUID, HOST, URI, SEQ };
    bool good = true;

    memset(row, 0, sizeof(*row));
    if (at != NULL) {
        row->seq = iss_sqlite_number(at, SEQ);
        good = iss_sqlite_text(at, NAME, &row->name) &&
               iss_sqlite_text(at, GUID, &row->guid) &&
               iss_sqlite_text(at, HOST, &row->host) &&
               iss_sqlite_text(at, URI, &row->uri);
    }
    enum iss_status status = iss_sqlite_end(at, good, error);
    if (status != ISS_OK)
        iss_member_row_clear(row);
    return status;
}

enum iss_status iss_store_member_get(struct iss_store *store, const char *name,
                                     struct iss_member_row *row,
                                     struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_MEMBER_GET, &at, error, "t", name);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_member(at, row, error) : status;
}

enum iss_status iss_store_member_after(struct iss_store *store, uint64_t seq,
                                       struct iss_member_row *row,
                                       struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_MEMBER_AFTER, &at, error, "i", seq);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_member(at, row, error) : status;
}

enum iss_status iss_store_member_count(struct iss_store *store, uint64_t *count,
                                       struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_MEMBER_COUNT, &at, error, "");

    *count = at == NULL ? 0 : iss_sqlite_number(at, 0);
    return status == ISS_OK ? iss_sqlite_end(at, true, error) : status;
}
