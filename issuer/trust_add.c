/* SPDX-License-Identifier: Apache-2.0 */
/* Taking what is trusted and giving it up: a record each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "trust_check.h"
#include "xrml_key.h"

/* ---- beside what is there --------------------------------------------------
 */

/* The list that the same key has signed before; seq 0: none. */
static enum iss_status find_list(struct iss *iss,
                                 const struct xrml_fields *list,
                                 struct iss_trust_row *row, int64_t *issued,
                                 struct iss_error *error)
{
    uint64_t seq = 0;
    enum iss_status status = ISS_OK;
    bool found = false;

    while (status == ISS_OK && !found) {
        struct xrml_chain chain = {0};

        iss_trust_row_clear(row);
        status = iss_store_trust_after(iss->db, seq, row, error);
        seq = status == ISS_OK ? row->seq : 0;
        if (seq == 0)
            break;
        if (strcmp(row->kind, iss_trust_kind_name(ISS_TRUST_LIST)) != 0)
            continue;
        status = xrml_chain_append(&chain, (const char *)row->text.data,
                                   row->text.len, 0, error);
        if (status == ISS_OK) {
            const struct xrml_fields *old = xrml_fields(chain.documents[0]);

            found = xrml_key_same(&old->issuer_key, &list->issuer_key);
            *issued = old->issued;
        }
        xrml_chain_clear(&chain);
    }
    return status;
}

/* One list a key: a newer one replaces it under whatever name. */
static enum iss_status place_list(struct iss *iss,
                                  const struct iss_trusted *trusted,
                                  struct iss_trust_review *review,
                                  struct iss_error *error)
{
    struct xrml_chain chain = {0};
    struct iss_trust_row row = {0};
    int64_t issued = 0;
    enum iss_status status = xrml_chain_append(&chain, trusted->text.text,
                                               trusted->text.len, 0, error);

    if (status == ISS_OK)
        status = find_list(iss, xrml_fields(chain.documents[0]), &row, &issued,
                           error);
    if (status == ISS_OK && row.seq != 0) {
        review->again =
            memcmp(row.hash, review->hash, sizeof(review->hash)) == 0;
        (void)snprintf(review->replaces, sizeof(review->replaces), "%s",
                       row.name);
        if (!review->again && review->issued < issued)
            status = iss_fail(error, ISS_CONFLICT,
                              "the list \"%s\" of the same key, which is "
                              "trusted, is newer",
                              row.name);
    }
    iss_trust_row_clear(&row);
    xrml_chain_clear(&chain);
    return status;
}

static bool same(const struct iss_trust_row *row,
                 const struct iss_trusted *trusted)
{
    return row->text.len == trusted->text.len &&
           memcmp(row->text.data, trusted->text.text, row->text.len) == 0 &&
           strcmp(row->uri, trusted->uri == NULL ? "" : trusted->uri) == 0;
}

/* Another under this name, or the same key under another: two names for one
 * thing would leave it trusted when one of them is removed. */
static enum iss_status place(struct iss *iss, const struct iss_trusted *trusted,
                             struct iss_trust_review *review,
                             struct iss_error *error)
{
    const char *kind = iss_trust_kind_name(trusted->kind);
    struct iss_trust_row row = {0};
    enum iss_status status = ISS_OK;

    review->again = false;
    review->replaces[0] = '\0';
    if (trusted->kind == ISS_TRUST_LIST)
        status = place_list(iss, trusted, review, error);
    if (status != ISS_OK || review->again)
        return status;
    status = iss_store_trust_get(iss->db, kind, review->name, &row, error);
    if (status == ISS_OK && row.seq != 0 &&
        strcmp(review->replaces, review->name) != 0) {
        review->again = same(&row, trusted);
        if (!review->again)
            status = iss_fail(error, ISS_CONFLICT,
                              "%s \"%s\" is another: remove it, or give this "
                              "one another name (--name)",
                              kind, review->name);
    }
    if (status == ISS_OK && !review->again) {
        iss_trust_row_clear(&row);
        status =
            iss_store_trust_by_hash(iss->db, kind, review->hash, &row, error);
        if (status == ISS_OK && row.seq != 0 &&
            strcmp(row.name, review->name) != 0 &&
            trusted->kind != ISS_TRUST_LIST)
            status = iss_fail(error, ISS_CONFLICT,
                              "this key is trusted already, as %s \"%s\"", kind,
                              row.name);
    }
    iss_trust_row_clear(&row);
    return status;
}

enum iss_status iss_trust_check(struct iss *store,
                                const struct iss_trusted *trusted,
                                struct iss_trust_review *review,
                                struct iss_error *error)
{
    const struct iss_trust_judging judging = {.iss = store, .trusted = trusted};
    enum iss_status status = iss_trust_judge(&judging, review, error);

    return status == ISS_OK ? place(store, trusted, review, error) : status;
}

/* ---- records ---------------------------------------------------------------
 */

static void begin(struct iss *iss, enum iss_trust_kind kind, const char *name,
                  const uint8_t *hash, struct iss_entry *entry)
{
    *entry = iss_entry_of(ISS_REC_TRUST);
    iss_entry_text(entry, ISS_TAG_KIND, iss_trust_kind_name(kind));
    iss_entry_text(entry, ISS_TAG_NAME, name);
    iss_entry_octets(entry, ISS_TAG_KEY_HASH, hash, ISS_HASH_SIZE);
    iss_entry_text(entry, ISS_TAG_MEMBER, iss->member);
    iss_entry_text(entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(entry, ISS_TAG_USER, iss->user);
}

/* Within a transaction: what was judged, if it is not there by now. */
static enum iss_status append(struct iss *iss,
                              const struct iss_trusted *trusted,
                              struct iss_trust_review *review,
                              struct iss_error *error)
{
    struct iss_entry entries[2];
    size_t count = 0;
    enum iss_status status = place(iss, trusted, review, error);

    if (status != ISS_OK || review->again)
        return status;
    if (review->replaces[0] != '\0' &&
        strcmp(review->replaces, review->name) != 0) {
        begin(iss, trusted->kind, review->replaces, NULL, &entries[count]);
        iss_entry_number(&entries[count++], ISS_TAG_REMOVED, 1);
    }
    begin(iss, trusted->kind, review->name, review->hash, &entries[count]);
    iss_entry_octets(&entries[count], ISS_TAG_TRUSTED, trusted->text.text,
                     trusted->text.len);
    iss_entry_text(&entries[count++], ISS_TAG_URI, trusted->uri);
    return iss_journal_append(iss, entries, count, NULL, error);
}

enum iss_status iss_trust_add(struct iss *store,
                              const struct iss_trusted *trusted,
                              struct iss_error *error)
{
    struct iss_trust_review review;
    enum iss_status status = iss_trust_check(store, trusted, &review, error);

    if (status != ISS_OK || review.again)
        return status;
    status = iss_store_begin(store->db, error);
    if (status != ISS_OK)
        return status;
    status = append(store, trusted, &review, error);
    if (status == ISS_OK)
        return iss_store_commit(store->db, error);
    iss_store_rollback(store->db);
    return status;
}

static enum iss_status drop(struct iss *iss, enum iss_trust_kind kind,
                            const char *name, struct iss_error *error)
{
    struct iss_trust_row row = {0};
    struct iss_entry entry;
    enum iss_status status = iss_store_trust_get(
        iss->db, iss_trust_kind_name(kind), name, &row, error);

    if (status == ISS_OK && row.seq == 0)
        status = iss_fail(error, ISS_USAGE, "%s: no %s \"%s\" is trusted",
                          iss->dir, iss_trust_kind_name(kind), name);
    if (status == ISS_OK) {
        begin(iss, kind, name, row.hash, &entry);
        iss_entry_number(&entry, ISS_TAG_REMOVED, 1);
        status = iss_journal_append(iss, &entry, 1, NULL, error);
    }
    iss_trust_row_clear(&row);
    return status;
}

enum iss_status iss_trust_remove(struct iss *store, enum iss_trust_kind kind,
                                 const char *name, struct iss_error *error)
{
    enum iss_status status = iss_store_begin(store->db, error);

    if (status != ISS_OK)
        return status;
    status = drop(store, kind, name, error);
    if (status == ISS_OK)
        return iss_store_commit(store->db, error);
    iss_store_rollback(store->db);
    return status;
}

/* ---- all of it -------------------------------------------------------------
 */

static enum iss_status since(struct iss *iss, struct iss_trusted *trusted,
                             struct iss_error *error)
{
    struct iss_loaded record = {0};
    enum iss_status status =
        iss_journal_load(iss->db, trusted->record, &record, error);

    if (status == ISS_OK)
        trusted->since = record.decoded.record.time;
    iss_loaded_clear(&record);
    return status;
}

enum iss_status iss_trust_each(struct iss *store, iss_trusted_fn *each,
                               void *arg, struct iss_error *error)
{
    uint64_t seq = 0;
    bool more = true;
    enum iss_status status = ISS_OK;

    while (status == ISS_OK && more) {
        struct iss_trust_row row = {0};
        struct iss_trusted trusted = {0};

        status = iss_store_trust_after(store->db, seq, &row, error);
        seq = status == ISS_OK ? row.seq : 0;
        if (seq == 0)
            break;
        if (!iss_trust_kind_find(row.kind, &trusted.kind))
            status =
                iss_fail(error, ISS_JOURNAL,
                         "store.db: table trust has a kind \"%s\"", row.kind);
        trusted.name = row.name;
        trusted.text = (struct iss_text){.text = (const char *)row.text.data,
                                         .len = row.text.len};
        trusted.uri = row.uri;
        trusted.hash = row.hash;
        trusted.record = seq;
        if (status == ISS_OK)
            status = since(store, &trusted, error);
        more = status == ISS_OK && each(arg, &trusted);
        iss_trust_row_clear(&row);
    }
    return status;
}
