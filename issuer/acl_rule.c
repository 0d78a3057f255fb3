/* SPDX-License-Identifier: Apache-2.0 */
/* allow and deny: constraints by a table. */
#include <string.h>

#include "acl_forms.h"
#include "acl_statement.h"
#include "enroll.h"

enum { KEY_MAX_BITS = 16384 };

typedef bool take_fn(struct iss_acl_text text, struct iss_acl_rule *rule,
                     struct iss_acl_rule_names *names);

static bool take_ops(struct iss_acl_text text, struct iss_acl_rule *rule,
                     struct iss_acl_rule_names *names)
{
    struct iss_acl_text rest;
    bool more = true;

    (void)names;
    if (iss_acl_is(text, "*")) {
        rule->ops = (1U << ISS_ACL_OPS) - 1;
        return rule->deny;
    }
    while (more) {
        const struct iss_acl_text word =
            iss_acl_before(text, ',', &rest, &more);
        const enum iss_acl_op op = iss_acl_op_of(word.at, word.len);

        if (op == ISS_ACL_OPS || (rule->ops >> op & 1) != 0)
            return false;
        rule->ops |= 1U << op;
        text = rest;
    }
    return true;
}

/* A URL in normal form, but a star may stand for the first label of the host
 * and for the rest of the path. */
static bool take_url(struct iss_acl_text text, struct iss_acl_rule *rule,
                     struct iss_acl_rule_names *names)
{
    static const char separator[] = "://*.";
    char plain[ENROLL_URL_MAX + 1];
    const char *star;

    (void)names;
    if (text.len > ENROLL_URL_MAX)
        return false;
    rule->url = text;
    memcpy(plain, text.at, text.len);
    plain[text.len] = '\0';
    if (text.len > 2 && strcmp(plain + text.len - 2, "/*") == 0)
        plain[text.len - 2] = '\0';
    star = strstr(plain, separator);
    if (star != NULL) /* the rest of the host must be one by itself */
        memmove(plain + (star - plain) + 3, star + 5, strlen(star + 5) + 1);
    return strchr(plain, '*') == NULL &&
           enroll_url_check(plain, NULL) == ISS_OK;
}

static bool take_guid(struct iss_acl_text text, struct iss_acl_rule *rule,
                      struct iss_acl_rule_names *names)
{
    char guid[XRML_GUID_SIZE];

    (void)names;
    if (text.len >= sizeof(guid))
        return false;
    memcpy(guid, text.at, text.len);
    guid[text.len] = '\0';
    return xrml_guid_normal(guid, rule->guid);
}

static bool take_subject_key(struct iss_acl_text text,
                             struct iss_acl_rule *rule,
                             struct iss_acl_rule_names *names)
{
    (void)names;
    return iss_acl_hex(text, &rule->subject_key);
}

static bool take_rights(struct iss_acl_text text, struct iss_acl_rule *rule,
                        struct iss_acl_rule_names *names)
{
    (void)rule, (void)names;
    return iss_acl_is(text, "issue-license");
}

static bool take_validity(struct iss_acl_text text, struct iss_acl_rule *rule,
                          struct iss_acl_rule_names *names)
{
    (void)names;
    return iss_acl_span(text, &rule->validity);
}

static bool take_not_after(struct iss_acl_text text, struct iss_acl_rule *rule,
                           struct iss_acl_rule_names *names)
{
    (void)names;
    return iss_acl_time(text, &rule->not_after);
}

static bool take_expires(struct iss_acl_text text, struct iss_acl_rule *rule,
                         struct iss_acl_rule_names *names)
{
    (void)names;
    return iss_acl_time(text, &rule->expires);
}

static bool take_key(struct iss_acl_text text, struct iss_acl_rule *rule,
                     struct iss_acl_rule_names *names)
{
    struct iss_acl_text rest;
    uint32_t min, max;
    bool range;

    (void)names;
    if (!iss_acl_strip(&text, "rsa:"))
        return false;
    text = iss_acl_before(text, '-', &rest, &range);
    if (!iss_acl_number(text, &min))
        return false;
    max = min;
    if (range && !iss_acl_number(rest, &max))
        return false;
    rule->key_min = min;
    rule->key_max = max;
    return min > 0 && min <= max && max <= KEY_MAX_BITS;
}

static bool take_quota(struct iss_acl_text text, struct iss_acl_rule *rule,
                       struct iss_acl_rule_names *names)
{
    struct iss_acl_text rest;
    uint32_t count;
    bool slash;

    (void)names;
    text = iss_acl_before(text, '/', &rest, &slash);
    if (!slash || !iss_acl_number(text, &count))
        return false;
    rule->quota = count;
    return iss_acl_span(rest, &rule->quota_span);
}

static bool take_outstanding(struct iss_acl_text text,
                             struct iss_acl_rule *rule,
                             struct iss_acl_rule_names *names)
{
    uint32_t count;

    (void)names;
    if (!iss_acl_number(text, &count))
        return false;
    rule->outstanding = count;
    return true;
}

static bool take_require(struct iss_acl_text text, struct iss_acl_rule *rule,
                         struct iss_acl_rule_names *names)
{
    rule->offline = iss_acl_is(text, "offline");
    rule->mtls = iss_acl_is(text, "mtls");
    rule->approval = iss_acl_strip(&text, "approval:");
    names->approver = text;
    return rule->offline || rule->mtls ||
           (rule->approval && iss_acl_is_name(text));
}

static bool take_why(struct iss_acl_text text, struct iss_acl_rule *rule,
                     struct iss_acl_rule_names *names)
{
    (void)names;
    return iss_acl_quoted(text, &rule->why);
}

static const struct constraint {
    const char *word;
    take_fn *take;
    bool in_deny;
    const char *form;
} constraints[] = {
    [ISS_ACL_C_OP] = {"op=", take_ops, true,
                      "op=: operations, commas between, each once"},
    [ISS_ACL_C_URL] = {"url=", take_url, true,
                       "url=: a URL in normal form, \"*.\" before the host and "
                       "\"/*\" at the end allowed"},
    [ISS_ACL_C_GUID] = {"guid=", take_guid, true, "guid=: a GUID"},
    [ISS_ACL_C_SUBJECT_KEY] = {"subject-key=", take_subject_key, true,
                               "subject-key=: 64 lower-case hex digits"},
    [ISS_ACL_C_RIGHTS] = {"rights=", take_rights, true,
                          "rights=: issue-license is the only one"},
    [ISS_ACL_C_MAX_VALIDITY] = {"max-validity=", take_validity, false,
                                "max-validity=: a number and min, h, d or y"},
    [ISS_ACL_C_NOT_AFTER] = {"not-after=", take_not_after, false,
                             "not-after=: YYYY-MM-DDThh:mm:ssZ"},
    [ISS_ACL_C_EXPIRES] = {"expires=", take_expires, true,
                           "expires=: YYYY-MM-DDThh:mm:ssZ"},
    [ISS_ACL_C_KEY] = {"key=", take_key, true, "key=: rsa:BITS or rsa:MIN-MAX"},
    [ISS_ACL_C_QUOTA] = {"quota=", take_quota, false,
                         "quota=: COUNT/DURATION, as 2/30d"},
    [ISS_ACL_C_OUTSTANDING] = {"outstanding=", take_outstanding, false,
                               "outstanding=: a number"},
    [ISS_ACL_C_REQUIRE] = {"require=", take_require, false,
                           "require=: offline, mtls or approval:PRINCIPAL"},
    [ISS_ACL_C_WHY] = {"why=", take_why, true,
                       "why=: a quoted text of at most 256 characters"},
};

enum { CONSTRAINTS = sizeof(constraints) / sizeof(constraints[0]) };

static enum iss_status take_constraint(const struct iss_acl_parser *parser,
                                       struct iss_acl_text word,
                                       struct iss_acl_rule *rule,
                                       struct iss_acl_rule_names *names,
                                       struct iss_error *error)
{
    const struct iss_acl_text whole = word;

    for (unsigned i = 0; i < CONSTRAINTS; i++) {
        const struct constraint *c = &constraints[i];

        if (!iss_acl_strip(&word, c->word))
            continue;
        if ((rule->stated >> i & 1) != 0)
            return iss_acl_complain(parser, rule->line, whole, "given twice",
                                    error);
        if (rule->deny && !c->in_deny)
            return iss_acl_complain(parser, rule->line, whole,
                                    "may not stand in a deny", error);
        rule->stated |= 1U << i;
        return c->take(word, rule, names)
                   ? ISS_OK
                   : iss_acl_complain(parser, rule->line, whole, c->form,
                                      error);
    }
    return iss_acl_complain(parser, rule->line, whole, "unknown constraint",
                            error);
}

/* What an allow must say, whatever else it says. */
static const char *incomplete(const struct iss_acl_rule *rule)
{
    if (rule->deny)
        return NULL;
    if (!iss_acl_states(rule, ISS_ACL_C_URL))
        return "an allow must name a url=";
    if ((rule->ops >> ISS_ACL_SUB_ENROLL_LEGACY & 1) != 0 &&
        !iss_acl_states(rule, ISS_ACL_C_SUBJECT_KEY))
        return "sub-enroll-legacy must name a subject-key=";
    return NULL;
}

static enum iss_status keep(struct iss_acl_parser *parser,
                            const struct iss_acl_rule *rule,
                            const struct iss_acl_rule_names *names,
                            struct iss_error *error)
{
    struct iss_acl *acl = parser->acl;
    struct iss_acl_rule *rules = iss_acl_room(
        acl->rules, acl->rule_count, &parser->rule_room, sizeof(*rules));
    struct iss_acl_rule_names *all;

    if (rules == NULL)
        return iss_acl_out_of_memory(parser, error);
    acl->rules = rules;
    all = iss_acl_room(parser->rule_names, acl->rule_count,
                       &parser->rule_name_room, sizeof(*all));
    if (all == NULL)
        return iss_acl_out_of_memory(parser, error);
    parser->rule_names = all;
    all[acl->rule_count] = *names;
    rules[acl->rule_count++] = *rule;
    return ISS_OK;
}

enum iss_status iss_acl_take_rule(struct iss_acl_parser *parser,
                                  const struct iss_acl_words *words,
                                  struct iss_error *error)
{
    struct iss_acl_rule rule = {.line = words->line,
                                .deny = iss_acl_is(words->words[0], "deny")};
    struct iss_acl_rule_names names = {{"", 0}, {"", 0}};
    enum iss_status status = ISS_OK;

    if (words->count < 3 || !(iss_acl_is_name(words->words[1]) ||
                              (rule.deny && iss_acl_is(words->words[1], "*"))))
        return iss_acl_complain(
            parser, words->line, words->words[0],
            "wants a principal (\"*\" in a deny only) and op=", error);
    if (parser->acl->rule_count == ISS_ACL_RULES)
        return iss_acl_complain(parser, words->line, words->words[0],
                                "above 10,000 rules", error);
    names.principal = words->words[1];
    for (size_t i = 2; i < words->count && status == ISS_OK; i++) {
        status = take_constraint(parser, words->words[i], &rule, &names, error);
        if (status == ISS_OK && !iss_acl_states(&rule, ISS_ACL_C_OP))
            status =
                iss_acl_complain(parser, rule.line, words->words[i],
                                 "op= must be the first constraint", error);
    }
    if (status == ISS_OK && incomplete(&rule) != NULL)
        status = iss_acl_complain(parser, rule.line, words->words[0],
                                  incomplete(&rule), error);
    if (status != ISS_OK)
        return status;
    return keep(parser, &rule, &names, error);
}
