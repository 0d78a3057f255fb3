/* SPDX-License-Identifier: Apache-2.0 */
/* An access list as people look at it: its rules one by one, as text. */
#include "acl_look.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "acl_statement.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const char *const kinds[] = {
#define ACL_KIND(name, word, form) word,
#include "acl_words.def"
#undef ACL_KIND
};

void iss_acl_add(struct iss_acl_line *line, const char *format, ...)
{
    const size_t room = sizeof(line->text) - line->used;
    va_list list;
    int len;

    va_start(list, format);
    len = vsnprintf(line->text + line->used, room, format, list);
    va_end(list);
    if (len > 0)
        line->used += (size_t)len < room ? (size_t)len : room - 1;
}

const char *iss_acl_rule_principal(const struct iss_acl_rule *rule,
                                   const struct iss_acl *acl)
{
    return rule->principal == ISS_ACL_EVERYBODY
               ? "*"
               : acl->principals[rule->principal].name;
}

/* ---- constraints ----------------------------------------------------------
 */

static void add_text(struct iss_acl_line *line, struct iss_acl_text text)
{
    iss_acl_add(line, "%.*s", (int)text.len, text.at);
}

static void add_time(struct iss_acl_line *line, int64_t time)
{
    char minute[XRML_TIME_SIZE];

    if (xrml_time_print(time, minute))
        iss_acl_add(line, "%s:%02dZ", minute, (int)(time % MINUTE));
}

static void add_span(struct iss_acl_line *line, struct iss_acl_span span)
{
    static const struct {
        uint64_t seconds;
        const char *word;
    } units[] = {{DAY, "d"}, {HOUR, "h"}, {MINUTE, "min"}};
    size_t unit = 0;

    if (span.unit == ISS_ACL_YEARS) {
        iss_acl_add(line, "%lluy", (unsigned long long)span.count);
        return;
    }
    while (span.count % units[unit].seconds != 0)
        unit++;
    iss_acl_add(line, "%llu%s",
                (unsigned long long)(span.count / units[unit].seconds),
                units[unit].word);
}

static void add_ops(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                    const struct iss_acl *acl)
{
    const char *comma = "";

    (void)acl;
    if (rule->ops == (1U << ISS_ACL_OPS) - 1) {
        iss_acl_add(line, "*");
        return;
    }
    for (unsigned op = 0; op < ISS_ACL_OPS; op++) {
        if ((rule->ops >> op & 1) == 0)
            continue;
        iss_acl_add(line, "%s%s", comma, iss_acl_op_word((enum iss_acl_op)op));
        comma = ",";
    }
}

static void add_url(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                    const struct iss_acl *acl)
{
    (void)acl;
    add_text(line, rule->url);
}

static void add_guid(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                     const struct iss_acl *acl)
{
    (void)acl;
    iss_acl_add(line, "%s", rule->guid);
}

static void add_subject_key(struct iss_acl_line *line,
                            const struct iss_acl_rule *rule,
                            const struct iss_acl *acl)
{
    (void)acl;
    add_text(line, rule->subject_key);
}

static void add_rights(struct iss_acl_line *line,
                       const struct iss_acl_rule *rule,
                       const struct iss_acl *acl)
{
    (void)rule, (void)acl;
    iss_acl_add(line, "issue-license");
}

static void add_validity(struct iss_acl_line *line,
                         const struct iss_acl_rule *rule,
                         const struct iss_acl *acl)
{
    (void)acl;
    add_span(line, rule->validity);
}

static void add_not_after(struct iss_acl_line *line,
                          const struct iss_acl_rule *rule,
                          const struct iss_acl *acl)
{
    (void)acl;
    add_time(line, rule->not_after);
}

static void add_expires(struct iss_acl_line *line,
                        const struct iss_acl_rule *rule,
                        const struct iss_acl *acl)
{
    (void)acl;
    add_time(line, rule->expires);
}

static void add_key(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                    const struct iss_acl *acl)
{
    (void)acl;
    iss_acl_add(line, "rsa:%u", rule->key_min);
    if (rule->key_max != rule->key_min)
        iss_acl_add(line, "-%u", rule->key_max);
}

static void add_quota(struct iss_acl_line *line,
                      const struct iss_acl_rule *rule,
                      const struct iss_acl *acl)
{
    (void)acl;
    iss_acl_add(line, "%u/", rule->quota);
    add_span(line, rule->quota_span);
}

static void add_outstanding(struct iss_acl_line *line,
                            const struct iss_acl_rule *rule,
                            const struct iss_acl *acl)
{
    (void)acl;
    iss_acl_add(line, "%u", rule->outstanding);
}

static void add_require(struct iss_acl_line *line,
                        const struct iss_acl_rule *rule,
                        const struct iss_acl *acl)
{
    if (rule->approval)
        iss_acl_add(line, "approval:%s", acl->principals[rule->approver].name);
    else
        iss_acl_add(line, rule->mtls ? "mtls" : "offline");
}

static void add_why(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                    const struct iss_acl *acl)
{
    (void)acl;
    iss_acl_add(line, "\"%.*s\"", (int)rule->why.len, rule->why.at);
}

/* meant: where an allow does not state it; docs/formats/acl.md. */
static const struct {
    const char *word, *meant;
    void (*add)(struct iss_acl_line *line, const struct iss_acl_rule *rule,
                const struct iss_acl *acl);
} parts[] = {
    [ISS_ACL_C_OP] = {"op", NULL, add_ops},
    [ISS_ACL_C_URL] = {"url", NULL, add_url},
    [ISS_ACL_C_GUID] = {"guid", "new or its own", add_guid},
    [ISS_ACL_C_SUBJECT_KEY] = {"subject-key", "any", add_subject_key},
    [ISS_ACL_C_RIGHTS] = {"rights", "issue-license", add_rights},
    [ISS_ACL_C_MAX_VALIDITY] = {"max-validity", "1y", add_validity},
    [ISS_ACL_C_NOT_AFTER] = {"not-after", "never", add_not_after},
    [ISS_ACL_C_EXPIRES] = {"expires", "never", add_expires},
    [ISS_ACL_C_KEY] = {"key", "rsa:2048-4096", add_key},
    [ISS_ACL_C_QUOTA] = {"quota", "1/30d", add_quota},
    [ISS_ACL_C_OUTSTANDING] = {"outstanding", "1", add_outstanding},
    [ISS_ACL_C_REQUIRE] = {"require", "nothing", add_require},
    [ISS_ACL_C_WHY] = {"why", NULL, add_why},
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

bool iss_acl_add_constraint(struct iss_acl_line *line,
                            const struct iss_acl_rule *rule,
                            enum iss_acl_constraint constraint,
                            const struct iss_acl *acl)
{
    const bool stated = iss_acl_states(rule, constraint);
    const char *meant = rule->deny ? "any" : parts[constraint].meant;

    if (!stated && meant == NULL)
        return false;
    iss_acl_add(line, "%s=", parts[constraint].word);
    if (stated)
        parts[constraint].add(line, rule, acl);
    else
        iss_acl_add(line, "%s", meant);
    return true;
}

void iss_acl_add_rule(struct iss_acl_line *line,
                      const struct iss_acl_rule *rule,
                      const struct iss_acl *acl)
{
    const char *blank = "";

    for (unsigned i = 0; i < PARTS; i++) {
        if (!iss_acl_states(rule, (enum iss_acl_constraint)i))
            continue;
        iss_acl_add(line, "%s", blank);
        (void)iss_acl_add_constraint(line, rule, (enum iss_acl_constraint)i,
                                     acl);
        blank = " ";
    }
}

void iss_acl_each(const struct iss_acl *acl, iss_acl_view_fn *each, void *arg)
{
    for (size_t i = 0; i < acl->rule_count; i++) {
        const struct iss_acl_rule *rule = &acl->rules[i];
        struct iss_acl_line line = {.used = 0};

        iss_acl_add_rule(&line, rule, acl);
        each(arg, &(struct iss_acl_view){.line = rule->line,
                                         .deny = rule->deny,
                                         .principal =
                                             iss_acl_rule_principal(rule, acl),
                                         .text = line.text});
    }
}

/* ---- credentials ----------------------------------------------------------
 */

void iss_acl_add_credential(struct iss_acl_line *line,
                            const struct iss_acl_credential *credential)
{
    const bool quoted = credential->kind == ISS_ACL_TLS_NAME;

    iss_acl_add(line, "%s%s%.*s%s", kinds[credential->kind], quoted ? "\"" : "",
                (int)credential->value.len, credential->value.at,
                quoted ? "\"" : "");
    if (quoted)
        iss_acl_add(line, " issuer-spki:%.*s", (int)credential->issuer.len,
                    credential->issuer.at);
}

/* Proofs by keys count before the administrator's name. */
static unsigned rank(const struct iss_acl_credential *credential)
{
    static const unsigned ranks[ISS_ACL_KINDS] = {[ISS_ACL_KEY_SHA256] = 4,
                                                  [ISS_ACL_SLC_SHA256] = 3,
                                                  [ISS_ACL_UNIX_USER] = 2,
                                                  [ISS_ACL_UNIX_GROUP] = 1};

    return ranks[credential->kind];
}

bool iss_acl_proof_of(const struct iss_acl *acl, const char *principal,
                      int64_t now, char value[static ISS_ACL_VALUE_SIZE],
                      struct iss_acl_proof *proof)
{
    const struct iss_acl_credential *best = NULL;

    for (size_t i = 0; i < acl->credential_count; i++) {
        const struct iss_acl_credential *c = &acl->credentials[i];

        if (strcmp(acl->principals[c->principal].name, principal) == 0 &&
            c->expires > now && c->value.len < ISS_ACL_VALUE_SIZE &&
            (best == NULL || rank(c) > rank(best)))
            best = c;
    }
    if (best == NULL)
        return false;
    memcpy(value, best->value.at, best->value.len);
    value[best->value.len] = '\0';
    *proof = (struct iss_acl_proof){.kind = best->kind, .value = value};
    return true;
}
