/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of every table, as statements of store_statements.h. */
#include "store_sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD_COLUMN = 3, TYPE_SIZE = 2 };

/* ---- meta and journal -------------------------------------------------- */

enum iss_status iss_store_meta_put(struct iss_store *store, const char *name,
                                   const char *value, struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_META_PUT, NULL, error, "tt", name,
                          value);
}

/* The one column of the one row, or NULL. */
static enum iss_status end_text(struct sqlite3_stmt *row, char **out,
                                struct iss_error *error)
{
    *out = NULL;
    return iss_sqlite_end(row, row == NULL || iss_sqlite_text(row, 0, out),
                          error);
}

/* The same of octets, where the statement has run. */
static enum iss_status end_octets(enum iss_status status,
                                  struct sqlite3_stmt *row,
                                  struct iss_octets *out,
                                  struct iss_error *error)
{
    memset(out, 0, sizeof(*out));
    if (status != ISS_OK)
        return status;
    return iss_sqlite_end(row, row == NULL || iss_sqlite_octets(row, 0, out),
                          error);
}

enum iss_status iss_store_meta_get(struct iss_store *store, const char *name,
                                   char **value, struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_META_GET, &row, error, "t", name);

    *value = NULL;
    return status == ISS_OK ? end_text(row, value, error) : status;
}

enum iss_status iss_store_append(struct iss_store *store,
                                 const struct iss_row *row,
                                 struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_APPEND, NULL, error, "ibbb", row->seq,
                          row->prev, (size_t)ISS_HASH_SIZE, row->hash,
                          (size_t)ISS_HASH_SIZE, row->record, row->len);
}

/* The number in the one column of the one row, or 0. */
static enum iss_status end_number(struct sqlite3_stmt *row, uint64_t *out,
                                  struct iss_error *error)
{
    *out = row == NULL ? 0 : iss_sqlite_number(row, 0);
    return iss_sqlite_end(row, true, error);
}

enum iss_status iss_store_head(struct iss_store *store, uint64_t *seq,
                               struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_HEAD, &row, error, "");

    return status == ISS_OK ? end_number(row, seq, error) : status;
}

/* Number and hashes; the record itself stays in the row. */
static bool read_row(struct sqlite3_stmt *row, struct iss_row *out)
{
    out->seq = iss_sqlite_number(row, 0);
    return iss_sqlite_fixed(row, 1, out->prev, ISS_HASH_SIZE) &&
           iss_sqlite_fixed(row, 2, out->hash, ISS_HASH_SIZE);
}

enum iss_status iss_store_record(struct iss_store *store, uint64_t seq,
                                 struct iss_row *row, uint8_t **record,
                                 struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    struct iss_octets octets = {0};
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_RECORD, &at, error, "i", seq);

    *record = NULL;
    memset(row, 0, sizeof(*row));
    if (status != ISS_OK)
        return status;
    status = iss_sqlite_end(at,
                            at == NULL ||
                                (read_row(at, row) &&
                                 iss_sqlite_octets(at, RECORD_COLUMN, &octets)),
                            error);
    *record = octets.data;
    row->record = octets.data;
    row->len = octets.len;
    return status;
}

enum iss_status iss_store_newest(struct iss_store *store, unsigned type,
                                 uint64_t before, uint64_t *seq,
                                 struct iss_error *error)
{
    const uint8_t octets[TYPE_SIZE] = {(uint8_t)(type >> 8), (uint8_t)type};
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_NEWEST, &row, error, "bi", octets,
                       sizeof(octets), before == 0 ? INT64_MAX : before);

    return status == ISS_OK ? end_number(row, seq, error) : status;
}

enum iss_status iss_store_each_type(struct iss_store *store, iss_type_fn *each,
                                    void *arg, struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_EACH_TYPE, &at, error, "");

    while (status == ISS_OK && at != NULL) {
        uint8_t type[TYPE_SIZE];

        if (iss_sqlite_fixed(at, 0, type, sizeof(type)))
            each(arg, (unsigned)type[0] << 8 | type[1],
                 iss_sqlite_number(at, 1));
        else
            status = iss_fail(error, ISS_JOURNAL,
                              "store.db: index of types of unexpected form");
        if (status == ISS_OK)
            status = iss_sqlite_next(store, &at, error);
    }
    enum iss_status ended = iss_sqlite_end(at, true, error);
    return status == ISS_OK ? ended : status;
}

enum iss_status iss_store_each(struct iss_store *store, uint64_t from,
                               uint64_t to, iss_row_fn *each, void *arg,
                               struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_EACH, &at, error, "ii", from,
                       to == 0 ? (uint64_t)INT64_MAX : to);

    while (status == ISS_OK && at != NULL) {
        struct iss_row row;

        row.record = iss_sqlite_view(at, RECORD_COLUMN, &row.len);
        if (read_row(at, &row) && row.record != NULL)
            status = each(arg, &row, error);
        else
            status = iss_fail(error, ISS_JOURNAL,
                              "store.db: journal row %llu of unexpected form",
                              (unsigned long long)row.seq);
        if (status == ISS_OK)
            status = iss_sqlite_next(store, &at, error);
    }
    enum iss_status ended = iss_sqlite_end(at, true, error);
    return status == ISS_OK ? ended : status;
}

/* ---- keys -------------------------------------------------------------- */

void iss_key_row_clear(struct iss_key_row *row)
{
    free(row->spki.data);
    free(row->uri);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_key_put(struct iss_store *store,
                                  const struct iss_key_row *row,
                                  struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_KEY_PUT, NULL, error, "btbbti", row->id,
                          (size_t)ISS_ID_SIZE, row->purpose, row->hash,
                          (size_t)ISS_HASH_SIZE, row->spki.data, row->spki.len,
                          row->uri, row->seq);
}

enum iss_status iss_store_key_promote(struct iss_store *store,
                                      const uint8_t *hash,
                                      struct iss_error *error)
{
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_KEY_RETIRE, NULL, error, "b", hash,
                       (size_t)ISS_HASH_SIZE);

    return status != ISS_OK
               ? status
               : iss_sqlite_run(store, ISS_DO_KEY_PROMOTE, NULL, error, "b",
                                hash, (size_t)ISS_HASH_SIZE);
}

enum iss_status iss_store_key_give_up(struct iss_store *store,
                                      const uint8_t *id,
                                      struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_KEY_GIVE_UP, NULL, error, "b", id,
                          (size_t)ISS_ID_SIZE);
}

static bool read_key(struct sqlite3_stmt *at, struct iss_key_row *row)
{
    enum { ID, PURPOSE, HASH, SPKI, URI, SEQ };
    char *purpose = NULL;
    bool good = iss_sqlite_fixed(at, ID, row->id, ISS_ID_SIZE) &&
                iss_sqlite_text(at, PURPOSE, &purpose) &&
                strlen(purpose) < sizeof(row->purpose) &&
                iss_sqlite_fixed(at, HASH, row->hash, ISS_HASH_SIZE) &&
                iss_sqlite_octets(at, SPKI, &row->spki) &&
                iss_sqlite_text(at, URI, &row->uri);

    if (good)
        memcpy(row->purpose, purpose, strlen(purpose) + 1);
    row->seq = iss_sqlite_number(at, SEQ);
    free(purpose);
    return good;
}

static enum iss_status end_key(struct sqlite3_stmt *at, struct iss_key_row *row,
                               struct iss_error *error)
{
    memset(row, 0, sizeof(*row));
    enum iss_status status =
        iss_sqlite_end(at, at == NULL || read_key(at, row), error);
    if (status != ISS_OK)
        iss_key_row_clear(row);
    return status;
}

enum iss_status iss_store_key_get(struct iss_store *store, const char *purpose,
                                  struct iss_key_row *row,
                                  struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_KEY_GET, &at, error, "t", purpose);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_key(at, row, error) : status;
}

enum iss_status iss_store_key_by_hash(struct iss_store *store,
                                      const uint8_t *hash,
                                      struct iss_key_row *row,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_KEY_BY_HASH, &at, error, "b", hash,
                       (size_t)ISS_HASH_SIZE);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_key(at, row, error) : status;
}

/* ---- subjects ---------------------------------------------------------- */

enum iss_status iss_store_subject_put(struct iss_store *store,
                                      const struct iss_subject *row,
                                      struct iss_error *error)
{
    char *guid = NULL;
    enum iss_status status = iss_sqlite_run(
        store, ISS_DO_SUBJECT_PUT, NULL, error, "btti", row->hash,
        (size_t)ISS_HASH_SIZE, row->guid, row->url, row->seq);

    if (status == ISS_OK)
        status = iss_store_guid_by_key(store, row->hash, &guid, error);
    if (status == ISS_OK && (guid == NULL || strcmp(guid, row->guid) != 0))
        status = iss_fail(error, ISS_CONFLICT,
                          "the key was certified for GUID %s before",
                          guid == NULL ? "?" : guid);
    free(guid);
    if (status == ISS_OK)
        status = iss_sqlite_run(store, ISS_DO_PLACE_PUT, NULL, error, "tbtti",
                                row->guid, row->hash, (size_t)ISS_HASH_SIZE,
                                row->url, row->principal, row->seq);
    return status;
}

enum iss_status iss_store_guid_by_key(struct iss_store *store,
                                      const uint8_t *hash, char **guid,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_GUID_BY_KEY, &row, error, "b", hash,
                       (size_t)ISS_HASH_SIZE);

    *guid = NULL;
    return status == ISS_OK ? end_text(row, guid, error) : status;
}

enum iss_status iss_store_guid_by_url(struct iss_store *store, const char *url,
                                      char **guid, struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_GUID_BY_URL, &row, error, "t", url);

    *guid = NULL;
    return status == ISS_OK ? end_text(row, guid, error) : status;
}

enum iss_status iss_store_key_of_guid(struct iss_store *store, const char *guid,
                                      struct iss_octets *hash,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_KEY_OF_GUID, &row, error, "t", guid);

    return end_octets(status, row, hash, error);
}

/* ---- nonces, pending request, own certificates -------------------------- */

enum iss_status iss_store_nonce_put(struct iss_store *store,
                                    const struct iss_octets *nonce,
                                    const uint8_t *request,
                                    struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_NONCE_PUT, NULL, error, "bb",
                          nonce->data, nonce->len, request,
                          (size_t)ISS_HASH_SIZE);
}

enum iss_status iss_store_nonce_get(struct iss_store *store,
                                    const struct iss_octets *nonce,
                                    struct iss_octets *request,
                                    struct iss_error *error)
{
    struct sqlite3_stmt *row = NULL;
    enum iss_status status = iss_sqlite_run(
        store, ISS_DO_NONCE_GET, &row, error, "b", nonce->data, nonce->len);

    return end_octets(status, row, request, error);
}

void iss_pending_row_clear(struct iss_pending_row *row)
{
    free(row->op);
    free(row->request.data);
    free(row->proof.data);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_pending_put(struct iss_store *store,
                                      const struct iss_pending_row *row,
                                      struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_PENDING_PUT, NULL, error, "tbbi",
                          row->op, row->request.data, row->request.len,
                          row->proof.data, row->proof.len, row->seq);
}

enum iss_status iss_store_pending_drop(struct iss_store *store,
                                       struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_PENDING_DROP, NULL, error, "");
}

enum iss_status iss_store_pending_get(struct iss_store *store,
                                      struct iss_pending_row *row,
                                      struct iss_error *error)
{
    enum { OP, REQUEST, PROOF, SEQ };
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_PENDING_GET, &at, error, "");

    memset(row, 0, sizeof(*row));
    if (status != ISS_OK || at == NULL)
        return status;
    row->seq = iss_sqlite_number(at, SEQ);
    status = iss_sqlite_end(at,
                            iss_sqlite_text(at, OP, &row->op) &&
                                iss_sqlite_octets(at, REQUEST, &row->request) &&
                                iss_sqlite_octets(at, PROOF, &row->proof),
                            error);
    if (status != ISS_OK)
        iss_pending_row_clear(row);
    return status;
}

void iss_slc_row_clear(struct iss_slc_row *row)
{
    free(row->chain.data);
    memset(row, 0, sizeof(*row));
}

enum iss_status iss_store_slc_put(struct iss_store *store,
                                  const struct iss_slc_row *row,
                                  struct iss_error *error)
{
    return iss_sqlite_run(store, ISS_DO_SLC_PUT, NULL, error, "ibbi",
                          row->generation, row->body_hash,
                          (size_t)ISS_HASH_SIZE, row->chain.data,
                          row->chain.len, row->seq);
}

static enum iss_status end_slc(struct sqlite3_stmt *at, struct iss_slc_row *row,
                               struct iss_error *error)
{
    enum { GENERATION, BODY_HASH, CHAIN, SEQ };
    enum iss_status status = ISS_OK;

    memset(row, 0, sizeof(*row));
    if (at == NULL)
        return ISS_OK;
    row->generation = iss_sqlite_number(at, GENERATION);
    row->seq = iss_sqlite_number(at, SEQ);
    status = iss_sqlite_end(
        at,
        iss_sqlite_fixed(at, BODY_HASH, row->body_hash, ISS_HASH_SIZE) &&
            iss_sqlite_octets(at, CHAIN, &row->chain),
        error);
    if (status != ISS_OK)
        iss_slc_row_clear(row);
    return status;
}

enum iss_status iss_store_slc_get(struct iss_store *store,
                                  struct iss_slc_row *row,
                                  struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_SLC_GET, &at, error, "");

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_slc(at, row, error) : status;
}

enum iss_status iss_store_slc_newest(struct iss_store *store,
                                     uint64_t *generation,
                                     struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_SLC_NEWEST, &at, error, "");

    *generation = at == NULL ? 0 : iss_sqlite_number(at, 0);
    return status == ISS_OK ? iss_sqlite_end(at, true, error) : status;
}

enum iss_status iss_store_slc_before(struct iss_store *store, uint64_t seq,
                                     struct iss_slc_row *row,
                                     struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_SLC_BEFORE, &at, error, "i", seq);

    memset(row, 0, sizeof(*row));
    return status == ISS_OK ? end_slc(at, row, error) : status;
}

enum iss_status iss_store_slc_by_hash(struct iss_store *store,
                                      const uint8_t *body_hash,
                                      uint64_t *generation,
                                      struct iss_error *error)
{
    struct sqlite3_stmt *at = NULL;
    enum iss_status status =
        iss_sqlite_run(store, ISS_DO_SLC_BY_HASH, &at, error, "b", body_hash,
                       (size_t)ISS_HASH_SIZE);

    *generation = at == NULL ? 0 : iss_sqlite_number(at, 0);
    return status == ISS_OK ? iss_sqlite_end(at, true, error) : status;
}
