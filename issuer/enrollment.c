/* SPDX-License-Identifier: Apache-2.0 */
/* Enrollment over an air gap: a request goes out with its proof, a chain comes
 * back. Every step may be repeated. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "issue.h"
#include "issuer.h"
#include "lock.h"
#include "pop.h"

static const char proof_kind[] = "proof";

void iss_request_clear(struct iss_request *request)
{
    free(request->text);
    free(request->proof);
    memset(request, 0, sizeof(*request));
}

void iss_import_clear(struct iss_import *import)
{
    xrml_chain_clear(&import->chain);
    memset(import, 0, sizeof(*import));
}

/* ---- export: request --------------------------------------------------------
 */

static enum iss_status name_request(const struct iss *iss,
                                    struct iss_request *request,
                                    struct iss_error *error)
{
    enum iss_status status =
        iss_sha256(request->text, request->len, request->digest, error);

    iss_words(request->digest, request->words);
    (void)snprintf(request->file_name, sizeof(request->file_name),
                   "%sEnrollRequest.xml", iss->name);
    return status;
}

static enum iss_status print_request(struct iss *iss,
                                     struct iss_request *request,
                                     struct iss_error *error)
{
    struct enroll_request fields = {
        .revocation = iss->revocation,
        .authority_count = iss->authority_count,
        .sku = "privyseal",
        .version = PRIVYSEAL_VERSION,
    };
    enum iss_status status =
        iss_handle_public(iss, ISS_KEY_LICENSOR, &fields.key, error);

    if (iss->authority_count > 0)
        memcpy(fields.authorities, iss->authorities,
               iss->authority_count * sizeof(fields.authorities[0]));
    memcpy(fields.guid, iss->guid, sizeof(fields.guid));
    memcpy(fields.name, iss->name, sizeof(fields.name));
    memcpy(fields.url, iss->url, sizeof(fields.url));
    if (status == ISS_OK)
        status =
            enroll_request_print(&fields, &request->text, &request->len, error);
    return status == ISS_OK ? name_request(iss, request, error) : status;
}

/* ---- export: proof ----------------------------------------------------------
 */

static enum iss_status read_birth(struct iss *iss, struct iss_pop *pop,
                                  struct iss_error *error)
{
    struct iss_key_row row;
    struct iss_loaded record = {0};
    char born[ISS_BORN_SIZE] = "";
    enum iss_status status = iss_store_key_get(
        iss->db, iss_purpose_name(ISS_KEY_LICENSOR), &row, error);

    if (status == ISS_OK)
        status = iss_journal_load(iss->db, row.seq, &record, error);
    if (status == ISS_OK &&
        (!iss_record_text(&record.decoded.record, ISS_TAG_BORN, born,
                          sizeof(born)) ||
         (born[0] != '\0' && !iss_pop_born_parse(born, strlen(born), pop))))
        status = iss_fail(error, ISS_JOURNAL,
                          "journal: record %llu: birth facts of unknown form",
                          (unsigned long long)row.seq);
    iss_loaded_clear(&record);
    iss_key_row_clear(&row);
    return status;
}

static enum iss_status address(struct iss *iss, struct iss_pop *pop,
                               struct iss_error *error)
{
    struct xrml_anchors *anchors = NULL;
    enum iss_status status = iss_anchors(iss, &anchors, error);
    size_t count = status == ISS_OK ? xrml_anchors_count(anchors) : 0;

    for (size_t i = 0; i < count && i < ISS_POP_ISSUERS && status == ISS_OK;
         i++) {
        status =
            xrml_key_hash(xrml_anchor_key(anchors, i), pop->issuers[i], error);
        pop->issuer_count++;
    }
    xrml_anchors_free(anchors);
    return status;
}

/* A proof's text for this request, as new as the clock. */
static enum iss_status compose(struct iss *iss,
                               const struct iss_request *request, int64_t now,
                               char **text, size_t *len,
                               struct iss_error *error)
{
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    enum iss_status status = ISS_INTERNAL;

    if (pop == NULL)
        return iss_fail(error, status, "out of memory");
    pop->op = request->op;
    pop->created = now;
    pop->expires = now + (int64_t)ISS_POP_DAYS * ISS_CLOCK_DAY;
    memcpy(pop->request, request->digest, sizeof(pop->request));
    if (RAND_bytes(pop->nonce, sizeof(pop->nonce)) != 1)
        (void)iss_fail(error, status, "no random numbers");
    else
        status = read_birth(iss, pop, error);
    if (status == ISS_OK)
        status = address(iss, pop, error);
    if (status == ISS_OK)
        status = iss_pop_print(pop, text, len, error);
    free(pop);
    return status;
}

/* A proof that an interrupted export has begun: *text gets it where it is of
 * this request and still good; else it is closed for good. */
static enum iss_status take_up(struct iss *iss,
                               const struct iss_request *request, int64_t now,
                               char **text, size_t *len,
                               struct iss_error *error)
{
    struct iss_pop *pop = NULL;
    struct iss_done done = {0};
    uint64_t exported = 0;
    enum iss_status status = iss_act_newest(iss, proof_kind, &done, error);

    if (status == ISS_OK)
        status = iss_store_newest(iss->db, ISS_REC_EXPORT, 0, &exported, error);
    if (status != ISS_OK || done.intent == 0 || done.intent < exported)
        goto out;
    pop = calloc(1, sizeof(*pop));
    if (pop == NULL) {
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
        goto out;
    }
    if (iss_pop_parse_signed(done.octets, done.len, pop, NULL) == ISS_OK &&
        pop->op == request->op && now < pop->expires &&
        memcmp(pop->request, request->digest, ISS_HASH_SIZE) == 0) {
        *text = done.octets;
        *len = done.len;
        done.octets = NULL;
    } else if (done.result == 0) {
        struct iss_entry entry = iss_entry_of(ISS_REC_VOID);

        iss_entry_number(&entry, ISS_TAG_INTENT, done.intent);
        iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
        iss_entry_text(&entry, ISS_TAG_USER, iss->user);
        iss_entry_text(&entry, ISS_TAG_CAUSE, "a newer request replaces it");
        status = iss_journal_write(iss, &entry, 1, NULL, error);
    }
out:
    free(pop);
    iss_done_clear(&done);
    return status;
}

static enum iss_status sign_proof(struct iss *iss, struct iss_request *request,
                                  const char *text, size_t len,
                                  uint8_t digest[static ISS_HASH_SIZE],
                                  struct iss_error *error)
{
    char line[ISS_SIG_LINE_SIZE];
    struct enroll_key key;
    struct iss_done done = {0};
    enum iss_status status = iss_sha256(text, len, digest, error);
    const struct iss_act act = {.kind = proof_kind,
                                .digest = digest,
                                .signer = ISS_KEY_LICENSOR,
                                .octets = text,
                                .len = len};

    if (status == ISS_OK)
        status = iss_act_perform(iss, &act, &done, error);
    if (status == ISS_OK)
        status = iss_handle_public(iss, ISS_KEY_LICENSOR, &key, error);
    if (status == ISS_OK)
        status = iss_note_sig_print("subject", &key, done.sig, done.sig_len,
                                    line, error);
    iss_done_clear(&done);
    if (status != ISS_OK)
        return status;
    int n = asprintf(&request->proof, "%s%send\n", text, line);
    if (n < 0) {
        request->proof = NULL;
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    request->proof_len = (size_t)n;
    return ISS_OK;
}

/* ---- export
 * ------------------------------------------------------------------ */

static enum iss_status make_request(struct iss *iss,
                                    struct iss_request *request, int64_t now,
                                    struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_EXPORT);
    uint8_t digest[ISS_HASH_SIZE];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status = print_request(iss, request, error);

    if (status == ISS_OK)
        status = take_up(iss, request, now, &text, &len, error);
    if (status == ISS_OK && text == NULL)
        status = compose(iss, request, now, &text, &len, error);
    if (status == ISS_OK)
        status = sign_proof(iss, request, text, len, digest, error);
    free(text);
    if (status != ISS_OK)
        return status;
    iss_entry_text(&entry, ISS_TAG_OP, iss_op_name(request->op));
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    iss_entry_octets(&entry, ISS_TAG_FILE_HASH, request->digest,
                     sizeof(request->digest));
    iss_entry_octets(&entry, ISS_TAG_REQUEST, request->text, request->len);
    iss_entry_octets(&entry, ISS_TAG_PROOF, request->proof, request->proof_len);
    iss_entry_text(&entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(&entry, ISS_TAG_USER, iss->user);
    return iss_journal_write(iss, &entry, 1, NULL, error);
}

/* The pending request as it was written, where its proof is still good. */
static enum iss_status repeat(struct iss *iss, struct iss_request *request,
                              int64_t now, struct iss_error *error)
{
    struct iss_pending_row pending;
    struct iss_pop *pop = calloc(1, sizeof(*pop));
    enum iss_status status = iss_store_pending_get(iss->db, &pending, error);

    if (status == ISS_OK && pop == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK || pending.op == NULL ||
        iss_pop_parse((const char *)pending.proof.data, pending.proof.len, pop,
                      NULL) != ISS_OK ||
        now >= pop->expires)
        goto out;
    if (pop->op != request->op) {
        status = iss_fail(error, ISS_CONFLICT,
                          "a request of op %s is pending: import its answer or "
                          "abandon it",
                          pending.op);
        goto out;
    }
    request->text = (char *)pending.request.data;
    request->len = pending.request.len;
    request->proof = (char *)pending.proof.data;
    request->proof_len = pending.proof.len;
    request->again = true;
    pending.request.data = NULL;
    pending.proof.data = NULL;
    status = name_request(iss, request, error);
out:
    free(pop);
    iss_pending_row_clear(&pending);
    return status;
}

enum iss_status iss_export(struct iss *store, enum iss_op op,
                           struct iss_request *request, struct iss_error *error)
{
    int64_t now = 0;

    memset(request, 0, sizeof(*request));
    request->op = op;
    if (store->role == ISS_AUTHORITY)
        return iss_fail(error, ISS_USAGE,
                        "%s: an authority is not enrolled, it enrolls others",
                        store->dir);
    if (op != ISS_ENROLL)
        return iss_fail(error, ISS_USAGE, "%s: no request of op %s is made",
                        store->dir, iss_op_name(op));
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = iss_journal_time(store, &now, &cause);
    if (status == ISS_CLOCK)
        iss_journal_clock(store, cause.text);
    if (status == ISS_OK)
        status = iss_lock_take(store->lock, ISS_LOCK_MAKING, &cause);
    if (status != ISS_OK)
        return iss_fail(error, status, "%s", cause.text);
    status = repeat(store, request, now, error);
    if (status == ISS_OK && !request->again)
        status = make_request(store, request, now, error);
    iss_lock_drop(store->lock, ISS_LOCK_MAKING);
    if (status != ISS_OK)
        iss_request_clear(request);
    return status;
}

enum iss_status iss_abandon(struct iss *store, struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    struct iss_pending_row pending;
    uint8_t digest[ISS_HASH_SIZE];
    enum iss_status status = iss_store_pending_get(store->db, &pending, error);

    if (status == ISS_OK && pending.op == NULL)
        status = iss_fail(error, ISS_CONFLICT, "%s: no request is pending",
                          store->dir);
    if (status == ISS_OK)
        status = iss_sha256(pending.request.data, pending.request.len, digest,
                            error);
    iss_pending_row_clear(&pending);
    if (status != ISS_OK)
        return status;
    iss_entry_octets(&entry, ISS_TAG_DIGEST, digest, sizeof(digest));
    iss_entry_text(&entry, ISS_TAG_HOST, store->host);
    iss_entry_text(&entry, ISS_TAG_USER, store->user);
    iss_entry_text(&entry, ISS_TAG_CAUSE, "request abandoned");
    return iss_journal_write(store, &entry, 1, NULL, error);
}
