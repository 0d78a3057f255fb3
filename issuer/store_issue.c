/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table of issuances: an INTENT and how it ended. */
#include "store_sqlite.h"

#include <string.h>

enum iss_status iss_store_issue_put(struct iss_store *store,
                                    const struct iss_issue_new *row,
                                    struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_ISSUE_PUT, NULL, error, "ibtttb",
                          row->intent, row->request, (size_t)ISS_HASH_SIZE,
                          row->kind, row->document, row->guid, row->body,
                          (size_t)ISS_HASH_SIZE);
}

static enum iss_status set_end(struct iss_store *store,
                               enum iss_statement which, uint64_t intent,
                               uint64_t seq, struct iss_error *error)
{
    enum iss_status status =
        iss_sqlite_run(store, which, NULL, error, "ii", seq, intent);

    if (status == ISS_OK && iss_sqlite_changes(store) != 1)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu ends INTENT %llu, which is "
                          "not open",
                          (unsigned long long)seq, (unsigned long long)intent);
    return status;
}

enum iss_status iss_store_issue_result(struct iss_store *store, uint64_t intent,
                                       uint64_t result, struct iss_error *error)
{
    return set_end(store, ISS_DO_ISSUE_RESULT, intent, result, error);
}

enum iss_status iss_store_issue_close(struct iss_store *store, uint64_t intent,
                                      uint64_t seq, struct iss_error *error)
{
    return set_end(store, ISS_DO_ISSUE_CLOSE, intent, seq, error);
}

static enum iss_status end_issue(struct sqlite3_stmt *at,
                                 struct iss_issue_row *row,
                                 struct iss_error *error)
{
    memset(row, 0, sizeof(*row));
    if (at != NULL) {
        row->intent = iss_sqlite_number(at, 0);
        row->result = iss_sqlite_number(at, 1);
        row->closed = iss_sqlite_number(at, 2);
    }
    return iss_sqlite_end(at, true, error);
}

enum iss_status iss_store_issue_by_request(struct iss_store *store,
                                           const uint8_t *request,
                                           struct iss_issue_row *row,
                                           struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_BY_REQUEST, &at, error, "b", request,
                       (size_t)ISS_HASH_SIZE);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_by_body(struct iss_store *store,
                                        const uint8_t *body,
                                        struct iss_issue_row *row,
                                        struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_BY_BODY, &at, error, "b", body,
                       (size_t)ISS_HASH_SIZE);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_by_kind(struct iss_store *store,
                                        const char *kind,
                                        struct iss_issue_row *row,
                                        struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_BY_KIND, &at, error, "t", kind);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_by_intent(struct iss_store *store,
                                          uint64_t intent,
                                          struct iss_issue_row *row,
                                          struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_BY_INTENT, &at, error, "i", intent);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_open_after(struct iss_store *store,
                                           uint64_t intent,
                                           struct iss_issue_row *row,
                                           struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_OPEN, &at, error, "i", intent);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_of_guid_after(struct iss_store *store,
                                              const char *guid, uint64_t intent,
                                              struct iss_issue_row *row,
                                              struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status = iss_sqlite_run(store, ISS_DO_ISSUE_OF_GUID, &at,
                                            error, "ti", guid, intent);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_of_kind_after(struct iss_store *store,
                                              const char *kind, uint64_t intent,
                                              struct iss_issue_row *row,
                                              struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status = iss_sqlite_run(store, ISS_DO_ISSUE_OF_KIND, &at,
                                            error, "ti", kind, intent);

    return status == ISS_OK ? end_issue(at, row, error) : status;
}

enum iss_status iss_store_issue_open_count(struct iss_store *store,
                                           uint64_t *count,
                                           struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_ISSUE_COUNT, &at, error, "");

    *count = at == NULL ? 0 : iss_sqlite_number(at, 0);
    return status == ISS_OK ? iss_sqlite_end(at, true, error) : status;
}
