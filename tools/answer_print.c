/* SPDX-License-Identifier: Apache-2.0 */
/* What is shown of a request that is answered. */
#include <inttypes.h>

#include "answer.h"
#include "text.h"
#include "when.h"

static const struct asked {
    const char *word, *text;
    bool follows; /* another certificate */
} askings[] = {
    [ISS_ENROLL] = {"enroll", "enrollment", false},
    [ISS_RENEW] = {"renew", "renewal, with the same key", true},
    [ISS_REKEY] = {"rekey", "renewal, with a new key", true},
    [ISS_SUB_ENROLL] = {"sub-enroll", "sub-enrollment", false},
};

static bool follows(const struct iss_verdict *verdict)
{
    return askings[verdict->op].follows && verdict->before.present;
}

static void describe_asked(struct tool *tool, const struct iss_verdict *verdict)
{
    char from[TOOL_DATE_SIZE] = "?", until[TOOL_DATE_SIZE] = "?";
    char hash[TOOL_HASH_SIZE];

    tool_line(&tool->out, "asks", "%s", askings[verdict->op].text);
    if (verdict->principal[0] != '\0')
        tool_line(&tool->out, "for", "%s   rule at line %u of the access list",
                  verdict->principal, verdict->acl_line);
    if (!follows(verdict))
        return;
    (void)tool_date_print(verdict->before.from, from);
    (void)tool_date_print(verdict->before.until, until);
    tool_hash_groups(verdict->before_hash, hash);
    tool_line(&tool->out, "follows", "%s .. %s   certificate %.19s\xe2\x80\xa6",
              from, until, hash);
}

void tool_answer_describe(struct tool *tool, const struct tool_job *job,
                          const struct iss_answer *answer)
{
    const struct enroll_request *request = &answer->verdict.request;
    const struct xrml_range *before = &answer->verdict.before;
    char from[TOOL_DATE_SIZE] = "?", until[TOOL_DATE_SIZE] = "?";

    tool_line(&tool->out, "store", "%s", job->store);
    tool_checks_line(tool, &answer->verdict);
    tool_line(&tool->out, "words", "%s", answer->verdict.words);
    describe_asked(tool, &answer->verdict);
    (void)tool_date_print(answer->range.from, from);
    (void)tool_date_print(answer->range.until, until);
    if (!answer->range.present) {
        tool_line(&tool->out, "will sign",
                  "Server-Licensor-Certificate for %s, %s, as it was begun "
                  "before and not finished",
                  request->name, request->url);
        return;
    }
    tool_line(&tool->out, answer->again ? "signed" : "will sign",
              "Server-Licensor-Certificate for %s, %s, %s .. %s%s",
              request->name, request->url, from, until,
              answer->again ? " (before: the same again)" : "");
    if (follows(&answer->verdict))
        tool_line(&tool->out, "gains", "%+" PRId64 " days",
                  answer->range.until / TOOL_DAY - before->until / TOOL_DAY);
}

/* What stands in each JSON object, of the request and of who decided. */
static void json_verdict(struct tool *tool, const struct iss_answer *answer)
{
    const struct iss_verdict *verdict = &answer->verdict;
    struct tool_json *json = &tool->out.json;

    if (verdict->parsed) {
        tool_json_text(json, "op", askings[verdict->op].word);
        tool_request_json(tool, &verdict->request);
    }
    if (follows(verdict)) {
        tool_json_hex(json, "predecessor", verdict->before_hash,
                      sizeof(verdict->before_hash));
        tool_json_time(json, "predecessor-until", verdict->before.until);
    }
    if (verdict->principal[0] != '\0')
        tool_json_text(json, "principal", verdict->principal);
    if (verdict->acl_line != 0)
        tool_json_number(json, "rule-line", verdict->acl_line);
    tool_checks_json(tool, verdict);
}

void tool_answer_refused(struct tool *tool, const struct tool_job *job,
                         const struct iss_answer *answer,
                         enum iss_status status)
{
    const struct iss_verdict *verdict = &answer->verdict;
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "store", "%s", job->store);
    tool_checks_line(tool, verdict);
    if (verdict->principal[0] != '\0')
        tool_line(&tool->out, "asked by", "%s", verdict->principal);
    if (verdict->acl_line != 0)
        tool_line(&tool->out, "rule", "line %u of %s/acl", verdict->acl_line,
                  job->store);
    else if (job->office->role == ISS_ROOT && status == ISS_REFUSED)
        tool_note(&tool->out, "note",
                  "by default everything is denied: privyseal acl --help tells "
                  "how %s/acl is written",
                  job->store);
    if (job->contact[0] != '\0')
        tool_line(&tool->out, "contact", "%s", job->contact);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_bool(json, "refused", true);
    tool_json_number(json, "exit", status);
    tool_json_text(json, "cause", tool->error.text);
    json_verdict(tool, answer);
    tool_json_text(json, "contact",
                   job->contact[0] != '\0' ? job->contact : NULL);
    tool_json_close(json, '}');
}

void tool_answer_rehearsed(struct tool *tool, const struct tool_job *job,
                           const struct iss_answer *answer)
{
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "would write", "%s", job->out);
    tool_line(&tool->out, "body", "%s", answer->body);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "response", job->out);
    tool_json_text(json, "body", answer->body);
    tool_json_bool(json, "dry-run", true);
    json_verdict(tool, answer);
    tool_json_close(json, '}');
}

void tool_answer_report(struct tool *tool, const struct tool_job *job,
                        const struct iss_answer *answer)
{
    const char *taken =
        askings[answer->verdict.op].follows ? "renew" : job->office->taken;
    struct tool_json *json = &tool->out.json;
    char word[TOOL_WORD_SIZE];

    tool_line(&tool->out, "wrote", "%s (SLC and %s)   journal #%" PRIu64,
              job->out, job->office->chain, answer->record);
    tool_line(&tool->out, "words", "%s   (of the certificate)", answer->words);
    if (job->order.receipt)
        tool_line(&tool->out, "receipt", "%s", tool_value(tool, TOOL_RECEIPT));
    tool_shell_word(job->out, word);
    tool_note(&tool->out, "next", "carry it back: privyseal %s --import %s",
              taken, word);
    if (!tool->out.as_json)
        return;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "response", job->out);
    tool_json_text(json, "certificate-words", answer->words);
    tool_json_hex(json, "body-sha-256", answer->body_hash,
                  sizeof(answer->body_hash));
    tool_json_number(json, "record", (int64_t)answer->record);
    tool_json_bool(json, "again", answer->again);
    tool_json_time(json, "from", answer->range.from);
    tool_json_time(json, "until", answer->range.until);
    json_verdict(tool, answer);
    tool_json_close(json, '}');
}
