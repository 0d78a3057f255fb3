/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request: judged, admitted, signed by an act, answered. The order in which
 * an act comes about is act.c's.
 */
#include "issue.h"

#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "checkpoint.h"
#include "clock.h"
#include "office.h"
#include "policy.h"
#include "profile.h"

/* A request on its way; owns nothing but the admission. */
struct matter {
    struct iss *iss;
    const struct iss_order *order;
    struct iss_answer *answer;
    struct iss_case judged;
    struct iss_admission *admission; /* of a root */
    struct iss_office office;
    struct iss_done done; /* the act of this digest, as far as it has come */
    char guid[XRML_GUID_SIZE];
};

static enum iss_status open_matter(struct iss *iss,
                                   const struct iss_order *order,
                                   struct iss_answer *answer,
                                   struct matter *matter,
                                   struct iss_error *error)
{
    memset(answer, 0, sizeof(*answer));
    memset(matter, 0, sizeof(*matter));
    matter->iss = iss;
    matter->order = order;
    matter->answer = answer;
    if (iss->role == ISS_ROOT) {
        matter->admission = calloc(1, sizeof(*matter->admission));
        if (matter->admission == NULL)
            return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    matter->judged = (struct iss_case){.libctx = iss->env.libctx,
                                       .iss = iss,
                                       .text = order->text,
                                       .len = order->len,
                                       .proof = order->proof,
                                       .proof_len = order->proof_len,
                                       .without_proof = order->without_proof,
                                       .as = order->as,
                                       .days = order->days,
                                       .verdict = &answer->verdict,
                                       .admission = matter->admission};
    return ISS_OK;
}

static void close_matter(struct matter *matter)
{
    iss_done_clear(&matter->done);
    iss_office_clear(&matter->office);
    free(matter->admission);
}

/* ---- judging
 * ------------------------------------------------------------------ */

/* Form, what was answered before, and in whose name is answered. */
static enum iss_status look(struct matter *matter, struct iss_error *error)
{
    enum iss_status status = iss_case_read(&matter->judged, error);

    if (status == ISS_OK)
        status = iss_act_find(matter->iss, matter->judged.digest, &matter->done,
                              error);
    if (status == ISS_OK)
        status = iss_office_open(matter->iss, matter->done.intent,
                                 &matter->office, error);
    /* its own proof has been signed under the same digest */
    if (status == ISS_OK && matter->done.intent != 0 &&
        strcmp(matter->done.kind, matter->office.kind) != 0)
        status = iss_fail(error, ISS_REFUSED,
                          "the request is one of this server itself");
    /* what is given again needs no certificate in force */
    if (status == ISS_OK && matter->done.result == 0)
        status = iss_may_issue(matter->iss, error);
    /* it was proven once, but perhaps not by this asker */
    if (status == ISS_OK && matter->done.intent != 0)
        status = iss_case_signed(&matter->judged, error);
    if (status == ISS_OK && matter->done.intent != 0 &&
        matter->admission != NULL)
        status = iss_admission_recall(matter->iss, matter->done.intent,
                                      matter->judged.verdict, error);
    return status;
}

/* Judges, and builds the BODY that would be signed. */
static enum iss_status prepare(struct matter *matter, struct iss_error *error)
{
    struct iss *iss = matter->iss;
    struct iss_answer *answer = matter->answer;
    struct iss_policy policy;
    enum iss_status status =
        iss_policy_load(iss, matter->order, &policy, error);

    matter->judged.policy = &policy;
    if (status == ISS_OK)
        status = iss_journal_time(iss, &matter->judged.now, error);
    if (status == ISS_OK)
        status = iss_case_judge(&matter->judged, error);
    if (status == ISS_OK)
        status = iss_guid_new(matter->guid, error);
    matter->judged.policy = NULL;
    if (status != ISS_OK)
        return status;
    /* a root's own policy holds for the servers below it, R82 */
    const struct enroll_request *request = &answer->verdict.request;
    bool root = iss->role == ISS_ROOT;
    const struct iss_slc_order slc = {
        .request = request,
        .issuer = iss_office_issuer(&matter->office),
        .now = matter->judged.now,
        .days = matter->order->days,
        .years = policy.years > 0 ? policy.years : iss->conf.slc_years,
        .until = matter->admission != NULL ? matter->admission->until : 0,
        .outlives = root,
        .authorities = root ? iss->authorities : request->authorities,
        .authority_count =
            root ? iss->authority_count : request->authority_count,
        .guid = matter->guid};
    return iss_profile_slc(&slc, &answer->body, &answer->range, error);
}

/* ---- records
 * ------------------------------------------------------------------ */

static void describe(const struct matter *matter, struct iss_entry *entry)
{
    const struct iss *iss = matter->iss;
    const struct iss_order *order = matter->order;
    const struct iss_case *judged = &matter->judged;
    const struct iss_verdict *verdict = judged->verdict;
    const char *user = order->operator_name;

    iss_entry_octets(entry, ISS_TAG_DIGEST, judged->digest, ISS_HASH_SIZE);
    iss_entry_octets(entry, ISS_TAG_FILE_HASH, verdict->digest, ISS_HASH_SIZE);
    iss_entry_octets(entry, ISS_TAG_REQUEST, order->text,
                     order->len < ENROLL_REQUEST_MAX ? order->len
                                                     : ENROLL_REQUEST_MAX);
    iss_entry_octets(entry, ISS_TAG_PROOF, order->proof,
                     order->proof_len < ISS_POP_MAX ? order->proof_len
                                                    : ISS_POP_MAX);
    iss_entry_text(entry, ISS_TAG_MEMBER, iss->member);
    iss_entry_text(entry, ISS_TAG_HOST, iss->host);
    iss_entry_text(entry, ISS_TAG_USER, user != NULL ? user : iss->user);
    if (order->days > 0)
        iss_entry_number(entry, ISS_TAG_DAYS, (uint64_t)order->days);
    if (matter->admission != NULL)
        iss_admission_describe(matter->admission, entry);
    if (!verdict->parsed)
        return;
    iss_entry_text(entry, ISS_TAG_OP, iss_op_name(judged->op));
    iss_entry_text(entry, ISS_TAG_GUID, verdict->request.guid);
    iss_entry_text(entry, ISS_TAG_NAME, verdict->request.name);
    iss_entry_text(entry, ISS_TAG_URL, verdict->request.url);
    iss_entry_number(entry, ISS_TAG_BITS, verdict->request.key.modulus_len * 8);
    iss_entry_octets(entry, ISS_TAG_SUBJECT, judged->subject, ISS_HASH_SIZE);
}

/* The list that decided, and what it decided, in one transaction. */
static enum iss_status write_denial(struct matter *matter,
                                    struct iss_entry *entry)
{
    struct iss *iss = matter->iss;
    enum iss_status status = iss_store_begin(iss->db, NULL);

    if (status != ISS_OK)
        return status;
    if (matter->admission != NULL)
        status = iss_admission_note_list(iss, matter->admission, NULL);
    if (status == ISS_OK)
        status = iss_journal_append(iss, entry, 1, NULL, NULL);
    if (status == ISS_OK)
        return iss_store_commit(iss->db, NULL);
    iss_store_rollback(iss->db);
    return status;
}

/* The refusal goes into the journal; a store that cannot take it says so. */
static enum iss_status deny(struct matter *matter, enum iss_status cause,
                            const struct iss_error *why)
{
    struct iss_entry entry =
        iss_entry_of(cause == ISS_CLOCK ? ISS_REC_CLOCK : ISS_REC_DENY);

    describe(matter, &entry);
    iss_entry_text(&entry, ISS_TAG_CLASS, iss_status_name(cause));
    if (cause == ISS_CLOCK)
        iss_entry_number(&entry, ISS_TAG_CLOCK,
                         (uint64_t)iss_clock_now(&matter->iss->env));
    iss_entry_text(&entry, ISS_TAG_CAUSE, why->text);
    return write_denial(matter, &entry) == ISS_OK ? cause : ISS_STORE;
}

static bool is_refusal(enum iss_status status)
{
    static const enum iss_status refusals[] = {ISS_REFUSED,  ISS_MALFORMED,
                                               ISS_CONFLICT, ISS_NOT_ENROLLED,
                                               ISS_EXPIRED,  ISS_CLOCK};
    bool refusal = false;

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        refusal = refusal || refusals[i] == status;
    return refusal;
}

/* ---- answering
 * ---------------------------------------------------------------- */

/* What an act has become: range, words and response from its document. */
static enum iss_status answer_of(const struct matter *matter,
                                 struct iss_error *error)
{
    const struct iss_done *done = &matter->done;
    struct iss_answer *answer = matter->answer;
    struct xrml_document *document = NULL;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        iss_done_document(done, matter->office.kind, &text, &len, error);

    if (status == ISS_OK)
        status = xrml_parse(text, len, NULL, &document, error);
    if (status != ISS_OK)
        goto out;
    xrml_body_hash(document, answer->body_hash);
    iss_words(answer->body_hash, answer->words);
    answer->range = xrml_fields(document)->range;
    status = iss_office_respond(&matter->office, text, &answer->response,
                                &answer->response_len, error);
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

/* Within the transaction of the INTENT, before it is written. */
static enum iss_status guard(void *arg, struct iss_error *error)
{
    struct matter *matter = arg;
    enum iss_status status =
        iss_office_same(matter->iss, &matter->office, error);

    if (status == ISS_OK)
        status = iss_case_recheck(&matter->judged, error);
    return status == ISS_OK && matter->admission != NULL
               ? iss_admission_note_list(matter->iss, matter->admission, error)
               : status;
}

static const char *principal_of(const struct matter *matter)
{
    return matter->admission != NULL ? matter->admission->principal
                                     : matter->answer->verdict.request.guid;
}

static enum iss_status sign_slc(struct matter *matter, struct iss_error *error)
{
    struct iss_entry admit = iss_entry_of(ISS_REC_ADMIT);
    struct iss_answer *answer = matter->answer;
    const struct enroll_request *request = &answer->verdict.request;
    const bool begun = matter->done.intent != 0;
    enum iss_status status = ISS_OK;

    /* a finished one needs no token */
    if (matter->done.result != 0) {
        matter->done.again = true;
        return answer_of(matter, error);
    }
    if (!begun)
        status = prepare(matter, error);
    if (status == ISS_OK && matter->order->judge_only)
        status = iss_fail(error, ISS_NOT_CONFIRMED, "judged, and not signed");
    if (status != ISS_OK)
        return status;
    iss_done_clear(&matter->done);
    describe(matter, &admit);
    if (matter->admission == NULL) {
        iss_entry_text(&admit, ISS_TAG_PRINCIPAL, request->guid);
        iss_entry_text(&admit, ISS_TAG_PROVEN,
                       answer->verdict.has_proof ? "proof" : "operator");
    }
    iss_entry_number(&admit, ISS_TAG_UNTIL, (uint64_t)answer->range.until);
    if (answer->verdict.has_proof)
        iss_entry_octets(&admit, ISS_TAG_NONCE, matter->judged.pop.nonce,
                         ISS_NONCE_SIZE);
    const struct iss_act act = {.kind = matter->office.kind,
                                .digest = matter->judged.digest,
                                .signer = matter->office.signer,
                                .octets = answer->body,
                                .len = begun ? 0 : strlen(answer->body),
                                .op = iss_op_name(matter->judged.op),
                                .document = matter->guid,
                                .guid = request->guid,
                                .url = request->url,
                                .principal = principal_of(matter),
                                .subject = matter->judged.subject,
                                .admit = &admit,
                                .guard = guard,
                                .guard_arg = matter};
    status = iss_act_perform(matter->iss, &act, &matter->done, error);
    /* another process may have begun it, and before a renewal of this server */
    if (status == ISS_OK) {
        iss_office_clear(&matter->office);
        status = iss_office_open(matter->iss, matter->done.intent,
                                 &matter->office, error);
    }
    return status == ISS_OK ? answer_of(matter, error) : status;
}

enum iss_status iss_preview(struct iss *store, const struct iss_order *order,
                            struct iss_answer *answer, struct iss_error *error)
{
    struct matter matter;
    enum iss_status status = open_matter(store, order, answer, &matter, error);

    if (status == ISS_OK)
        status = look(&matter, error);
    if (status == ISS_OK && matter.done.result != 0) {
        matter.done.again = true;
        status = answer_of(&matter, error);
        free(answer->response);
        answer->response = NULL;
        answer->response_len = 0;
    } else if (status == ISS_OK && matter.done.intent != 0) {
        answer->body = matter.done.octets;
        matter.done.octets = NULL;
    } else if (status == ISS_OK) {
        status = prepare(&matter, error);
    }
    close_matter(&matter);
    return status;
}

enum iss_status iss_issue(struct iss *store, const struct iss_order *order,
                          struct iss_answer *answer, struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    struct matter matter;
    enum iss_status status = open_matter(store, order, answer, &matter, &cause);

    if (status == ISS_OK)
        status = look(&matter, &cause);
    if (status == ISS_OK)
        status = sign_slc(&matter, &cause);
    if (is_refusal(status))
        status = deny(&matter, status, &cause);
    if (status == ISS_OK && order->receipt)
        status = iss_receipt_print(store, answer, &cause);
    if (status == ISS_OK)
        status = iss_checkpoint_keep_up(store, &cause);
    close_matter(&matter);
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
