/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record means for the tables. The same function runs when a record is
 * appended and when the tables are recomputed, so that they can say nothing
 * which the journal does not.
 */
#include "journal.h"

#include <stdlib.h>
#include <string.h>

#include "issue.h"

enum {
    URL_SIZE = ENROLL_URL_MAX + 1,
    NAME_SIZE = 4 * ENROLL_NAME_MAX + 1,
    SMALL = 64
};

static enum iss_status bad_form(const struct iss_record *record,
                                struct iss_error *error)
{
    return iss_fail(error, ISS_JOURNAL,
                    "journal: record %llu: %s lacks a field or has a wrong one",
                    (unsigned long long)record->seq, record->type_name);
}

/* Borrowed octets of a field, as the store wants them. */
static struct iss_octets view(const struct iss_record *record, enum iss_tag tag)
{
    const struct iss_field *field = iss_record_field(record, tag);

    if (field == NULL)
        return (struct iss_octets){0};
    /* the store copies and never writes through it */
    return (struct iss_octets){.data = (uint8_t *)(uintptr_t)field->value,
                               .len = field->len};
}

static enum iss_status apply_key(struct iss_store *db,
                                 const struct iss_record *record,
                                 struct iss_error *error)
{
    char uri[ISS_URI_MAX];
    struct iss_key_row row = {.seq = record->seq, .uri = uri};
    const uint8_t *id = iss_record_octets(record, ISS_TAG_ID, ISS_ID_SIZE);
    const uint8_t *hash =
        iss_record_octets(record, ISS_TAG_KEY_HASH, ISS_HASH_SIZE);

    row.spki = view(record, ISS_TAG_SPKI);
    if (id == NULL || hash == NULL || row.spki.data == NULL ||
        !iss_record_text(record, ISS_TAG_URI, uri, sizeof(uri)) ||
        !iss_record_text(record, ISS_TAG_PURPOSE, row.purpose,
                         sizeof(row.purpose)))
        return bad_form(record, error);
    memcpy(row.id, id, sizeof(row.id));
    memcpy(row.hash, hash, sizeof(row.hash));
    return iss_store_key_put(db, &row, error);
}

static enum iss_status apply_export(struct iss_store *db,
                                    const struct iss_record *record,
                                    struct iss_error *error)
{
    char op[SMALL];
    const struct iss_pending_row row = {.op = op,
                                        .request =
                                            view(record, ISS_TAG_REQUEST),
                                        .proof = view(record, ISS_TAG_PROOF),
                                        .seq = record->seq};

    if (!iss_record_text(record, ISS_TAG_OP, op, sizeof(op)) ||
        row.request.data == NULL || row.proof.data == NULL)
        return bad_form(record, error);
    return iss_store_pending_put(db, &row, error);
}

static enum iss_status apply_import(struct iss_store *db,
                                    const struct iss_record *record,
                                    struct iss_error *error)
{
    const uint8_t *after =
        iss_record_octets(record, ISS_TAG_AFTER, ISS_HASH_SIZE);
    struct iss_slc_row row = {.generation =
                                  iss_record_number(record, ISS_TAG_GENERATION),
                              .chain = view(record, ISS_TAG_CHAIN),
                              .seq = record->seq};

    if (after == NULL || row.chain.data == NULL)
        return bad_form(record, error);
    memcpy(row.body_hash, after, sizeof(row.body_hash));
    const uint8_t *subject =
        iss_record_octets(record, ISS_TAG_SUBJECT, ISS_HASH_SIZE);
    enum iss_status status = iss_store_slc_put(db, &row, error);
    if (status == ISS_OK && subject != NULL)
        status = iss_store_key_promote(db, subject, error);
    return status == ISS_OK ? iss_store_pending_drop(db, error) : status;
}

/* What an access list has let in counts against its quotas. */
static enum iss_status count_admission(struct iss_store *db,
                                       const struct iss_record *record,
                                       struct iss_error *error)
{
    char principal[SMALL + 1];
    char op[SMALL];
    char guid[SMALL];
    const struct iss_admit_row row = {
        .seq = record->seq,
        .principal = principal,
        .op = op,
        .guid = guid,
        .time = record->time,
        .until = (int64_t)iss_record_number(record, ISS_TAG_UNTIL)};

    if (!iss_record_text(record, ISS_TAG_PRINCIPAL, principal,
                         sizeof(principal)) ||
        !iss_record_text(record, ISS_TAG_OP, op, sizeof(op)) ||
        !iss_record_text(record, ISS_TAG_GUID, guid, sizeof(guid)) ||
        principal[0] == '\0' || op[0] == '\0' || guid[0] == '\0')
        return bad_form(record, error);
    return iss_store_admit_put(db, &row, error);
}

static enum iss_status apply_admit(struct iss_store *db,
                                   const struct iss_record *record,
                                   struct iss_error *error)
{
    const uint8_t *digest =
        iss_record_octets(record, ISS_TAG_DIGEST, ISS_HASH_SIZE);
    const struct iss_octets nonce = view(record, ISS_TAG_NONCE);

    if (digest == NULL)
        return bad_form(record, error);
    enum iss_status status =
        nonce.data == NULL ? ISS_OK
                           : iss_store_nonce_put(db, &nonce, digest, error);
    return status == ISS_OK &&
                   iss_record_field(record, ISS_TAG_ACL_HASH) != NULL
               ? count_admission(db, record, error)
               : status;
}

/* A GUID changes its key by op rekey only; whoever is late is told so here,
 * within the transaction, whatever was seen before it. */
static enum iss_status check_guid(struct iss_store *db,
                                  const struct iss_record *record,
                                  const struct iss_subject *place,
                                  struct iss_error *error)
{
    char op[SMALL];
    struct iss_octets present = {0};
    enum iss_status status =
        iss_store_key_of_guid(db, place->guid, &present, error);

    if (status == ISS_OK && present.data != NULL &&
        (present.len != ISS_HASH_SIZE ||
         memcmp(present.data, place->hash, ISS_HASH_SIZE) != 0) &&
        (!iss_record_text(record, ISS_TAG_OP, op, sizeof(op)) ||
         strcmp(op, "rekey") != 0))
        status = iss_fail(error, ISS_CONFLICT,
                          "GUID %s was certified for another key", place->guid);
    free(present.data);
    return status;
}

/* What names the thing that is signed: of a certificate its body hash. */
static enum iss_status hash_signed(const struct iss_record *record,
                                   const char *kind,
                                   uint8_t hash[static ISS_HASH_SIZE],
                                   struct iss_error *error)
{
    const struct iss_field *text = iss_record_field(record, ISS_TAG_SIGNED);
    uint8_t *octets = NULL;
    size_t len = 0;

    if (text == NULL ||
        iss_kind_octets(kind, (const char *)text->value, text->len, &octets,
                        &len, NULL) != ISS_OK)
        return bad_form(record, error);
    enum iss_status status = iss_sha256(octets, len, hash, error);
    free(octets);
    return status;
}

static enum iss_status apply_intent(struct iss_store *db,
                                    const struct iss_record *record,
                                    struct iss_error *error)
{
    char kind[SMALL];
    char document[SMALL];
    char guid[SMALL];
    char url[URL_SIZE];
    char principal[NAME_SIZE]; /* of a license a mail address */
    uint8_t body[ISS_HASH_SIZE];
    const uint8_t *subject =
        iss_record_octets(record, ISS_TAG_SUBJECT, ISS_HASH_SIZE);
    struct iss_issue_new row = {
        .intent = record->seq,
        .request = iss_record_octets(record, ISS_TAG_DIGEST, ISS_HASH_SIZE),
        .body = body,
        .kind = kind};

    if (row.request == NULL ||
        !iss_record_text(record, ISS_TAG_KIND, kind, sizeof(kind)) ||
        !iss_record_text(record, ISS_TAG_DOCUMENT, document,
                         sizeof(document)) ||
        !iss_record_text(record, ISS_TAG_GUID, guid, sizeof(guid)) ||
        !iss_record_text(record, ISS_TAG_URL, url, sizeof(url)) ||
        !iss_record_text(record, ISS_TAG_PRINCIPAL, principal,
                         sizeof(principal)))
        return bad_form(record, error);
    row.document = document[0] == '\0' ? NULL : document;
    row.guid = guid[0] == '\0' ? NULL : guid;
    enum iss_status status = hash_signed(record, kind, body, error);
    if (status == ISS_OK)
        status = iss_store_issue_put(db, &row, error);
    /* a URL marks a certificate for somebody else */
    if (status != ISS_OK || url[0] == '\0')
        return status;
    const struct iss_subject place = {.hash = subject,
                                      .guid = guid,
                                      .url = url,
                                      .principal = principal,
                                      .seq = record->seq};
    if (subject == NULL || row.guid == NULL)
        return bad_form(record, error);
    status = check_guid(db, record, &place, error);
    return status == ISS_OK ? iss_store_subject_put(db, &place, error) : status;
}

static enum iss_status apply_result(struct iss_store *db,
                                    const struct iss_record *record,
                                    struct iss_error *error)
{
    return iss_store_issue_result(db, iss_record_number(record, ISS_TAG_INTENT),
                                  record->seq, error);
}

/* Closes an INTENT, a pending request with the pair that it had made, or a
 * KEYGEN. */
static enum iss_status apply_void(struct iss_store *db,
                                  const struct iss_record *record,
                                  struct iss_error *error)
{
    uint64_t intent = iss_record_number(record, ISS_TAG_INTENT);
    const uint8_t *id = iss_record_octets(record, ISS_TAG_ID, ISS_ID_SIZE);
    enum iss_status status = ISS_OK;

    if (intent != 0)
        return iss_store_issue_close(db, intent, record->seq, error);
    if (id != NULL)
        status = iss_store_key_give_up(db, id, error);
    if (status == ISS_OK && iss_record_field(record, ISS_TAG_DIGEST) != NULL)
        status = iss_store_pending_drop(db, error);
    return status;
}

static enum iss_status apply_member(struct iss_store *db,
                                    const struct iss_record *record,
                                    struct iss_error *error)
{
    char name[NAME_SIZE];
    char guid[SMALL];
    char host[NAME_SIZE];
    char uri[ISS_URI_MAX];
    const struct iss_member_row row = {.name = name,
                                       .guid = guid,
                                       .host = host,
                                       .uri = uri,
                                       .seq = record->seq};

    if (!iss_record_text(record, ISS_TAG_MEMBER, name, sizeof(name)) ||
        !iss_record_text(record, ISS_TAG_GUID, guid, sizeof(guid)) ||
        !iss_record_text(record, ISS_TAG_HOST, host, sizeof(host)) ||
        !iss_record_text(record, ISS_TAG_URI, uri, sizeof(uri)) ||
        name[0] == '\0' || guid[0] == '\0' || uri[0] == '\0')
        return bad_form(record, error);
    return iss_store_member_put(db, &row, error);
}

/* One without a kind is of init: its anchors stand in a file of their own. */
static enum iss_status apply_trust(struct iss_store *db,
                                   const struct iss_record *record,
                                   struct iss_error *error)
{
    char kind[SMALL];
    char name[NAME_SIZE];
    char uri[ISS_URI_MAX];
    const uint8_t *hash =
        iss_record_octets(record, ISS_TAG_KEY_HASH, ISS_HASH_SIZE);
    struct iss_trust_row row = {.kind = kind,
                                .name = name,
                                .text = view(record, ISS_TAG_TRUSTED),
                                .uri = uri,
                                .seq = record->seq};

    if (iss_record_field(record, ISS_TAG_KIND) == NULL)
        return ISS_OK;
    if (!iss_record_text(record, ISS_TAG_KIND, kind, sizeof(kind)) ||
        !iss_record_text(record, ISS_TAG_NAME, name, sizeof(name)) ||
        !iss_record_text(record, ISS_TAG_URI, uri, sizeof(uri)) ||
        kind[0] == '\0' || name[0] == '\0')
        return bad_form(record, error);
    if (iss_record_number(record, ISS_TAG_REMOVED) != 0)
        return iss_store_trust_drop(db, kind, name, error);
    if (row.text.data == NULL || hash == NULL)
        return bad_form(record, error);
    memcpy(row.hash, hash, sizeof(row.hash));
    return iss_store_trust_put(db, &row, error);
}

static enum iss_status apply_account(struct iss_store *db,
                                     const struct iss_record *record,
                                     struct iss_error *error)
{
    char user[NAME_SIZE];
    const uint8_t *hash =
        iss_record_octets(record, ISS_TAG_KEY_HASH, ISS_HASH_SIZE);
    struct iss_account_row row = {.user = user,
                                  .spki = view(record, ISS_TAG_SPKI),
                                  .sealed = view(record, ISS_TAG_SEALED),
                                  .seq = record->seq};

    if (!iss_record_text(record, ISS_TAG_ACCOUNT, user, sizeof(user)) ||
        user[0] == '\0' || hash == NULL || row.spki.data == NULL ||
        row.sealed.data == NULL)
        return bad_form(record, error);
    memcpy(row.hash, hash, sizeof(row.hash));
    return iss_store_account_put(db, &row, error);
}

static const struct {
    unsigned type;
    enum iss_status (*apply)(struct iss_store *db,
                             const struct iss_record *record,
                             struct iss_error *error);
} rows[] = {
    {ISS_REC_KEY, apply_key},       {ISS_REC_EXPORT, apply_export},
    {ISS_REC_IMPORT, apply_import}, {ISS_REC_ADMIT, apply_admit},
    {ISS_REC_INTENT, apply_intent}, {ISS_REC_RESULT, apply_result},
    {ISS_REC_VOID, apply_void},     {ISS_REC_MEMBER, apply_member},
    {ISS_REC_TRUST, apply_trust},   {ISS_REC_ACCOUNT, apply_account},
};

enum iss_status iss_index_apply(struct iss_store *db,
                                const struct iss_record *record,
                                struct iss_error *error)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].type == record->type)
            return rows[i].apply(db, record, error);
    return ISS_OK;
}
