/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of what was admitted, for quotas. */
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

enum { FIRST_ROOM = 16 };

enum iss_status iss_store_admit_put(struct iss_store *store,
                                    const struct iss_admit_row *row,
                                    struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_ADMIT_PUT, NULL, error, "itttii",
                          row->seq, row->principal, row->op, row->guid,
                          (uint64_t)row->time, (uint64_t)row->until);
}

static bool grow(struct iss_admitted **rows, size_t count, size_t *room)
{
    struct iss_admitted *more = NULL;

    if (count < *room)
        return true;
    *room = *room == 0 ? FIRST_ROOM : *room * 2;
    more = realloc(*rows, *room * sizeof(*more));
    if (more != NULL)
        *rows = more;
    return more != NULL;
}

enum iss_status iss_store_admit_past(struct iss_store *store,
                                     const char *principal,
                                     struct iss_admitted **rows, size_t *count,
                                     struct iss_error *error)
{
    enum { OP, TIME };
    struct sqlite3_stmt *at = NULL;
    size_t room = 0;
    bool good = true;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ADMIT_PAST, &at, error, "t", principal);

    *rows = NULL;
    *count = 0;
    while (status == ISS_OK && at != NULL && good) {
        char *op = NULL;

        good = grow(rows, *count, &room) && iss_sqlite_text(at, OP, &op) &&
               strlen(op) < sizeof((*rows)->op);
        if (good) {
            struct iss_admitted *row = &(*rows)[(*count)++];

            memcpy(row->op, op, strlen(op) + 1);
            row->time = (int64_t)iss_sqlite_number(at, TIME);
            status = iss_sqlite_next(store, &at, error);
        }
        free(op);
    }
    if (status == ISS_OK)
        status = iss_sqlite_end(at, good, error);
    if (status != ISS_OK) {
        free(*rows);
        *rows = NULL;
        *count = 0;
    }
    return status;
}

enum iss_status iss_store_admit_valid(struct iss_store *store,
                                      const char *principal, const char *but,
                                      int64_t now, uint64_t *count,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ADMIT_VALID, &at, error, "tti", principal,
                       but, (uint64_t)now);

    *count = 0;
    if (status != ISS_OK)
        return status;
    *count = at == NULL ? 0 : iss_sqlite_number(at, 0);
    return iss_sqlite_end(at, true, error);
}

enum iss_status iss_store_principal_of_guid(struct iss_store *store,
                                            const char *guid, char **principal,
                                            struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_PRINCIPAL_OF_GUID, &at, error, "t", guid);

    *principal = NULL;
    return status == ISS_OK
               ? iss_sqlite_end(
                     at, at == NULL || iss_sqlite_text(at, 0, principal), error)
               : status;
}
