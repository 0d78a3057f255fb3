/* SPDX-License-Identifier: Apache-2.0 */
/* What a valid access list had better not say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl_forms.h"

struct review {
    const struct iss_acl *acl;
    int64_t now;
    iss_acl_warn_fn *warn;
    void *arg;
};

static void warn(const struct review *r, unsigned line, const char *text)
{
    r->warn(r->arg, line, text);
}

static void review_credentials(const struct review *r)
{
    for (size_t i = 0; i < r->acl->credential_count; i++) {
        const struct iss_acl_credential *c = &r->acl->credentials[i];

        if (c->expires <= r->now)
            warn(r, c->line, "this credential has expired");
        if (c->kind <= ISS_ACL_TLS_NAME)
            warn(r, c->line,
                 "a TLS credential proves nothing where files are carried");
        if (c->kind == ISS_ACL_TLS_NAME)
            warn(r, c->line,
                 "a name is weaker than a fingerprint (tls-spki, tls-sha256)");
    }
}

static bool starts(struct iss_acl_text text, const char *prefix)
{
    return iss_acl_strip(&text, prefix);
}

static bool ends(struct iss_acl_text text, const char *suffix)
{
    const size_t len = strlen(suffix);

    return text.len >= len &&
           memcmp(text.at + text.len - len, suffix, len) == 0;
}

static bool same(struct iss_acl_text a, struct iss_acl_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* Whether whatever the rule allows is denied by the other. */
static bool swallows(const struct iss_acl_rule *deny,
                     const struct iss_acl_rule *rule)
{
    const unsigned narrow = 1U << ISS_ACL_C_GUID | 1U << ISS_ACL_C_SUBJECT_KEY |
                            1U << ISS_ACL_C_KEY | 1U << ISS_ACL_C_EXPIRES;

    return deny->deny &&
           (deny->principal == ISS_ACL_EVERYBODY ||
            deny->principal == rule->principal) &&
           (rule->ops & ~deny->ops) == 0 && (deny->stated & narrow) == 0 &&
           (!iss_acl_states(deny, ISS_ACL_C_URL) || same(deny->url, rule->url));
}

static void review_shadow(const struct review *r,
                          const struct iss_acl_rule *rule)
{
    char text[80];

    for (size_t i = 0; i < r->acl->rule_count; i++) {
        if (!swallows(&r->acl->rules[i], rule))
            continue;
        (void)snprintf(text, sizeof(text),
                       "allows nothing: the deny of line %u covers all of it",
                       r->acl->rules[i].line);
        warn(r, rule->line, text);
        return;
    }
}

static void review_allow(const struct review *r,
                         const struct iss_acl_rule *rule)
{
    const unsigned built =
        1U << ISS_ACL_RENEW | 1U << ISS_ACL_REKEY | 1U << ISS_ACL_SUB_ENROLL;

    if ((rule->ops & ~built) != 0)
        warn(r, rule->line,
             "enroll, sub-enroll-legacy and read-log wait for the service: "
             "over files they match nothing");
    if (strstr(rule->url.at, "://*.") != NULL &&
        strstr(rule->url.at, "://*.") < rule->url.at + rule->url.len)
        warn(r, rule->line,
             "the requester chooses the host's first label: name the host");
    if (ends(rule->url, "/*"))
        warn(r, rule->line, "the requester chooses the path: name it");
    if (starts(rule->url, "http://"))
        warn(r, rule->line, "http: what passes there is not protected");
    if (!iss_acl_states(rule, ISS_ACL_C_EXPIRES) &&
        !iss_acl_states(rule, ISS_ACL_C_NOT_AFTER))
        warn(r, rule->line, "never ends: state not-after= or expires=");
    if ((iss_acl_states(rule, ISS_ACL_C_QUOTA) && rule->quota == 0) ||
        (iss_acl_states(rule, ISS_ACL_C_OUTSTANDING) && rule->outstanding == 0))
        warn(r, rule->line, "allows nothing: a count of 0");
    if (rule->mtls)
        warn(r, rule->line,
             "allows nothing: mtls cannot be met where files are carried");
    if (rule->approval && rule->approver == rule->principal)
        warn(r, rule->line, "allows nothing: who asks cannot be who approves");
    review_shadow(r, rule);
}

static void review_rules(const struct review *r)
{
    for (size_t i = 0; i < r->acl->rule_count; i++) {
        const struct iss_acl_rule *rule = &r->acl->rules[i];

        if (iss_acl_states(rule, ISS_ACL_C_EXPIRES) && rule->expires <= r->now)
            warn(r, rule->line, "this rule has expired");
        else if (iss_acl_states(rule, ISS_ACL_C_NOT_AFTER) &&
                 rule->not_after <= r->now)
            warn(r, rule->line, "allows nothing: its not-after is past");
        else if (!rule->deny)
            review_allow(r, rule);
    }
}

static void review_principals(const struct review *r)
{
    bool *used = calloc(r->acl->principal_count + 1, sizeof(*used));

    for (size_t i = 0; used != NULL && i < r->acl->rule_count; i++) {
        const struct iss_acl_rule *rule = &r->acl->rules[i];

        if (rule->principal != ISS_ACL_EVERYBODY)
            used[rule->principal] = true;
        if (rule->approval)
            used[rule->approver] = true;
    }
    for (size_t i = 0; used != NULL && i < r->acl->principal_count; i++) {
        if (!used[i])
            warn(r, r->acl->principals[i].line,
                 "no rule speaks of this principal");
    }
    free(used);
}

void iss_acl_review(const struct iss_acl *acl, int64_t now,
                    iss_acl_warn_fn *warn_fn, void *arg)
{
    const struct review r = {acl, now, warn_fn, arg};

    review_credentials(&r);
    review_principals(&r);
    review_rules(&r);
}
