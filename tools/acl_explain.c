/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal acl explain */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl_file.h"
#include "acl_question.h"
#include "process.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum { REASON_SIZE = 1024 };

struct weighed { /* a rule that speaks of the principal */
    unsigned line, why;
};

struct explanation {
    struct tool *tool;
    const struct tool_acl *list;
    const struct iss_acl_question *ask;
    struct iss_acl_decision decision;
    struct weighed *rules; /* in the file's order, with room for all */
    size_t count;
    struct tool_table *table;
    bool memory;
};

static void each_rule(void *arg, unsigned line, bool deny, unsigned why)
{
    struct explanation *it = arg;

    (void)deny;
    it->rules[it->count++] = (struct weighed){line, why};
}

static const struct weighed *weighed_of(const struct explanation *it,
                                        unsigned line)
{
    for (size_t i = 0; i < it->count; i++)
        if (it->rules[i].line == line)
            return &it->rules[i];
    return NULL;
}

static void add(char out[static REASON_SIZE], const char *text)
{
    size_t used = strlen(out);

    (void)snprintf(out + used, REASON_SIZE - used, "%s%s", used > 0 ? "; " : "",
                   text);
}

/* Why a rule decides, or does not. */
static void reason_of(const struct explanation *it,
                      const struct iss_acl_view *view,
                      char out[static REASON_SIZE])
{
    const struct weighed *rule = weighed_of(it, view->line);

    out[0] = '\0';
    if (view->line == it->decision.line)
        add(out, view->deny ? "denies" : "allows");
    else if (rule == NULL && it->count == 0)
        add(out, "not asked: it is not known who asks");
    else if (rule == NULL)
        add(out, "speaks of another principal");
    else if (rule->why == 0 && view->deny)
        add(out, "would deny too");
    else if (rule->why == 0 && it->decision.cause == ISS_ACL_DENIED)
        add(out, "would allow, but a deny wins");
    else if (rule->why == 0)
        add(out, "would allow too, not for longer");
    for (unsigned why = 0; rule != NULL && why < ISS_ACL_WHYS; why++)
        if ((rule->why >> why & 1) != 0)
            add(out, iss_acl_why_text((enum iss_acl_why)why));
}

static void each_view(void *arg, const struct iss_acl_view *view)
{
    struct explanation *it = arg;
    struct tool_json *json = &it->tool->out.json;
    const struct weighed *rule = weighed_of(it, view->line);
    char reason[REASON_SIZE], line[16];

    reason_of(it, view, reason);
    if (it->tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_number(json, "line", view->line);
        tool_json_text(json, "effect", view->deny ? "deny" : "allow");
        tool_json_text(json, "principal", view->principal);
        tool_json_text(json, "rule", view->text);
        tool_json_bool(json, "applies", rule != NULL && rule->why == 0);
        tool_json_bool(json, "decides", view->line == it->decision.line);
        tool_json_text(json, "reason", reason);
        tool_json_close(json, '}');
        return;
    }
    (void)snprintf(line, sizeof(line), "%u", view->line);
    it->memory = tool_table_row(it->table,
                                (const char *const[]){
                                    line, view->deny ? "deny" : "allow",
                                    view->principal, reason, view->text}) &&
                 it->memory;
}

/* The list does not name who asks, or no longer: said in its own words, for
 * the principal was taken as proven. */
static const char *cause_of(const struct explanation *it)
{
    if (it->decision.cause != ISS_ACL_NOBODY)
        return iss_acl_cause_text(it->decision.cause);
    return iss_acl_knows(it->list->acl, it->ask->as)
               ? "every credential of the principal has expired"
               : "the list names no such principal";
}

static void print_question(const struct explanation *it)
{
    struct tool_out *out = &it->tool->out;
    const struct iss_acl_question *ask = it->ask;
    char when[TOOL_TIME_SIZE] = "?";

    (void)tool_time_print(ask->now, when);
    tool_acl_note(it->tool, it->list);
    tool_note(out, "question", "may %s %s %s?   RSA-%u   at %s", ask->as,
              iss_acl_op_word(ask->op), ask->url, ask->key_bits, when);
    tool_note(out, "taken", "the principal as proven, quotas as unused, %s",
              ask->whose == ISS_ACL_GUID_OWN ? "the GUID as its own"
                                             : "the GUID as new");
}

static void print_decision(const struct explanation *it)
{
    struct tool_out *out = &it->tool->out;
    const struct iss_acl_decision *decision = &it->decision;
    char until[TOOL_TIME_SIZE] = "?";
    bool allowed = decision->cause == ISS_ACL_ALLOWED;

    (void)tool_time_print(decision->until, until);
    tool_part(out, allowed ? TOOL_GOOD : TOOL_BAD, "%s",
              allowed ? "allowed" : "denied");
    if (allowed)
        tool_text(out, TOOL_PLAIN, " by line %u, a certificate until %s",
                  decision->line, until);
    else if (decision->line > 0)
        tool_text(out, TOOL_PLAIN, " by line %u: %s", decision->line,
                  cause_of(it));
    else
        tool_text(out, TOOL_PLAIN, ": %s (default: deny)", cause_of(it));
    if (decision->nearest > 0)
        tool_line(out, "nearest", "line %u", decision->nearest);
}

static void print_json(struct explanation *it)
{
    struct tool_json *json = &it->tool->out.json;
    const struct iss_acl_question *ask = it->ask;
    bool allowed = it->decision.cause == ISS_ACL_ALLOWED;

    tool_json_text(json, "file", it->tool->options.operands[0]);
    tool_json_hex(json, "sha-256", iss_acl_hash(it->list->acl), 32);
    tool_json_bool(json, "safe", it->list->unsafe[0] == '\0');
    tool_json_text(json, "principal", ask->as);
    tool_json_text(json, "op", iss_acl_op_word(ask->op));
    tool_json_text(json, "url", ask->url);
    tool_json_text(json, "guid", ask->guid[0] != '\0' ? ask->guid : NULL);
    tool_json_number(json, "bits", ask->key_bits);
    tool_json_number(json, "days", ask->days);
    tool_json_time(json, "time", ask->now);
    tool_json_text(json, "decision", allowed ? "allow" : "deny");
    tool_json_text(json, "cause", cause_of(it));
    tool_json_number(json, "line", it->decision.line);
    tool_json_number(json, "nearest", it->decision.nearest);
    if (allowed)
        tool_json_time(json, "until", it->decision.until);
    tool_json_open(json, "rules", '[');
    iss_acl_each(it->list->acl, each_view, it);
    tool_json_close(json, ']');
}

static void print(struct explanation *it)
{
    struct tool_out *out = &it->tool->out;

    if (out->as_json) {
        tool_json_open(&out->json, NULL, '{');
        print_json(it);
        tool_json_number(&out->json, "exit",
                         it->decision.cause == ISS_ACL_ALLOWED ? ISS_OK
                                                               : ISS_REFUSED);
        tool_json_close(&out->json, '}');
        return;
    }
    print_question(it);
    print_decision(it);
    iss_acl_each(it->list->acl, each_view, it);
    if (tool_table_rows(it->table) > 0)
        tool_table_print(it->table, out);
}

static enum iss_status explain(struct tool *tool, const struct tool_acl *list,
                               const struct iss_acl_question *ask)
{
    static const char *const headings[] = {"line", "effect", "who",
                                           "here", "rule",   NULL};
    struct explanation it = {.tool = tool,
                             .list = list,
                             .ask = ask,
                             .table = tool_table_new(headings),
                             .memory = true};
    enum iss_status status = ISS_OK;

    it.rules = calloc(iss_acl_rule_count(list->acl) + 1, sizeof(*it.rules));
    if (it.rules != NULL && it.table != NULL) {
        it.decision = iss_acl_decide(list->acl, ask, each_rule, &it);
        print(&it);
    }
    if (it.rules == NULL || it.table == NULL || !it.memory)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    else if (it.decision.cause != ISS_ACL_ALLOWED)
        status = tool_fail(tool, ISS_REFUSED, "denied: %s", cause_of(&it));
    else if (list->unsafe[0] != '\0')
        status = tool_fail(tool, ISS_REFUSED, "%s", list->unsafe);
    tool_table_free(it.table);
    free(it.rules);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    struct tool_acl_question *question = calloc(1, sizeof(*question));
    struct tool_acl list = {0};
    enum iss_status status =
        question != NULL ? tool_acl_read(tool, tool->options.operands[0], &list)
                         : tool_fail(tool, ISS_INTERNAL, "out of memory");

    tool_process_only_prints();
    /* a decision under a list that is not valid is a refusal */
    if (status == ISS_USAGE && list.text != NULL)
        status = tool->error.status = ISS_REFUSED;
    if (status == ISS_OK)
        status = tool_acl_question(tool, list.acl, question);
    if (status == ISS_OK)
        status = explain(tool, &list, &question->ask);
    tool_acl_clear(&list);
    free(question);
    return status;
}

static const struct tool_use uses[] = {
    {TOOL_AS, "who asks, by the list's own name; taken as proven"},
    {TOOL_OP, "what is asked: sub-enroll (the default), renew, rekey"},
    {TOOL_URL, "the server's URL"},
    {TOOL_GUID, "the server's GUID; default: one that no guid= names"},
    {TOOL_KEY, "the server's public key or certificate, a PEM file; default: "
               "some key of RSA-2048"},
    {TOOL_REQUEST, "URL, GUID and key of this request file"},
    {TOOL_DAYS, "the validity asked for; default: what the rule gives"},
    {TOOL_VALIDITY, "the same as a duration: 30d, 1y"},
    {TOOL_AT, "when it is asked: now, YYYY-MM-DD or YYYY-MM-DDThh:mm, UTC"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_acl_explain = {
    .name = "acl explain",
    .summary = "how an access list decides a request, rule by rule",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text =
        "Decides one request by an access list, as a root would that has "
        "issued nothing yet, and says of every rule why it does or does not "
        "apply. require=approval: is met where you are the approver. Exit 0: "
        "allowed, 3: denied (also where the list is not valid, or others may "
        "have written it). Nothing is recorded, no store is needed.\n\n"
        "  privyseal acl explain root1/acl --as lab --url "
        "https://lic.example/_wmcs\n"
        "  privyseal acl explain root1/acl --as lab --request "
        "LIC01EnrollRequest.xml",
    .run = run,
};
