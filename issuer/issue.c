/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only file that knows the order of an issuance: ADMIT and INTENT, durable;
 * signature; verification in software; RESULT, durable; answer. Nothing that
 * has no RESULT is ever handed out.
 */
#include "issue.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "checkpoint.h"
#include "clock.h"
#include "key.h"
#include "lock.h"
#include "policy.h"
#include "profile.h"

static const char slc_kind[] = "slc";

/* ---- one act ------------------------------------------------------------ */

/* Opens the key before anything is promised, so that a token which is away
 * leaves no open INTENT behind. */
static enum iss_status append_intent(struct iss *iss, const struct iss_act *act,
                                     const struct enroll_key *issuer,
                                     struct iss_error *error)
{
    struct iss_entry entries[2];
    size_t count = 0;
    uint8_t issuer_hash[ISS_HASH_SIZE];
    enum iss_status status = iss_key_hash(issuer, issuer_hash, error);

    if (status != ISS_OK)
        return status;
    if (act->admit != NULL)
        entries[count++] = *act->admit;
    struct iss_entry *intent = &entries[count++];
    *intent = iss_entry_of(ISS_REC_INTENT);
    iss_entry_text(intent, ISS_TAG_KIND, act->kind);
    iss_entry_octets(intent, ISS_TAG_DIGEST, act->digest, ISS_HASH_SIZE);
    iss_entry_text(intent, ISS_TAG_OP, act->op);
    iss_entry_text(intent, ISS_TAG_DOCUMENT, act->document);
    iss_entry_text(intent, ISS_TAG_GUID, act->guid);
    iss_entry_text(intent, ISS_TAG_URL, act->url);
    iss_entry_text(intent, ISS_TAG_PRINCIPAL, act->principal);
    iss_entry_octets(intent, ISS_TAG_SUBJECT, act->subject, ISS_HASH_SIZE);
    iss_entry_octets(intent, ISS_TAG_ISSUER, issuer_hash, ISS_HASH_SIZE);
    iss_entry_octets(intent, ISS_TAG_SIGNED, act->octets, act->len);
    return iss_journal_append(iss, entries, count, NULL, error);
}

/* Finds the act of this digest or begins it: one of many callers begins. */
static enum iss_status begin(struct iss *iss, const struct iss_act *act,
                             const struct enroll_key *issuer,
                             struct iss_issue_row *row, struct iss_error *error)
{
    int64_t now = 0;
    enum iss_status status = iss_store_begin(iss->db, error);

    if (status != ISS_OK)
        return status;
    status = iss_store_issue_by_request(iss->db, act->digest, row, error);
    if (status != ISS_OK || row->intent != 0)
        goto out;
    status = iss_journal_time(iss, &now, error);
    if (status == ISS_OK)
        status = append_intent(iss, act, issuer, error);
    if (status == ISS_OK)
        status = iss_store_issue_by_request(iss->db, act->digest, row, error);
    if (status == ISS_OK)
        return iss_store_commit(iss->db, error);
out:
    iss_store_rollback(iss->db);
    if (status == ISS_OK && row->closed != 0)
        status = iss_fail(error, ISS_CONFLICT,
                          "INTENT %llu of this request was closed for good",
                          (unsigned long long)row->intent);
    return status;
}

static enum iss_status append_result(struct iss *iss, const char *kind,
                                     struct iss_done *done,
                                     struct iss_error *error)
{
    struct iss_entry entry = iss_entry_of(ISS_REC_RESULT);
    uint8_t hash[ISS_HASH_SIZE];
    char *document = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_done_document(done, kind, &document, &len, error);

    if (status == ISS_OK)
        status = iss_sha256(document, len, hash, error);
    free(document);
    if (status != ISS_OK)
        return status;
    iss_entry_number(&entry, ISS_TAG_INTENT, done->intent);
    iss_entry_octets(&entry, ISS_TAG_SIGNATURE, done->sig, done->sig_len);
    iss_entry_octets(&entry, ISS_TAG_WHOLE_HASH, hash, sizeof(hash));
    return iss_journal_write(iss, &entry, 1, &done->result, error);
}

/* Signs the octets of an INTENT that no other process is signing now. */
static enum iss_status finish(struct iss *iss, const struct iss_act *act,
                              const struct iss_issue_row *row, EVP_PKEY *key,
                              const struct enroll_key *issuer,
                              struct iss_done *done, struct iss_error *error)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    enum iss_status status = iss_done_load(iss->db, row, done, error);

    done->again = row->result != 0;
    if (status != ISS_OK || done->again)
        return status;
    status = iss_kind_octets(act->kind, done->octets, done->len, &octets, &len,
                             error);
    if (status == ISS_OK)
        status = iss_key_sign(&iss->env, key, octets, len, done->sig,
                              &done->sig_len, error);
    iss->token_failed = iss->token_failed || status != ISS_OK;
    free(octets);
    if (status == ISS_OK)
        status =
            iss_kind_verify(iss->env.libctx, act->kind, issuer, done, error);
    if (status == ISS_OK)
        status = append_result(iss, act->kind, done, error);
    return status;
}

enum iss_status iss_act_perform(struct iss *iss, const struct iss_act *act,
                                struct iss_done *done, struct iss_error *error)
{
    struct iss_issue_row row = {0};
    struct enroll_key issuer;
    EVP_PKEY *key = NULL;
    enum iss_status status =
        iss_handle_key(iss, act->signer, &key, &issuer, error);

    memset(done, 0, sizeof(*done));
    if (status == ISS_OK)
        status = begin(iss, act, &issuer, &row, error);
    if (status != ISS_OK)
        return status;
    status = iss_lock_take(iss->lock, row.intent, error);
    if (status != ISS_OK)
        return status;
    /* whoever held the lock may have finished it */
    status = iss_store_issue_by_intent(iss->db, row.intent, &row, error);
    if (status == ISS_OK)
        status = finish(iss, act, &row, key, &issuer, done, error);
    iss_lock_drop(iss->lock, row.intent);
    if (status != ISS_OK)
        iss_done_clear(done);
    return status;
}

/* ---- one request -------------------------------------------------------- */

struct office { /* what signs: the Enrollment Service and what is above it */
    char *texts[ISS_AUTHORITY_DOCUMENTS];
    struct xrml_document *esc;
};

static void office_clear(struct office *office)
{
    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS; i++)
        free(office->texts[i]);
    xrml_document_free(office->esc);
}

static enum iss_status office_open(struct iss *iss, struct office *office,
                                   struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    memset(office, 0, sizeof(*office));
    if (iss->role != ISS_AUTHORITY)
        return iss_fail(error, ISS_REFUSED,
                        "%s: role %s signs no server's certificate", iss->dir,
                        iss_role_name(iss->role));
    status = iss_authority_documents(iss, office->texts, error);
    if (status == ISS_OK)
        status = xrml_parse(office->texts[0], strlen(office->texts[0]), NULL,
                            &office->esc, error);
    return status;
}

static struct iss_case case_of(struct iss *iss, const struct iss_order *order,
                               struct iss_answer *answer)
{
    return (struct iss_case){.libctx = iss->env.libctx,
                             .iss = iss,
                             .text = order->text,
                             .len = order->len,
                             .proof = order->proof,
                             .proof_len = order->proof_len,
                             .without_proof = order->without_proof,
                             .verdict = &answer->verdict};
}

/* Judges, and builds the BODY that would be signed. */
static enum iss_status
prepare(struct iss *iss, struct iss_case *matter, const struct iss_order *order,
        const struct office *office, struct iss_answer *answer,
        char guid[static XRML_GUID_SIZE], struct iss_error *error)
{
    struct iss_policy policy;
    enum iss_status status = iss_policy_load(iss, order, &policy, error);

    matter->policy = &policy;
    if (status == ISS_OK)
        status = iss_journal_time(iss, &matter->now, error);
    if (status == ISS_OK)
        status = iss_case_judge(matter, error);
    if (status == ISS_OK)
        status = iss_guid_new(guid, error);
    matter->policy = NULL;
    if (status != ISS_OK)
        return status;
    const struct iss_slc_order slc = {
        .request = &answer->verdict.request,
        .issuer = xrml_fields(office->esc),
        .now = matter->now,
        .days = order->days,
        .years = policy.years > 0 ? policy.years : iss->conf.slc_years,
        .guid = guid};
    return iss_profile_slc(&slc, &answer->body, &answer->range, error);
}

/* What an act has become: range, words and response from its document. */
static enum iss_status answer_of(const struct office *office,
                                 const struct iss_done *done,
                                 struct iss_answer *answer,
                                 struct iss_error *error)
{
    const char *documents[ISS_AUTHORITY_DOCUMENTS + 1] = {NULL};
    struct xrml_document *document = NULL;
    uint8_t hash[ISS_HASH_SIZE];
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_done_document(done, slc_kind, &text, &len, error);

    if (status == ISS_OK)
        status = xrml_parse(text, len, NULL, &document, error);
    if (status != ISS_OK)
        goto out;
    xrml_body_hash(document, hash);
    iss_words(hash, answer->words);
    memcpy(answer->body_hash, hash, sizeof(hash));
    answer->range = xrml_fields(document)->range;
    documents[0] = text;
    for (size_t i = 0; i < ISS_AUTHORITY_DOCUMENTS; i++)
        documents[i + 1] = office->texts[i];
    status = enroll_response_print(
        ENROLL_RESPONSE, documents, ISS_AUTHORITY_DOCUMENTS + 1,
        &answer->response, &answer->response_len, error);
    free(answer->body);
    answer->body = strndup(done->octets, done->len);
    if (status == ISS_OK && answer->body == NULL)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    answer->record = done->result;
    answer->again = done->again;
out:
    xrml_document_free(document);
    free(text);
    return status;
}

static void describe(const struct iss *iss, const struct iss_case *matter,
                     const char *user, struct iss_entry *entry)
{
    const struct iss_verdict *verdict = matter->verdict;

    iss_entry_octets(entry, ISS_TAG_DIGEST, matter->digest, ISS_HASH_SIZE);
    iss_entry_octets(entry, ISS_TAG_FILE_HASH, verdict->digest, ISS_HASH_SIZE);
    iss_entry_text(entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(entry, ISS_TAG_USER, user != NULL ? user : iss->user);
    if (!verdict->parsed)
        return;
    iss_entry_text(entry, ISS_TAG_OP, iss_op_name(matter->op));
    iss_entry_text(entry, ISS_TAG_GUID, verdict->request.guid);
    iss_entry_text(entry, ISS_TAG_NAME, verdict->request.name);
    iss_entry_text(entry, ISS_TAG_URL, verdict->request.url);
    iss_entry_octets(entry, ISS_TAG_SUBJECT, matter->subject, ISS_HASH_SIZE);
}

/* The refusal goes into the journal; a store that cannot take it says so. */
static enum iss_status deny(struct iss *iss, const struct iss_case *matter,
                            const struct iss_order *order,
                            enum iss_status cause, struct iss_error *error)
{
    struct iss_entry entry =
        iss_entry_of(cause == ISS_CLOCK ? ISS_REC_CLOCK : ISS_REC_DENY);
    struct iss_error why = *error;

    describe(iss, matter, order->operator_name, &entry);
    iss_entry_text(&entry, ISS_TAG_CLASS, iss_status_name(cause));
    if (cause == ISS_CLOCK)
        iss_entry_number(&entry, ISS_TAG_CLOCK,
                         (uint64_t)iss_clock_now(&iss->env));
    iss_entry_text(&entry, ISS_TAG_CAUSE, why.text);
    enum iss_status status = iss_journal_write(iss, &entry, 1, NULL, NULL);
    return status == ISS_OK ? cause : ISS_STORE;
}

static bool is_refusal(enum iss_status status)
{
    return status == ISS_REFUSED || status == ISS_MALFORMED ||
           status == ISS_CONFLICT || status == ISS_CLOCK;
}

static enum iss_status sign_slc(struct iss *iss, struct iss_case *matter,
                                const struct iss_order *order,
                                const struct office *office,
                                struct iss_answer *answer,
                                struct iss_error *error)
{
    struct iss_entry admit = iss_entry_of(ISS_REC_ADMIT);
    const struct enroll_request *request = &answer->verdict.request;
    char guid[XRML_GUID_SIZE] = "";
    struct iss_done done = {0};
    enum iss_status status = iss_act_find(iss, matter->digest, &done, error);
    bool begun = done.intent != 0;

    /* what is given again was proven once, but perhaps not by this asker */
    if (status == ISS_OK && begun)
        status = iss_case_signed(matter, error);
    /* a finished one needs no token */
    if (status == ISS_OK && done.result != 0) {
        done.again = true;
        status = answer_of(office, &done, answer, error);
        iss_done_clear(&done);
        return status;
    }
    iss_done_clear(&done);
    if (status == ISS_OK && !begun)
        status = prepare(iss, matter, order, office, answer, guid, error);
    if (status == ISS_OK && order->judge_only)
        status = iss_fail(error, ISS_NOT_CONFIRMED, "judged, and not signed");
    if (status != ISS_OK)
        return status;
    describe(iss, matter, order->operator_name, &admit);
    iss_entry_text(&admit, ISS_TAG_PRINCIPAL, request->guid);
    iss_entry_text(&admit, ISS_TAG_PROVEN,
                   answer->verdict.has_proof ? "proof" : "operator");
    if (answer->verdict.has_proof)
        iss_entry_octets(&admit, ISS_TAG_NONCE, matter->pop.nonce,
                         ISS_NONCE_SIZE);
    const struct iss_act act = {.kind = slc_kind,
                                .digest = matter->digest,
                                .signer = ISS_KEY_ESC,
                                .octets = answer->body,
                                .len = begun ? 0 : strlen(answer->body),
                                .op = iss_op_name(matter->op),
                                .document = guid,
                                .guid = request->guid,
                                .url = request->url,
                                .principal = request->guid,
                                .subject = matter->subject,
                                .admit = &admit};
    status = iss_act_perform(iss, &act, &done, error);
    if (status == ISS_OK)
        status = answer_of(office, &done, answer, error);
    iss_done_clear(&done);
    return status;
}

enum iss_status iss_preview(struct iss *store, const struct iss_order *order,
                            struct iss_answer *answer, struct iss_error *error)
{
    struct iss_case matter = case_of(store, order, answer);
    char guid[XRML_GUID_SIZE];
    struct office office = {0};
    struct iss_done done = {0};
    enum iss_status status = ISS_OK;

    memset(answer, 0, sizeof(*answer));
    status = iss_case_read(&matter, error);
    if (status == ISS_OK)
        status = office_open(store, &office, error);
    if (status == ISS_OK)
        status = iss_act_find(store, matter.digest, &done, error);
    if (status == ISS_OK && done.intent != 0)
        status = iss_case_signed(&matter, error);
    if (status == ISS_OK && done.result != 0) {
        done.again = true;
        status = answer_of(&office, &done, answer, error);
        free(answer->response);
        answer->response = NULL;
        answer->response_len = 0;
    } else if (status == ISS_OK && done.intent != 0) {
        answer->body = done.octets;
        done.octets = NULL;
    } else if (status == ISS_OK) {
        status = prepare(store, &matter, order, &office, answer, guid, error);
    }
    iss_done_clear(&done);
    office_clear(&office);
    return status;
}

enum iss_status iss_issue(struct iss *store, const struct iss_order *order,
                          struct iss_answer *answer, struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    struct iss_case matter = case_of(store, order, answer);
    struct office office = {0};
    enum iss_status status = ISS_OK;

    memset(answer, 0, sizeof(*answer));
    status = iss_case_read(&matter, &cause);
    if (status == ISS_OK)
        status = office_open(store, &office, &cause);
    if (status == ISS_OK)
        status = sign_slc(store, &matter, order, &office, answer, &cause);
    if (is_refusal(status))
        status = deny(store, &matter, order, status, &cause);
    if (status == ISS_OK && order->receipt)
        status = iss_receipt_print(store, answer, &cause);
    if (status == ISS_OK)
        status = iss_checkpoint_keep_up(store, &cause);
    office_clear(&office);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

void iss_answer_clear(struct iss_answer *answer)
{
    free(answer->body);
    free(answer->response);
    free(answer->receipt);
    memset(answer, 0, sizeof(*answer));
}
