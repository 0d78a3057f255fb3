/* SPDX-License-Identifier: Apache-2.0 */
/* One act: what an INTENT and its RESULT amount to, octets, signature and
 * document. How they come about: acts.c. */
#include "issue.h"

#include <stdlib.h>
#include <string.h>

#include "key.h"

/* Documents are signed as UTF-16LE, our own texts as they are. */
static bool is_text(const char *kind)
{
    return strcmp(kind, "proof") == 0 || strcmp(kind, "self-test") == 0;
}

void iss_done_clear(struct iss_done *done)
{
    free(done->octets);
    free(done->document);
    xrml_document_free(done->read);
    memset(done, 0, sizeof(*done));
}

enum iss_status iss_kind_octets(const char *kind, const char *text, size_t len,
                                uint8_t **out, size_t *out_len,
                                struct iss_error *error)
{
    if (!is_text(kind))
        return xrml_utf16le(text, len, out, out_len, error);
    *out = malloc(len + 1);
    *out_len = len;
    if (*out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(*out, text, len);
    return ISS_OK;
}

enum iss_status iss_kind_verify(OSSL_LIB_CTX *libctx, const char *kind,
                                const struct enroll_key *key,
                                const struct iss_done *done,
                                struct iss_error *error)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_kind_octets(kind, done->octets, done->len, &octets, &len, error);

    if (status == ISS_OK &&
        !iss_key_verify(libctx, key, octets, len, done->sig, done->sig_len))
        status = iss_fail(error, ISS_TOKEN,
                          "INTENT %llu: the signature that the token gave does "
                          "not verify; it was not published",
                          (unsigned long long)done->intent);
    free(octets);
    return status;
}

enum iss_status iss_done_document(const struct iss_done *done, const char *kind,
                                  char **out, size_t *len,
                                  struct iss_error *error)
{
    const char *kept = done->document;
    size_t kept_len = done->document_len;
    enum iss_status status = ISS_OK;

    *out = NULL;
    *len = 0;
    if (done->read != NULL)
        kept = xrml_text(done->read, &kept_len);
    if (kept != NULL) {
        *out = malloc(kept_len + 1);
        if (*out == NULL)
            return iss_fail(error, ISS_INTERNAL, "out of memory");
        memcpy(*out, kept, kept_len + 1);
        *len = kept_len;
        return ISS_OK;
    }
    if (!is_text(kind)) {
        status = xrml_assemble(done->octets, done->len, done->sig,
                               done->sig_len, out, error);
        *len = status == ISS_OK ? strlen(*out) : 0;
        return status;
    }
    *out = malloc(done->len + done->sig_len + 1);
    if (*out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    memcpy(*out, done->octets, done->len);
    memcpy(*out + done->len, done->sig, done->sig_len);
    *len = done->len + done->sig_len;
    (*out)[*len] = '\0';
    return ISS_OK;
}

enum iss_status iss_done_load(struct iss_store *db,
                              const struct iss_issue_row *row,
                              struct iss_done *done, struct iss_error *error)
{
    struct iss_loaded record = {0};
    const struct iss_field *field = NULL;
    enum iss_status status = iss_journal_load(db, row->intent, &record, error);

    memset(done, 0, sizeof(*done));
    const uint8_t *issuer =
        status == ISS_OK ? iss_record_octets(&record.decoded.record,
                                             ISS_TAG_ISSUER, ISS_HASH_SIZE)
                         : NULL;
    if (issuer != NULL)
        memcpy(done->issuer, issuer, ISS_HASH_SIZE);
    if (status == ISS_OK &&
        !iss_record_text(&record.decoded.record, ISS_TAG_KIND, done->kind,
                         sizeof(done->kind)))
        done->kind[0] = '\0';
    if (status == ISS_OK)
        field = iss_record_field(&record.decoded.record, ISS_TAG_SIGNED);
    if (field != NULL)
        done->octets = strndup((const char *)field->value, field->len);
    if (status == ISS_OK && done->octets == NULL)
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu holds nothing to be signed",
                          (unsigned long long)row->intent);
    done->intent = row->intent;
    done->len = field == NULL ? 0 : field->len;
    iss_loaded_clear(&record);
    if (status != ISS_OK || row->result == 0)
        goto out;
    status = iss_journal_load(db, row->result, &record, error);
    field = status == ISS_OK
                ? iss_record_field(&record.decoded.record, ISS_TAG_SIGNATURE)
                : NULL;
    if (status == ISS_OK && (field == NULL || field->len > sizeof(done->sig)))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu holds no signature",
                          (unsigned long long)row->result);
    if (status != ISS_OK)
        goto out;
    memcpy(done->sig, field->value, field->len);
    done->sig_len = field->len;
    done->result = row->result;
out:
    iss_loaded_clear(&record);
    if (status != ISS_OK)
        iss_done_clear(done);
    return status;
}

enum iss_status iss_act_find(struct iss *iss, const uint8_t *digest,
                             struct iss_done *done, struct iss_error *error)
{
    struct iss_issue_row row;
    enum iss_status status =
        iss_store_issue_by_request(iss->db, digest, &row, error);

    memset(done, 0, sizeof(*done));
    return status == ISS_OK && row.intent != 0
               ? iss_done_load(iss->db, &row, done, error)
               : status;
}

enum iss_status iss_act_newest(struct iss *iss, const char *kind,
                               struct iss_done *done, struct iss_error *error)
{
    struct iss_issue_row row;
    enum iss_status status =
        iss_store_issue_by_kind(iss->db, kind, &row, error);

    memset(done, 0, sizeof(*done));
    return status == ISS_OK && row.intent != 0 && row.closed == 0
               ? iss_done_load(iss->db, &row, done, error)
               : status;
}

/* The document of a finished act. */
static enum iss_status look_at(struct iss *iss, const struct iss_issue_row *row,
                               struct iss_issued *issued,
                               struct iss_error *error)
{
    struct iss_done done = {0};
    struct xrml_document *document = NULL;
    char *text = NULL;
    enum iss_status status = iss_done_load(iss->db, row, &done, error);

    memset(issued, 0, sizeof(*issued));
    if (status == ISS_OK)
        status = xrml_assemble(done.octets, done.len, done.sig, done.sig_len,
                               &text, error);
    if (status == ISS_OK)
        status = xrml_parse(text, strlen(text), NULL, &document, error);
    if (status == ISS_OK) {
        xrml_body_hash(document, issued->body_hash);
        issued->range = xrml_fields(document)->range;
        status = xrml_key_hash(&xrml_fields(document)->principal_key,
                               issued->subject, error);
    }
    issued->found = status == ISS_OK;
    xrml_document_free(document);
    free(text);
    iss_done_clear(&done);
    return status;
}

enum iss_status iss_issued_to(struct iss *iss, const char *guid,
                              const uint8_t *body_hash,
                              struct iss_issued *issued,
                              struct iss_error *error)
{
    struct iss_issue_row row = {0};
    struct iss_issued found;
    enum iss_status status = ISS_OK;

    memset(issued, 0, sizeof(*issued));
    for (;;) {
        status = iss_store_issue_of_guid_after(iss->db, guid, row.intent, &row,
                                               error);
        if (status != ISS_OK || row.intent == 0)
            break;
        if (row.result == 0)
            continue;
        status = look_at(iss, &row, &found, error);
        if (status != ISS_OK)
            break;
        if (body_hash == NULL ||
            memcmp(found.body_hash, body_hash, ISS_HASH_SIZE) == 0)
            *issued = found;
    }
    return status;
}
