/* SPDX-License-Identifier: Apache-2.0 */
/* Two access lists: who gains by the second, who loses. */
#include <stdlib.h>
#include <string.h>

#include "acl_look.h"
#include "acl_statement.h"

enum {
    YEAR = 31556952, /* seconds of a mean Gregorian year */
    KEY_MIN = 2048,  /* bits, where an allow does not state key= */
    KEY_MAX = 4096
};

struct diff {
    const struct iss_acl *before, *after;
    size_t *match; /* of each rule before: 1 + rule after, 0: none */
    bool *taken;   /* of each rule after */
    iss_acl_change_fn *each;
    void *arg;
};

/* ---- width ----------------------------------------------------------------
 */

/* From one rule to another: whether it matches more, and whether less. */
struct step {
    bool more, less;
};

/* What lies between low and high matches. */
struct width {
    double low, high;
};

static const double always = 1e300;

static struct step step_between(struct width x, struct width y)
{
    return (struct step){y.low < x.low || y.high > x.high,
                         y.low > x.low || y.high < x.high};
}

static struct step step_of_limits(double x, double y)
{
    return (struct step){y > x, y < x};
}

static double seconds(struct iss_acl_span span)
{
    return (double)span.count * (span.unit == ISS_ACL_YEARS ? YEAR : 1);
}

typedef struct step step_fn(const struct diff *diff,
                            const struct iss_acl_rule *a,
                            const struct iss_acl_rule *b);

static struct step ops_step(const struct diff *diff,
                            const struct iss_acl_rule *a,
                            const struct iss_acl_rule *b)
{
    (void)diff;
    return (struct step){(b->ops & ~a->ops) != 0, (a->ops & ~b->ops) != 0};
}

static double validity(const struct iss_acl_rule *rule)
{
    return iss_acl_states(rule, ISS_ACL_C_MAX_VALIDITY)
               ? seconds(rule->validity)
               : YEAR;
}

static struct step validity_step(const struct diff *diff,
                                 const struct iss_acl_rule *a,
                                 const struct iss_acl_rule *b)
{
    (void)diff;
    return step_of_limits(validity(a), validity(b));
}

static double not_after(const struct iss_acl_rule *rule)
{
    return iss_acl_states(rule, ISS_ACL_C_NOT_AFTER) ? (double)rule->not_after
                                                     : always;
}

static struct step not_after_step(const struct diff *diff,
                                  const struct iss_acl_rule *a,
                                  const struct iss_acl_rule *b)
{
    (void)diff;
    return step_of_limits(not_after(a), not_after(b));
}

static double expires(const struct iss_acl_rule *rule)
{
    return iss_acl_states(rule, ISS_ACL_C_EXPIRES) ? (double)rule->expires
                                                   : always;
}

static struct step expires_step(const struct diff *diff,
                                const struct iss_acl_rule *a,
                                const struct iss_acl_rule *b)
{
    (void)diff;
    return step_of_limits(expires(a), expires(b));
}

static struct width key(const struct iss_acl_rule *rule)
{
    if (iss_acl_states(rule, ISS_ACL_C_KEY))
        return (struct width){rule->key_min, rule->key_max};
    return rule->deny ? (struct width){0, always}
                      : (struct width){KEY_MIN, KEY_MAX};
}

static struct step key_step(const struct diff *diff,
                            const struct iss_acl_rule *a,
                            const struct iss_acl_rule *b)
{
    (void)diff;
    return step_between(key(a), key(b));
}

static unsigned outstanding(const struct iss_acl_rule *rule)
{
    return iss_acl_states(rule, ISS_ACL_C_OUTSTANDING) ? rule->outstanding : 1;
}

static struct step outstanding_step(const struct diff *diff,
                                    const struct iss_acl_rule *a,
                                    const struct iss_acl_rule *b)
{
    (void)diff;
    return step_of_limits(outstanding(a), outstanding(b));
}

/* A quota is a rate; one of another span lets more in here, less there. */
static struct step quota_step(const struct diff *diff,
                              const struct iss_acl_rule *a,
                              const struct iss_acl_rule *b)
{
    const struct iss_acl_span month = {(uint64_t)30 * 86400, ISS_ACL_SECONDS};
    const bool has_a = iss_acl_states(a, ISS_ACL_C_QUOTA);
    const bool has_b = iss_acl_states(b, ISS_ACL_C_QUOTA);
    const unsigned n = has_a ? a->quota : 1, m = has_b ? b->quota : 1;
    const double s = seconds(has_a ? a->quota_span : month);
    const double t = seconds(has_b ? b->quota_span : month);

    (void)diff;
    return (struct step){m > n || t < s, m < n || t > s};
}

/* mtls cannot be met over files, an approver has to be there. */
static unsigned ease(const struct iss_acl_rule *rule)
{
    return rule->mtls ? 0 : rule->approval ? 1 : 2;
}

static struct step require_step(const struct diff *diff,
                                const struct iss_acl_rule *a,
                                const struct iss_acl_rule *b)
{
    const unsigned x = ease(a), y = ease(b);
    const bool other = a->approval && b->approval &&
                       strcmp(diff->before->principals[a->approver].name,
                              diff->after->principals[b->approver].name) != 0;

    return (struct step){y > x || other, y < x || other};
}

/* What a rule may be wider or narrower in. */
static const struct {
    enum iss_acl_constraint constraint;
    step_fn *step;
} widths[] = {
    {ISS_ACL_C_OP, ops_step},
    {ISS_ACL_C_MAX_VALIDITY, validity_step},
    {ISS_ACL_C_NOT_AFTER, not_after_step},
    {ISS_ACL_C_EXPIRES, expires_step},
    {ISS_ACL_C_KEY, key_step},
    {ISS_ACL_C_QUOTA, quota_step},
    {ISS_ACL_C_OUTSTANDING, outstanding_step},
    {ISS_ACL_C_REQUIRE, require_step},
};

enum { WIDTHS = sizeof(widths) / sizeof(widths[0]) };

/* ---- pairs ----------------------------------------------------------------
 */

static bool same_text(struct iss_acl_text a, struct iss_acl_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* These make a rule the one it is; the others say how wide it is. */
static bool alike(const struct diff *diff, const struct iss_acl_rule *a,
                  const struct iss_acl_rule *b)
{
    return a->deny == b->deny && same_text(a->url, b->url) &&
           same_text(a->subject_key, b->subject_key) &&
           strcmp(a->guid, b->guid) == 0 &&
           strcmp(iss_acl_rule_principal(a, diff->before),
                  iss_acl_rule_principal(b, diff->after)) == 0;
}

static bool equal(const struct diff *diff, const struct iss_acl_rule *a,
                  const struct iss_acl_rule *b)
{
    for (size_t i = 0; i < WIDTHS; i++) {
        const struct step step = widths[i].step(diff, a, b);

        if (step.more || step.less)
            return false;
    }
    return true;
}

static void pair(struct diff *diff, bool only_equal)
{
    for (size_t i = 0; i < diff->before->rule_count; i++) {
        const struct iss_acl_rule *a = &diff->before->rules[i];

        for (size_t j = 0; diff->match[i] == 0 && j < diff->after->rule_count;
             j++) {
            const struct iss_acl_rule *b = &diff->after->rules[j];

            if (diff->taken[j] || !alike(diff, a, b) ||
                (only_equal && !equal(diff, a, b)))
                continue;
            diff->match[i] = j + 1;
            diff->taken[j] = true;
        }
    }
}

/* ---- what is said ---------------------------------------------------------
 */

/* A rule that is there in one list only. */
static void say_rule(const struct diff *diff, const struct iss_acl_rule *rule,
                     const struct iss_acl *acl, bool is_new)
{
    struct iss_acl_line line = {.used = 0};

    iss_acl_add(&line, "%s %s ", is_new ? "new" : "gone",
                rule->deny ? "deny" : "allow");
    iss_acl_add_rule(&line, rule, acl);
    diff->each(diff->arg, &(struct iss_acl_change){
                              .gains = is_new != rule->deny,
                              .principal = iss_acl_rule_principal(rule, acl),
                              .old_line = is_new ? 0 : rule->line,
                              .new_line = is_new ? rule->line : 0,
                              .text = line.text});
}

static void say_step(const struct diff *diff, const struct iss_acl_rule *a,
                     const struct iss_acl_rule *b,
                     enum iss_acl_constraint constraint, bool more)
{
    struct iss_acl_line line = {.used = 0};

    iss_acl_add(&line, "%s %s%.*s: ", a->deny ? "deny" : "allow",
                iss_acl_states(a, ISS_ACL_C_URL) ? "url=" : "any url",
                (int)a->url.len, a->url.at == NULL ? "" : a->url.at);
    (void)iss_acl_add_constraint(&line, b, constraint, diff->after);
    iss_acl_add(&line, ", was ");
    (void)iss_acl_add_constraint(&line, a, constraint, diff->before);
    diff->each(diff->arg,
               &(struct iss_acl_change){
                   .gains = more != a->deny,
                   .principal = iss_acl_rule_principal(a, diff->before),
                   .old_line = a->line,
                   .new_line = b->line,
                   .text = line.text});
}

static void say_pair(const struct diff *diff, const struct iss_acl_rule *a,
                     const struct iss_acl_rule *b)
{
    for (size_t i = 0; i < WIDTHS; i++) {
        const struct step step = widths[i].step(diff, a, b);

        if (step.less)
            say_step(diff, a, b, widths[i].constraint, false);
        if (step.more)
            say_step(diff, a, b, widths[i].constraint, true);
    }
}

/* ---- credentials ----------------------------------------------------------
 */

static const struct iss_acl_credential *
find_credential(const struct iss_acl *acl, const struct iss_acl *other,
                const struct iss_acl_credential *wanted)
{
    const char *name = other->principals[wanted->principal].name;

    for (size_t i = 0; i < acl->credential_count; i++) {
        const struct iss_acl_credential *c = &acl->credentials[i];

        if (iss_acl_compare_credentials(c, wanted) == 0 &&
            same_text(c->issuer, wanted->issuer) &&
            strcmp(acl->principals[c->principal].name, name) == 0)
            return c;
    }
    return NULL;
}

static void say_credential(const struct diff *diff, const struct iss_acl *acl,
                           const struct iss_acl_credential *credential,
                           const struct iss_acl_credential *other,
                           const char *what, bool gains)
{
    struct iss_acl_line line = {.used = 0};
    const bool is_new = acl == diff->after;

    iss_acl_add(&line, "%s ", what);
    iss_acl_add_credential(&line, credential);
    diff->each(diff->arg,
               &(struct iss_acl_change){
                   .gains = gains,
                   .principal = acl->principals[credential->principal].name,
                   .old_line = !is_new         ? credential->line
                               : other != NULL ? other->line
                                               : 0,
                   .new_line = is_new ? credential->line : 0,
                   .text = line.text});
}

static void compare_credentials(const struct diff *diff)
{
    for (size_t i = 0; i < diff->before->credential_count; i++) {
        const struct iss_acl_credential *c = &diff->before->credentials[i];

        if (find_credential(diff->after, diff->before, c) == NULL)
            say_credential(diff, diff->before, c, NULL,
                           "is no longer recognised by", false);
    }
    for (size_t i = 0; i < diff->after->credential_count; i++) {
        const struct iss_acl_credential *c = &diff->after->credentials[i];
        const struct iss_acl_credential *old =
            find_credential(diff->before, diff->after, c);

        if (old == NULL)
            say_credential(diff, diff->after, c, NULL, "is recognised by",
                           true);
        else if (old->expires != c->expires)
            say_credential(diff, diff->after, c, old,
                           c->expires > old->expires
                               ? "is recognised for longer by"
                               : "is recognised for a shorter time by",
                           c->expires > old->expires);
    }
}

bool iss_acl_diff(const struct iss_acl *before, const struct iss_acl *after,
                  iss_acl_change_fn *each, void *arg)
{
    struct diff diff = {.before = before,
                        .after = after,
                        .match = calloc(before->rule_count + 1, sizeof(size_t)),
                        .taken = calloc(after->rule_count + 1, sizeof(bool)),
                        .each = each,
                        .arg = arg};
    const bool memory = diff.match != NULL && diff.taken != NULL;

    if (!memory)
        goto out;
    compare_credentials(&diff);
    pair(&diff, true);
    pair(&diff, false);
    for (size_t i = 0; i < before->rule_count; i++) {
        if (diff.match[i] == 0)
            say_rule(&diff, &before->rules[i], before, false);
        else
            say_pair(&diff, &before->rules[i],
                     &after->rules[diff.match[i] - 1]);
    }
    for (size_t j = 0; j < after->rule_count; j++)
        if (!diff.taken[j])
            say_rule(&diff, &after->rules[j], after, true);
out:
    free(diff.match);
    free(diff.taken);
    return memory;
}
