/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of a request, one function each, in the order of checks.def. A
 * check says what is wrong; the policy says what that means.
 */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "journal.h"
#include "keypolicy.h"

enum { KEY_FLOOR = 2048 };

struct finding {
    enum iss_status status; /* ISS_OK: nothing is wrong */
    bool always;            /* refuses whatever the policy says */
    bool warn;              /* no more than a warning, whatever it says */
    char text[sizeof(((struct iss_check *)NULL)->text)];
};

static void find(struct finding *finding, enum iss_status status,
                 const char *text)
{
    finding->status = status;
    (void)snprintf(finding->text, sizeof(finding->text), "%.*s",
                   (int)sizeof(finding->text) - 1, text);
}

/* ---- proof ------------------------------------------------------------- */

/* Whether a key hash is that of this authority or of a key above it. */
static enum iss_status addressed(struct iss_case *matter, bool *found,
                                 struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    *found = matter->iss == NULL;
    for (size_t i = 0;
         i < matter->pop.issuer_count && status == ISS_OK && !*found; i++) {
        struct iss_key_row row;
        status = iss_store_key_by_hash(matter->iss->db, matter->pop.issuers[i],
                                       &row, error);
        *found = row.seq != 0 &&
                 strcmp(row.purpose, iss_purpose_name(ISS_KEY_AUDIT)) != 0;
        iss_key_row_clear(&row);
    }
    return status;
}

/* The predecessor that a renewal names was issued here, to this GUID, and the
 * key that speaks for it is the one of that GUID. */
static enum iss_status check_predecessor(struct iss_case *matter,
                                         struct finding *finding,
                                         struct iss_error *error)
{
    const struct iss_pop *pop = &matter->pop;
    const char *guid = matter->verdict->request.guid;
    struct iss_octets present = {0};
    uint8_t speaker[ISS_HASH_SIZE];
    bool issued = false;
    enum iss_status status = ISS_OK;

    if (pop->op == ISS_ENROLL) {
        if (pop->has_predecessor)
            find(finding, ISS_REFUSED, "a first enrollment with a predecessor");
        return ISS_OK;
    }
    if (!pop->has_predecessor) {
        find(finding, ISS_REFUSED, "a renewal without a predecessor");
        return ISS_OK;
    }
    status = iss_issued_to(matter->iss, guid, pop->predecessor, &issued, error);
    if (status == ISS_OK)
        status = iss_store_key_of_guid(matter->iss->db, guid, &present, error);
    /* rekey: the old key speaks in the second signature */
    if (status == ISS_OK)
        status = iss_key_hash(&pop->sigs[pop->op == ISS_REKEY ? 1 : 0].key,
                              speaker, error);
    if (status != ISS_OK)
        goto out;
    if (!issued)
        find(finding, ISS_REFUSED, "its predecessor was not issued here to it");
    else if (present.len != ISS_HASH_SIZE ||
             memcmp(present.data, speaker, ISS_HASH_SIZE) != 0)
        find(finding, ISS_REFUSED, "not signed by the predecessor's key");
out:
    free(present.data);
    return status;
}

static enum iss_status check_nonce(struct iss_case *matter,
                                   struct finding *finding,
                                   struct iss_error *error)
{
    const struct iss_octets nonce = {.data = matter->pop.nonce,
                                     .len = ISS_NONCE_SIZE};
    struct iss_octets user = {0};
    enum iss_status status =
        iss_store_nonce_get(matter->iss->db, &nonce, &user, error);

    /* the same request may have been begun by another process just now */
    if (user.data != NULL &&
        (user.len != ISS_HASH_SIZE ||
         memcmp(user.data, matter->digest, ISS_HASH_SIZE) != 0))
        find(finding, ISS_CONFLICT, "its nonce was used by another request");
    free(user.data);
    return status;
}

static enum iss_status check_proof(struct iss_case *matter,
                                   struct finding *finding,
                                   struct iss_error *error)
{
    const struct iss_verdict *verdict = matter->verdict;
    bool here = false;
    enum iss_status status = ISS_OK;

    if (!verdict->has_proof) {
        finding->warn = matter->without_proof || matter->iss == NULL;
        find(finding, ISS_REFUSED,
             matter->without_proof
                 ? "none; the operator vouches for the request"
                 : "none came with the request");
        return ISS_OK;
    }
    finding->always = true;
    status = addressed(matter, &here, error);
    if (status != ISS_OK)
        return status;
    const char *fault =
        here ? iss_pop_key_fault(&matter->pop, &verdict->request.key)
             : "the proof is for another issuer";
    if (fault == NULL)
        fault = iss_pop_sig_fault(matter->libctx, matter->proof, &matter->pop);
    if (fault == NULL && matter->pop.op == ISS_SUB_ENROLL &&
        matter->iss != NULL)
        fault = "an authority signs no sub-enrollment";
    if (fault != NULL)
        find(finding, ISS_REFUSED, fault);
    if (fault != NULL || matter->iss == NULL)
        return ISS_OK;
    status = check_predecessor(matter, finding, error);
    if (status == ISS_OK && finding->status == ISS_OK)
        status = check_nonce(matter, finding, error);
    return status;
}

static enum iss_status check_expiry(struct iss_case *matter,
                                    struct finding *finding,
                                    struct iss_error *error)
{
    const char *fault = matter->verdict->has_proof
                            ? iss_pop_time_fault(&matter->pop, matter->now)
                            : NULL;
    (void)error;
    if (fault != NULL)
        find(finding, ISS_REFUSED, fault);
    return ISS_OK;
}

static enum iss_status check_born(struct iss_case *matter,
                                  struct finding *finding,
                                  struct iss_error *error)
{
    (void)error;
    if (!matter->verdict->has_proof) {
        finding->warn = true;
        find(finding, ISS_REFUSED, "not known without a proof");
    } else if (!matter->pop.never_extractable ||
               !matter->pop.always_sensitive) {
        find(finding, ISS_REFUSED,
             "the key is not said to have been in its token all its life");
    }
    return ISS_OK;
}

/* ---- fields ------------------------------------------------------------ */

static enum iss_status check_version(struct iss_case *matter,
                                     struct finding *finding,
                                     struct iss_error *error)
{
    (void)error;
    if (matter->verdict->request.version[0] == '\0')
        find(finding, ISS_REFUSED, "MS-RMPR 3.6.4.1.4.6: Version is empty");
    return ISS_OK;
}

static enum iss_status check_revocation(struct iss_case *matter,
                                        struct finding *finding,
                                        struct iss_error *error)
{
    (void)error;
    /* a certificate without the conditions would be a defective one */
    finding->always = true;
    if (matter->verdict->request.revocation != ENROLL_STANDARD)
        find(finding, ISS_REFUSED,
             "custom revocation: such certificates are not issued here");
    return ISS_OK;
}

static enum iss_status check_name(struct iss_case *matter,
                                  struct finding *finding,
                                  struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};

    (void)error;
    if (enroll_name_check(matter->verdict->request.name, &cause) != ISS_OK)
        find(finding, ISS_REFUSED, cause.text);
    return ISS_OK;
}

static enum iss_status check_url_form(struct iss_case *matter,
                                      struct finding *finding,
                                      struct iss_error *error)
{
    const char *url = matter->verdict->request.url;
    const char *at = matter->policy->url_allow;
    struct iss_error cause = {.status = ISS_OK};
    bool allowed = at[0] == '\0';

    (void)error;
    if (enroll_url_check(url, &cause) != ISS_OK) {
        find(finding, ISS_REFUSED, cause.text);
        return ISS_OK;
    }
    while (*at != '\0' && !allowed) {
        size_t len = strcspn(at, " \t");
        allowed = len > 0 && iss_url_matches(at, len, url);
        at += len + strspn(at + len, " \t");
    }
    if (!allowed)
        find(finding, ISS_REFUSED, "matches no pattern of url-allow");
    return ISS_OK;
}

static enum iss_status check_key_size(struct iss_case *matter,
                                      struct finding *finding,
                                      struct iss_error *error)
{
    const struct enroll_key *key = &matter->verdict->request.key;
    size_t bits = key->modulus_len * 8;

    (void)error;
    for (unsigned top = key->modulus[0]; bits > 0 && top < 0x80; top <<= 1)
        bits--;
    (void)snprintf(finding->text, sizeof(finding->text), "RSA-%zu", bits);
    if (bits >= matter->policy->key_min && bits <= matter->policy->key_max &&
        bits % 8 == 0)
        return ISS_OK;
    finding->status = ISS_REFUSED;
    finding->always = bits < KEY_FLOOR;
    (void)snprintf(finding->text, sizeof(finding->text),
                   "RSA-%zu is not within %u to %u", bits,
                   matter->policy->key_min, matter->policy->key_max);
    return ISS_OK;
}

static enum iss_status check_key_weak(struct iss_case *matter,
                                      struct finding *finding,
                                      struct iss_error *error)
{
    const char *why = iss_key_weakness(&matter->verdict->request.key);

    if (why != NULL && why[0] == '\0')
        return iss_fail(error, ISS_INTERNAL, "key: cannot be judged");
    if (why != NULL)
        find(finding, ISS_REFUSED, why);
    return ISS_OK;
}

/* ---- against what was issued before ------------------------------------- */

static enum iss_status check_key_reuse(struct iss_case *matter,
                                       struct finding *finding,
                                       struct iss_error *error)
{
    const char *guid = matter->verdict->request.guid;
    struct iss_key_row own;
    char *known = NULL;
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    status =
        iss_store_key_by_hash(matter->iss->db, matter->subject, &own, error);
    if (status == ISS_OK && own.seq != 0)
        find(finding, ISS_CONFLICT, "the key is one of this authority's own");
    iss_key_row_clear(&own);
    if (status == ISS_OK && finding->status == ISS_OK)
        status = iss_store_guid_by_key(matter->iss->db, matter->subject, &known,
                                       error);
    if (known != NULL && strcmp(known, guid) != 0)
        (void)snprintf(finding->text, sizeof(finding->text),
                       "the key was certified for %s", known);
    if (known != NULL && strcmp(known, guid) != 0)
        finding->status = ISS_CONFLICT;
    finding->always = finding->status != ISS_OK;
    free(known);
    return status;
}

static enum iss_status check_guid_reuse(struct iss_case *matter,
                                        struct finding *finding,
                                        struct iss_error *error)
{
    const char *guid = matter->verdict->request.guid;
    struct iss_octets present = {0};
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    if (strcmp(guid, matter->iss->guid) == 0) {
        find(finding, ISS_CONFLICT, "the GUID is this authority's own");
        return ISS_OK;
    }
    status = iss_store_key_of_guid(matter->iss->db, guid, &present, error);
    if (present.data != NULL && matter->op != ISS_REKEY &&
        memcmp(present.data, matter->subject, ISS_HASH_SIZE) != 0)
        find(finding, ISS_CONFLICT, "the GUID was certified for another key");
    if (present.data == NULL && matter->op != ISS_ENROLL)
        find(finding, ISS_CONFLICT, "a renewal of a GUID that is not known");
    free(present.data);
    /* the table of places has one key of a GUID */
    finding->always = finding->status != ISS_OK;
    return status;
}

static enum iss_status check_url_reuse(struct iss_case *matter,
                                       struct finding *finding,
                                       struct iss_error *error)
{
    const struct enroll_request *request = &matter->verdict->request;
    char *holder = NULL;
    enum iss_status status = ISS_OK;

    if (matter->iss == NULL)
        return ISS_OK;
    status =
        iss_store_guid_by_url(matter->iss->db, request->url, &holder, error);
    if (holder != NULL && strcmp(holder, request->guid) != 0) {
        finding->status = ISS_CONFLICT;
        /* the table of places has one holder of a URL */
        finding->always = true;
        (void)snprintf(finding->text, sizeof(finding->text), "held by %s",
                       holder);
    }
    free(holder);
    return status;
}

/* ---- the table --------------------------------------------------------- */

static const struct {
    const char *name;
    enum iss_status (*check)(struct iss_case *matter, struct finding *finding,
                             struct iss_error *error);
} checks[ISS_POLICY_CHECKS] = {
#define CHECK(number, name, function) [number] = {(name), (function)},
#include "checks.def"
#undef CHECK
};

static void note(struct iss_verdict *verdict, const char *name,
                 enum iss_check_result result, const struct finding *finding)
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
    struct finding finding = {.status = ISS_OK};
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
    }
    if (status == ISS_OK && verdict->has_proof) {
        memcpy(matter->digest, matter->pop.digest, ISS_HASH_SIZE);
        if (memcmp(matter->pop.request, verdict->digest, ISS_HASH_SIZE) != 0)
            status = iss_fail(&cause, ISS_REFUSED,
                              "the proof is of another request file");
    }
    if (status != ISS_OK)
        find(&finding, status, cause.text);
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

enum iss_status iss_case_judge(struct iss_case *matter, struct iss_error *error)
{
    enum iss_status first = ISS_OK;
    enum iss_status status = derive_op(matter, error);

    for (size_t i = 0; i < ISS_POLICY_CHECKS && status == ISS_OK; i++) {
        struct finding finding = {.status = ISS_OK};
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
    return status != ISS_OK ? status : first;
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
