/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging a request: it is read, then checked in the order of checks.def, then
 * a root's access list is asked.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "issue.h"

static const struct {
    const char *name;
    enum iss_status (*check)(struct iss_case *matter,
                             struct iss_finding *finding,
                             struct iss_error *error);
} checks[ISS_POLICY_CHECKS] = {
#define CHECK(number, name, function) [number] = {(name), (function)},
#include "checks.def"
#undef CHECK
};

static const char list_check[] = "acl";

void iss_find(struct iss_finding *finding, enum iss_status status,
              const char *text)
{
    finding->status = status;
    (void)snprintf(finding->text, sizeof(finding->text), "%.*s",
                   (int)sizeof(finding->text) - 1, text);
}

static void note(struct iss_verdict *verdict, const char *name,
                 enum iss_check_result result,
                 const struct iss_finding *finding)
{
    struct iss_check *check = &verdict->checks[verdict->count];

    if (verdict->count == ISS_CHECKS_MAX)
        return;
    verdict->count++;
    check->name = name;
    check->result = result;
    check->status = result == ISS_CHECK_REFUSE ? finding->status : ISS_OK;
    memcpy(check->text, finding->text, sizeof(check->text));
}

enum iss_status iss_case_read(struct iss_case *matter, struct iss_error *error)
{
    struct iss_verdict *verdict = matter->verdict;
    struct iss_error cause = {.status = ISS_OK};
    struct iss_finding finding = {.status = ISS_OK};
    enum iss_status status = ISS_OK;

    memset(verdict, 0, sizeof(*verdict));
    status = iss_sha256(matter->text, matter->len, verdict->digest, error);
    if (status != ISS_OK)
        return status;
    iss_words(verdict->digest, verdict->words);
    memcpy(matter->digest, verdict->digest, ISS_HASH_SIZE);
    status = enroll_request_parse(matter->text, matter->len, &verdict->request,
                                  &cause);
    verdict->parsed = status == ISS_OK;
    if (status == ISS_OK)
        status = iss_key_hash(&verdict->request.key, matter->subject, &cause);
    if (status == ISS_OK && matter->proof != NULL) {
        status = iss_pop_parse(matter->proof, matter->proof_len, &matter->pop,
                               &cause);
        verdict->has_proof = status == ISS_OK;
        matter->op = matter->pop.op;
        verdict->op = matter->op;
    }
    if (status == ISS_OK && verdict->has_proof) {
        memcpy(matter->digest, matter->pop.digest, ISS_HASH_SIZE);
        if (memcmp(matter->pop.request, verdict->digest, ISS_HASH_SIZE) != 0)
            status = iss_fail(&cause, ISS_REFUSED,
                              "the proof is of another request file");
    }
    if (status != ISS_OK)
        iss_find(&finding, status, cause.text);
    note(verdict, verdict->parsed && status == ISS_REFUSED ? "proof" : "form",
         status == ISS_OK ? ISS_CHECK_OK : ISS_CHECK_REFUSE, &finding);
    return status == ISS_OK ? ISS_OK
                            : iss_fail(error, status, "%s", cause.text);
}

enum iss_status iss_case_signed(struct iss_case *matter,
                                struct iss_error *error)
{
    const char *fault = NULL;

    if (!matter->verdict->has_proof)
        return ISS_OK;
    fault = iss_pop_key_fault(&matter->pop, &matter->verdict->request.key);
    if (fault == NULL)
        fault = iss_pop_sig_fault(matter->libctx, matter->proof, &matter->pop);
    return fault == NULL ? ISS_OK
                         : iss_fail(error, ISS_REFUSED, "proof: %s", fault);
}

/* What a request without proof asks for follows from what is known. */
static enum iss_status derive_op(struct iss_case *matter,
                                 struct iss_error *error)
{
    struct iss_octets present = {0};
    enum iss_status status = ISS_OK;

    if (matter->verdict->has_proof || matter->iss == NULL)
        return ISS_OK;
    status = iss_store_key_of_guid(
        matter->iss->db, matter->verdict->request.guid, &present, error);
    matter->op = present.data == NULL ? ISS_ENROLL : ISS_RENEW;
    free(present.data);
    return status;
}

/* What the list said, in place of what it said before. */
static void show_list(struct iss_case *matter)
{
    const struct iss_admission *admission = matter->admission;
    struct iss_verdict *verdict = matter->verdict;
    struct iss_finding finding = {.status = ISS_OK};

    if (verdict->count > 0 &&
        verdict->checks[verdict->count - 1].name == list_check)
        verdict->count--;
    memcpy(verdict->principal, admission->principal,
           sizeof(admission->principal));
    verdict->acl_line = admission->line;
    memcpy(verdict->acl_hash, admission->hash, sizeof(verdict->acl_hash));
    verdict->acl_serial = admission->serial;
    iss_find(&finding, admission->status, admission->text);
    note(verdict, list_check,
         admission->status == ISS_OK ? ISS_CHECK_OK : ISS_CHECK_REFUSE,
         &finding);
}

/* A root's list is asked last, and only about what is good in itself. */
static enum iss_status ask_list(struct iss_case *matter,
                                struct iss_error *error)
{
    const struct iss_admission *admission = matter->admission;
    enum iss_status status = iss_admit(matter, matter->admission, error);

    if (status != ISS_OK)
        return status;
    show_list(matter);
    return admission->status == ISS_OK
               ? ISS_OK
               : iss_fail(error, admission->status, "%s: %s", list_check,
                          admission->text);
}

/* What the predecessor of a renewal is, for the one who decides. */
static enum iss_status show_before(struct iss_case *matter,
                                   struct iss_error *error)
{
    struct iss_verdict *verdict = matter->verdict;
    struct iss_issued before;
    enum iss_status status = ISS_OK;

    verdict->op = matter->op;
    if (matter->iss == NULL)
        return ISS_OK;
    if (verdict->has_proof && !matter->pop.has_predecessor)
        return ISS_OK;
    status = iss_issued_to(matter->iss, verdict->request.guid,
                           verdict->has_proof ? matter->pop.predecessor : NULL,
                           &before, error);
    memcpy(verdict->before_hash, before.body_hash, ISS_HASH_SIZE);
    verdict->before = before.range;
    return status;
}

enum iss_status iss_case_judge(struct iss_case *matter, struct iss_error *error)
{
    enum iss_status first = ISS_OK;
    enum iss_status status = derive_op(matter, error);

    if (status == ISS_OK)
        status = show_before(matter, error);

    for (size_t i = 0; i < ISS_POLICY_CHECKS && status == ISS_OK; i++) {
        struct iss_finding finding = {.status = ISS_OK};
        enum iss_level level = matter->policy->levels[i];
        enum iss_check_result result = ISS_CHECK_OK;

        status = checks[i].check(matter, &finding, error);
        if (status != ISS_OK)
            break;
        if (finding.status != ISS_OK &&
            (finding.always || (level == ISS_LEVEL_REFUSE && !finding.warn)))
            result = ISS_CHECK_REFUSE;
        else if (finding.status != ISS_OK && level != ISS_LEVEL_OFF)
            result = ISS_CHECK_WARN;
        note(matter->verdict, checks[i].name, result, &finding);
        if (result != ISS_CHECK_REFUSE || first != ISS_OK)
            continue;
        first = iss_fail(error, finding.status, "%s: %s", checks[i].name,
                         finding.text);
    }
    if (status != ISS_OK || first != ISS_OK)
        return status != ISS_OK ? status : first;
    return matter->admission == NULL ? ISS_OK : ask_list(matter, error);
}

enum iss_status iss_case_recheck(struct iss_case *matter,
                                 struct iss_error *error)
{
    static const struct {
        const char *name;
        enum iss_status (*check)(struct iss_case *matter,
                                 struct iss_finding *finding,
                                 struct iss_error *error);
    } rows[] = {{"proof", iss_check_nonce},
                {"proof", iss_check_speaker},
                {"key-reuse", iss_check_key_reuse},
                {"guid-reuse", iss_check_guid_reuse},
                {"url-reuse", iss_check_url_reuse}};
    enum iss_status status = ISS_OK;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == ISS_OK;
         i++) {
        struct iss_finding finding = {.status = ISS_OK};

        status = rows[i].check(matter, &finding, error);
        if (status == ISS_OK && finding.status != ISS_OK && !finding.warn)
            status = iss_fail(error, finding.status, "%s: %s", rows[i].name,
                              finding.text);
    }
    if (status != ISS_OK || matter->admission == NULL)
        return status;
    status = iss_admit_again(matter, matter->admission, error);
    show_list(matter);
    return status;
}

enum iss_status iss_request_check(OSSL_LIB_CTX *libctx,
                                  const struct iss_order *order, int64_t now,
                                  struct iss_verdict *verdict,
                                  struct iss_error *error)
{
    struct iss_policy policy;
    struct iss_case matter = {.libctx = libctx,
                              .text = order->text,
                              .len = order->len,
                              .proof = order->proof,
                              .proof_len = order->proof_len,
                              .without_proof = order->without_proof,
                              .now = now,
                              .policy = &policy,
                              .verdict = verdict};
    enum iss_status status = iss_policy_read("policy", order->policy,
                                             order->policy_len, &policy, error);

    if (status == ISS_OK)
        status = iss_case_read(&matter, error);
    return status == ISS_OK ? iss_case_judge(&matter, error) : status;
}
