/* SPDX-License-Identifier: Apache-2.0 */
/* A decision by an access list: who asks, which rules forbid, which allow. */
#include <string.h>

#include "acl_statement.h"
#include "enroll.h"
#include "policy.h"

enum { DAY = 86400, KEY_MIN = 2048, KEY_MAX = 4096, QUOTA_DAYS = 30 };

static const struct iss_acl_span one_year = {1, ISS_ACL_YEARS};
static const struct iss_acl_span quota_span = {(uint64_t)QUOTA_DAYS * DAY,
                                               ISS_ACL_SECONDS};

/* ---- words ----------------------------------------------------------------
 */

static const char *const ops[] = {
#define ACL_OP(name, word) word,
#include "acl_words.def"
#undef ACL_OP
};

static const char *const whys[] = {
#define ACL_WHY(name, text) text,
#include "acl_words.def"
#undef ACL_WHY
};

static const char *const causes[] = {
    [ISS_ACL_ALLOWED] = "allowed",
    [ISS_ACL_NOBODY] = "nobody whom the access list names has asked",
    [ISS_ACL_SEVERAL] = "what was proven belongs to several principals",
    [ISS_ACL_CLAIM] = "another principal has asked than was stated",
    [ISS_ACL_DENIED] = "a deny rule matches",
    [ISS_ACL_NO_RULE] = "no allow rule covers all of it"};

const char *iss_acl_why_text(enum iss_acl_why why)
{
    return why < ISS_ACL_WHYS ? whys[why] : "unknown reason";
}

const char *iss_acl_cause_text(enum iss_acl_cause cause)
{
    return causes[cause];
}

const char *iss_acl_op_word(enum iss_acl_op op)
{
    return op < ISS_ACL_OPS ? ops[op] : "?";
}

enum iss_acl_op iss_acl_op_of(const char *word, size_t len)
{
    unsigned op = 0;

    while (op < ISS_ACL_OPS &&
           (strlen(ops[op]) != len || memcmp(ops[op], word, len) != 0))
        op++;
    return (enum iss_acl_op)op;
}

/* ---- time -----------------------------------------------------------------
 */

/* The last second of 9999 and the first of year 1. */
static const int64_t last_second = INT64_C(253402300799);
static const int64_t first_second = INT64_C(-62135596800);

int64_t iss_acl_later(int64_t time, struct iss_acl_span span)
{
    const int64_t end = span.unit == ISS_ACL_YEARS
                            ? xrml_time_add_years(time, (int)span.count)
                            : time + (int64_t)span.count;

    return end < last_second ? end : last_second;
}

int64_t iss_acl_earlier(int64_t time, struct iss_acl_span span)
{
    const int64_t start = span.unit == ISS_ACL_YEARS
                              ? xrml_time_add_years(time, -(int)span.count)
                              : time - (int64_t)span.count;

    return start > first_second ? start : first_second;
}

/* ---- who ------------------------------------------------------------------
 */

/* The first credential that is not before the wanted one. */
static size_t lower_bound(const struct iss_acl *acl,
                          const struct iss_acl_credential *wanted)
{
    size_t low = 0, high = acl->credential_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (iss_acl_compare_credentials(&acl->credentials[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t principal_of(const struct iss_acl *acl,
                           const struct iss_acl_proof *proof, int64_t now)
{
    const struct iss_acl_credential wanted = {
        .kind = proof->kind, .value = {proof->value, strlen(proof->value)}};

    for (size_t i = lower_bound(acl, &wanted);
         i < acl->credential_count &&
         iss_acl_compare_credentials(&acl->credentials[i], &wanted) == 0;
         i++) {
        if (acl->credentials[i].expires > now)
            return acl->credentials[i].principal;
    }
    return ISS_ACL_EVERYBODY;
}

static bool is_key(enum iss_acl_kind kind)
{
    return kind == ISS_ACL_KEY_SHA256 || kind == ISS_ACL_SLC_SHA256;
}

/* Proofs by keys count first, the administrator's own name after them. */
static size_t find_who(const struct iss_acl *acl,
                       const struct iss_acl_proof *proofs, size_t count,
                       int64_t now, enum iss_acl_cause *cause)
{
    size_t who = ISS_ACL_EVERYBODY;

    for (int keys = 1; keys >= 0 && who == ISS_ACL_EVERYBODY; keys--) {
        for (size_t i = 0; i < count && i < ISS_ACL_PROOF_MAX; i++) {
            const size_t found = is_key(proofs[i].kind) == (keys == 1)
                                     ? principal_of(acl, &proofs[i], now)
                                     : ISS_ACL_EVERYBODY;

            if (found == ISS_ACL_EVERYBODY)
                continue;
            if (who != ISS_ACL_EVERYBODY && who != found) {
                *cause = ISS_ACL_SEVERAL;
                return ISS_ACL_EVERYBODY;
            }
            who = found;
        }
    }
    *cause = who == ISS_ACL_EVERYBODY ? ISS_ACL_NOBODY : ISS_ACL_ALLOWED;
    return who;
}

const char *iss_acl_who(const struct iss_acl *acl,
                        const struct iss_acl_proof *proofs, size_t count,
                        int64_t now, enum iss_acl_cause *cause)
{
    const size_t who = find_who(acl, proofs, count, now, cause);

    return who == ISS_ACL_EVERYBODY ? NULL : acl->principals[who].name;
}

/* ---- rules ----------------------------------------------------------------
 */

struct asking {
    const struct iss_acl *acl;
    const struct iss_acl_question *question;
    size_t who;
    bool normal_url;
};

static unsigned bit(bool fails, enum iss_acl_why why)
{
    return fails ? 1U << why : 0;
}

static bool is_text(struct iss_acl_text text, const char *value)
{
    return strlen(value) == text.len && memcmp(value, text.at, text.len) == 0;
}

static bool url_fits(const struct asking *a, const struct iss_acl_rule *rule)
{
    return a->normal_url &&
           iss_url_matches(rule->url.at, rule->url.len, a->question->url);
}

static bool key_fits(const struct asking *a, unsigned min, unsigned max)
{
    return a->question->key_bits >= min && a->question->key_bits <= max;
}

/* What a deny and an allow ask alike, where the rule states it. */
static unsigned stated(const struct asking *a, const struct iss_acl_rule *rule)
{
    const struct iss_acl_question *q = a->question;

    return bit((rule->ops >> q->op & 1) == 0, ISS_ACL_WHY_OP) |
           bit(iss_acl_states(rule, ISS_ACL_C_EXPIRES) &&
                   rule->expires <= q->now,
               ISS_ACL_WHY_EXPIRED) |
           bit(iss_acl_states(rule, ISS_ACL_C_URL) && !url_fits(a, rule),
               ISS_ACL_WHY_URL) |
           bit(iss_acl_states(rule, ISS_ACL_C_GUID) &&
                   strcmp(rule->guid, q->guid) != 0,
               ISS_ACL_WHY_GUID) |
           bit(iss_acl_states(rule, ISS_ACL_C_SUBJECT_KEY) &&
                   !is_text(rule->subject_key, q->subject_key),
               ISS_ACL_WHY_SUBJECT_KEY) |
           bit(iss_acl_states(rule, ISS_ACL_C_KEY) &&
                   !key_fits(a, rule->key_min, rule->key_max),
               ISS_ACL_WHY_KEY);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t until(const struct asking *a, const struct iss_acl_rule *rule)
{
    const struct iss_acl_question *q = a->question;
    const struct iss_acl_span profile = {(uint64_t)q->years, ISS_ACL_YEARS};
    const bool own = iss_acl_states(rule, ISS_ACL_C_MAX_VALIDITY);
    const int64_t end =
        earliest(iss_acl_later(q->now, profile),
                 iss_acl_later(q->now, own ? rule->validity : one_year));

    return iss_acl_states(rule, ISS_ACL_C_NOT_AFTER)
               ? earliest(end, rule->not_after)
               : end;
}

static unsigned issued(const struct asking *a, struct iss_acl_span span)
{
    const struct iss_acl_question *q = a->question;
    const int64_t since = iss_acl_earlier(q->now, span);
    unsigned count = 0;

    for (size_t i = 0; i < q->past_count; i++)
        count += q->past[i].op == q->op && q->past[i].time > since;
    return count;
}

static bool quota_left(const struct asking *a, const struct iss_acl_rule *rule)
{
    return iss_acl_states(rule, ISS_ACL_C_QUOTA)
               ? issued(a, rule->quota_span) < rule->quota
               : issued(a, quota_span) < 1;
}

static bool approved(const struct asking *a, const struct iss_acl_rule *rule)
{
    const struct iss_acl_question *q = a->question;
    enum iss_acl_cause cause;

    if (!rule->approval)
        return true;
    return rule->approver != a->who &&
           find_who(a->acl, q->approver, q->approver_count, q->now, &cause) ==
               rule->approver;
}

/* What only an allow asks: what it does not state has the narrowest meaning. */
static unsigned allowed(const struct asking *a, const struct iss_acl_rule *rule)
{
    const struct iss_acl_question *q = a->question;
    const unsigned outstanding =
        iss_acl_states(rule, ISS_ACL_C_OUTSTANDING) ? rule->outstanding : 1;
    const int64_t end = until(a, rule);
    const bool over =
        iss_acl_states(rule, ISS_ACL_C_NOT_AFTER) && rule->not_after <= q->now;

    return bit(!iss_acl_states(rule, ISS_ACL_C_GUID) &&
                   q->whose == ISS_ACL_GUID_OTHER,
               ISS_ACL_WHY_GUID) |
           bit(!iss_acl_states(rule, ISS_ACL_C_KEY) &&
                   !key_fits(a, KEY_MIN, KEY_MAX),
               ISS_ACL_WHY_KEY) |
           bit(over, ISS_ACL_WHY_NOT_AFTER) |
           bit(!over &&
                   (end <= q->now ||
                    (q->days > 0 && q->now + (int64_t)q->days * DAY > end)),
               ISS_ACL_WHY_VALIDITY) |
           bit(!quota_left(a, rule), ISS_ACL_WHY_QUOTA) |
           bit(q->outstanding >= outstanding, ISS_ACL_WHY_OUTSTANDING) |
           bit(!approved(a, rule), ISS_ACL_WHY_APPROVAL) |
           bit(rule->mtls, ISS_ACL_WHY_TRANSPORT);
}

static unsigned count_bits(unsigned why)
{
    unsigned count = 0;

    for (; why != 0; why &= why - 1)
        count++;
    return count;
}

static void weigh(const struct asking *a, const struct iss_acl_rule *rule,
                  unsigned why, struct iss_acl_decision *decision)
{
    if (rule->deny) {
        if (why == 0 && decision->cause != ISS_ACL_DENIED) {
            decision->cause = ISS_ACL_DENIED;
            decision->line = rule->line;
        }
        return;
    }
    if (decision->cause == ISS_ACL_DENIED)
        return;
    if (why == 0) {
        const int64_t end = until(a, rule);

        if (decision->cause == ISS_ACL_NO_RULE || end > decision->until) {
            decision->cause = ISS_ACL_ALLOWED;
            decision->line = rule->line;
            decision->until = end;
        }
        return;
    }
    if (decision->nearest == 0 || count_bits(why) < count_bits(decision->why)) {
        decision->nearest = rule->line;
        decision->why = why;
    }
}

static bool concerns(const struct iss_acl_rule *rule, size_t who)
{
    return rule->principal == who || rule->principal == ISS_ACL_EVERYBODY;
}

/* Whatever was found on the way to another decision says nothing of it. */
static struct iss_acl_decision settle(struct iss_acl_decision decision)
{
    if (decision.cause != ISS_ACL_ALLOWED)
        decision.until = 0;
    if (decision.cause != ISS_ACL_NO_RULE) {
        decision.nearest = 0;
        decision.why = 0;
    }
    return decision;
}

struct iss_acl_decision iss_acl_decide(const struct iss_acl *acl,
                                       const struct iss_acl_question *question,
                                       iss_acl_rule_fn *each, void *arg)
{
    struct iss_acl_decision decision = {.cause = ISS_ACL_NOBODY};
    struct asking a = {.acl = acl, .question = question};

    a.who = find_who(acl, question->proofs, question->proof_count,
                     question->now, &decision.cause);
    if (a.who == ISS_ACL_EVERYBODY)
        return decision;
    decision.principal = acl->principals[a.who].name;
    if (question->as != NULL && strcmp(question->as, decision.principal) != 0) {
        decision.cause = ISS_ACL_CLAIM;
        return decision;
    }
    a.normal_url = enroll_url_check(question->url, NULL) == ISS_OK;
    decision.cause = ISS_ACL_NO_RULE;
    for (size_t i = 0; i < acl->rule_count; i++) {
        const struct iss_acl_rule *rule = &acl->rules[i];
        unsigned why;

        if (!concerns(rule, a.who))
            continue;
        why = stated(&a, rule) | (rule->deny ? 0 : allowed(&a, rule));
        if (each != NULL)
            each(arg, rule->line, rule->deny, why);
        weigh(&a, rule, why, &decision);
    }
    return settle(decision);
}
