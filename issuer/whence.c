/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a document came from: its body hash leads to the INTENT that signed it,
 * the INTENT to its RESULT and to the ADMIT that was written with it.
 */
#include <stdlib.h>
#include <string.h>

#include "journal.h"

/* Texts of a record that are longer than their place are shown cut: they were
 * bounded when they were written, by limits that may since have grown. */
static void take_text(const struct iss_record *record, enum iss_tag tag,
                      char *out, size_t size)
{
    const struct iss_field *field = iss_record_field(record, tag);

    if (field == NULL)
        return;
    size_t len = field->len < size ? field->len : size - 1;
    memcpy(out, field->value, len);
    out[len] = '\0';
}

static void take_hash(const struct iss_record *record, enum iss_tag tag,
                      uint8_t out[static ISS_HASH_SIZE])
{
    const uint8_t *hash = iss_record_octets(record, tag, ISS_HASH_SIZE);

    if (hash != NULL)
        memcpy(out, hash, ISS_HASH_SIZE);
}

/* INTENT first, then ADMIT, which knows who asked. */
static void take_record(const struct iss_record *record,
                        struct iss_origin *origin)
{
    const struct {
        enum iss_tag tag;
        char *out;
        size_t size;
    } texts[] = {
        {ISS_TAG_KIND, origin->kind, sizeof(origin->kind)},
        {ISS_TAG_DOCUMENT, origin->document, sizeof(origin->document)},
        {ISS_TAG_OP, origin->op, sizeof(origin->op)},
        {ISS_TAG_PRINCIPAL, origin->principal, sizeof(origin->principal)},
        {ISS_TAG_PROVEN, origin->proven, sizeof(origin->proven)},
        {ISS_TAG_GUID, origin->guid, sizeof(origin->guid)},
        {ISS_TAG_NAME, origin->name, sizeof(origin->name)},
        {ISS_TAG_URL, origin->url, sizeof(origin->url)},
        {ISS_TAG_HOST, origin->host, sizeof(origin->host)},
        {ISS_TAG_USER, origin->user, sizeof(origin->user)},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        take_text(record, texts[i].tag, texts[i].out, texts[i].size);
    take_hash(record, ISS_TAG_SUBJECT, origin->subject);
    take_hash(record, ISS_TAG_ISSUER, origin->issuer);
    take_hash(record, ISS_TAG_ACL_HASH, origin->acl_hash);
    if (iss_record_field(record, ISS_TAG_ACL_LINE) != NULL)
        origin->acl_line =
            (unsigned)iss_record_number(record, ISS_TAG_ACL_LINE);
}

/* ADMIT stands in the same transaction, right before its INTENT. */
static enum iss_status take_admit(struct iss *iss,
                                  const struct iss_record *intent,
                                  struct iss_origin *origin,
                                  struct iss_error *error)
{
    struct iss_loaded admit = {0};
    const uint8_t *digest =
        iss_record_octets(intent, ISS_TAG_DIGEST, ISS_HASH_SIZE);
    enum iss_status status = ISS_OK;

    if (intent->seq < 2 || digest == NULL)
        return ISS_OK;
    status = iss_journal_load(iss->db, intent->seq - 1, &admit, error);
    if (status == ISS_OK) {
        const struct iss_record *record = &admit.decoded.record;
        const uint8_t *asked =
            iss_record_octets(record, ISS_TAG_DIGEST, ISS_HASH_SIZE);

        if (record->type == ISS_REC_ADMIT && asked != NULL &&
            memcmp(asked, digest, ISS_HASH_SIZE) == 0) {
            origin->admit = record->seq;
            take_record(record, origin);
        }
    }
    iss_loaded_clear(&admit);
    return status;
}

static enum iss_status take_key(struct iss *iss, struct iss_origin *origin,
                                struct iss_error *error)
{
    struct iss_key_row row = {0};
    enum iss_status status =
        iss_store_key_by_hash(iss->db, origin->issuer, &row, error);

    if (status == ISS_OK && row.uri != NULL) {
        size_t len = strlen(row.uri);

        if (len >= sizeof(origin->key_uri))
            len = sizeof(origin->key_uri) - 1;
        memcpy(origin->key_uri, row.uri, len);
        origin->key_uri[len] = '\0';
    }
    iss_key_row_clear(&row);
    return status;
}

static enum iss_status not_ours(struct iss *iss, const uint8_t *body_hash,
                                struct iss_error *error)
{
    uint64_t generation = 0;
    enum iss_status status =
        iss_store_slc_by_hash(iss->db, body_hash, &generation, error);

    if (status != ISS_OK)
        return status;
    if (generation != 0)
        return iss_fail(error, ISS_CONFLICT,
                        "%s: this is the store's own certificate of "
                        "generation %llu, which somebody else issued",
                        iss->dir, (unsigned long long)generation);
    return iss_fail(error, ISS_CONFLICT,
                    "%s: no document of this body hash was issued here",
                    iss->dir);
}

enum iss_status iss_whence(struct iss *store,
                           const uint8_t body_hash[static 32],
                           struct iss_origin *origin, struct iss_error *error)
{
    struct iss_issue_row row = {0};
    struct iss_loaded intent = {0};
    struct iss_loaded result = {0};
    enum iss_status status =
        iss_store_issue_by_body(store->db, body_hash, &row, error);

    memset(origin, 0, sizeof(*origin));
    if (status == ISS_OK && row.intent == 0)
        return not_ours(store, body_hash, error);
    if (status == ISS_OK)
        status = iss_journal_load(store->db, row.intent, &intent, error);
    if (status == ISS_OK)
        status = iss_journal_load(store->db, row.result, &result, error);
    if (status != ISS_OK)
        goto out;
    origin->intent = row.intent;
    origin->result = row.result;
    origin->time = result.decoded.record.time;
    take_record(&intent.decoded.record, origin);
    status = take_admit(store, &intent.decoded.record, origin, error);
    if (status == ISS_OK)
        status = take_key(store, origin, error);
out:
    iss_loaded_clear(&intent);
    iss_loaded_clear(&result);
    return status;
}
