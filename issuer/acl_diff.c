/* SPDX-License-Identifier: Apache-2.0 */
/* Two access lists: who gains by the second, who loses. */
#include <stdlib.h>
#include <string.h>

#include "acl_look.h"
#include "acl_statement.h"

enum { YEAR = 31556952 }; /* seconds of a mean Gregorian year */

struct diff {
    const struct iss_acl *before, *after;
    size_t *match; /* of each rule before: 1 + rule after, 0: none */
    bool *taken;   /* of each rule after */
    iss_acl_change_fn *each;
    void *arg;
};

/* ---- width ----------------------------------------------------------------
 */

/* How much of what could be asked a constraint lets match; only the order
 * counts. What cannot be ordered is equal or not. */
struct width {
    double low, high; /* let match: what is between */
};

static double seconds(struct iss_acl_span span)
{
    return (double)span.count * (span.unit == ISS_ACL_YEARS ? YEAR : 1);
}

static struct width width_of(const struct iss_acl_rule *rule,
                             enum iss_acl_constraint constraint)
{
    static const double always = 1e300;
    const bool stated = iss_acl_states(rule, constraint);

    switch (constraint) {
    case ISS_ACL_C_MAX_VALIDITY:
        return (struct width){0, stated ? seconds(rule->validity) : YEAR};
    case ISS_ACL_C_NOT_AFTER:
        return (struct width){0, stated ? (double)rule->not_after : always};
    case ISS_ACL_C_EXPIRES:
        return (struct width){0, stated ? (double)rule->expires : always};
    case ISS_ACL_C_KEY:
        if (stated)
            return (struct width){rule->key_min, rule->key_max};
        return rule->deny ? (struct width){0, always}
                          : (struct width){2048, 4096};
    case ISS_ACL_C_OUTSTANDING:
        return (struct width){0, stated ? rule->outstanding : 1};
    case ISS_ACL_C_REQUIRE:
        return (struct width){0, rule->mtls ? 0 : rule->approval ? 1 : 2};
    default:
        return (struct width){0, 0};
    }
}

struct step { /* from one rule to another: whether it matches more, and less */
    bool more, less;
};

/* A quota is a rate; one of another span lets more in here, less there. */
static struct step quota_step(const struct iss_acl_rule *a,
                              const struct iss_acl_rule *b)
{
    const struct iss_acl_span month = {(uint64_t)30 * 86400, ISS_ACL_SECONDS};
    const bool has_a = iss_acl_states(a, ISS_ACL_C_QUOTA);
    const bool has_b = iss_acl_states(b, ISS_ACL_C_QUOTA);
    const unsigned n = has_a ? a->quota : 1, m = has_b ? b->quota : 1;
    const double s = seconds(has_a ? a->quota_span : month);
    const double t = seconds(has_b ? b->quota_span : month);

    return (struct step){m > n || t < s, m < n || t > s};
}

static bool same_text(struct iss_acl_text a, struct iss_acl_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static struct step require_step(const struct diff *diff,
                                const struct iss_acl_rule *a,
                                const struct iss_acl_rule *b)
{
    const double x = width_of(a, ISS_ACL_C_REQUIRE).high;
    const double y = width_of(b, ISS_ACL_C_REQUIRE).high;
    const bool other = a->approval && b->approval &&
                       strcmp(diff->before->principals[a->approver].name,
                              diff->after->principals[b->approver].name) != 0;

    return (struct step){y > x || other, y < x || other};
}

static struct step step_of(const struct diff *diff,
                           const struct iss_acl_rule *a,
                           const struct iss_acl_rule *b,
                           enum iss_acl_constraint constraint)
{
    const struct width x = width_of(a, constraint), y = width_of(b, constraint);

    switch (constraint) {
    case ISS_ACL_C_OP:
        return (struct step){(b->ops & ~a->ops) != 0, (a->ops & ~b->ops) != 0};
    case ISS_ACL_C_QUOTA:
        return quota_step(a, b);
    case ISS_ACL_C_REQUIRE:
        return require_step(diff, a, b);
    default:
        return (struct step){y.low < x.low || y.high > x.high,
                             y.low > x.low || y.high < x.high};
    }
}

/* ---- pairs ----------------------------------------------------------------
 */

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

static const enum iss_acl_constraint widths[] = {
    ISS_ACL_C_OP,          ISS_ACL_C_MAX_VALIDITY, ISS_ACL_C_NOT_AFTER,
    ISS_ACL_C_EXPIRES,     ISS_ACL_C_KEY,          ISS_ACL_C_QUOTA,
    ISS_ACL_C_OUTSTANDING, ISS_ACL_C_REQUIRE};

enum { WIDTHS = sizeof(widths) / sizeof(widths[0]) };

static bool equal(const struct diff *diff, const struct iss_acl_rule *a,
                  const struct iss_acl_rule *b)
{
    for (size_t i = 0; i < WIDTHS; i++) {
        const struct step step = step_of(diff, a, b, widths[i]);

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
        const struct step step = step_of(diff, a, b, widths[i]);

        if (step.less)
            say_step(diff, a, b, widths[i], false);
        if (step.more)
            say_step(diff, a, b, widths[i], true);
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
