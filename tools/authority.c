/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal authority sign */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "prompt.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum { POLICY_MAX = 64 * 1024, DAYS_MAX = 36525, RECEIPT_MAX = 16 * 1024 };

struct job { /* one request on its way; owners NULL at first */
    struct tool_request request;
    struct iss_order order;
    char *policy;
    char out[ISS_PATH_MAX];
};

static enum iss_status read_job(struct tool *tool, struct job *job)
{
    const char *policy = tool_value(tool, TOOL_POLICY);
    unsigned long days = 0;
    enum iss_status status = tool_option_number(&tool->options, TOOL_DAYS,
                                                DAYS_MAX, &days, &tool->error);

    if (status == ISS_OK && tool_given(tool, TOOL_DAYS) && days == 0)
        status = tool_fail(tool, ISS_USAGE, "--days: at least one");
    if (status == ISS_OK)
        status =
            tool_request_read(tool, tool->options.operands[0], &job->request);
    if (status == ISS_OK && policy != NULL)
        status = iss_read_file(policy, POLICY_MAX, &job->policy,
                               &job->order.policy_len, &tool->error);
    job->order.text = job->request.text;
    job->order.len = job->request.len;
    job->order.proof = job->request.proof;
    job->order.proof_len = job->request.proof_len;
    job->order.without_proof = tool_given(tool, TOOL_WITHOUT_PROOF);
    job->order.days = (int)days;
    job->order.policy = job->policy;
    job->order.receipt = tool_given(tool, TOOL_RECEIPT);
    return status;
}

/* A policy may let names pass that would lead out of a folder, or be taken for
 * options: no file is called so. */
static enum iss_status choose_out(struct tool *tool, const char *name,
                                  char out[static ISS_PATH_MAX])
{
    const char *path = tool_value(tool, TOOL_OUT);
    struct stat file;
    bool folder =
        path == NULL || (stat(path, &file) == 0 && S_ISDIR(file.st_mode));
    int len;

    if (folder && enroll_name_check(name, NULL) != ISS_OK)
        return tool_fail(tool, ISS_USAGE,
                         "the name \"%s\" gives no file name; choose one with "
                         "--out FILE",
                         name);
    if (path == NULL)
        len = snprintf(out, ISS_PATH_MAX, "%s.slc.xml", name);
    else if (folder)
        len = snprintf(out, ISS_PATH_MAX, "%s/%s.slc.xml", path, name);
    else
        len = snprintf(out, ISS_PATH_MAX, "%s", path);
    if (len > 0 && len < ISS_PATH_MAX)
        return ISS_OK;
    return tool_fail(tool, ISS_USAGE, "--out: the path is too long");
}

static void describe(struct tool *tool, const char *dir,
                     const struct iss_answer *answer)
{
    char from[TOOL_DATE_SIZE] = "?", until[TOOL_DATE_SIZE] = "?";

    tool_line(&tool->out, "store", "%s", dir);
    tool_checks_line(tool, &answer->verdict);
    tool_line(&tool->out, "words", "%s", answer->verdict.words);
    (void)tool_date_print(answer->range.from, from);
    (void)tool_date_print(answer->range.until, until);
    if (answer->range.present)
        tool_line(&tool->out, answer->again ? "signed" : "will sign",
                  "Server-Licensor-Certificate for %s, %s, %s .. %s%s",
                  answer->verdict.request.name, answer->verdict.request.url,
                  from, until,
                  answer->again ? " (before: the same again)" : "");
    else
        tool_line(&tool->out, "will sign",
                  "Server-Licensor-Certificate for %s, %s, as it was begun "
                  "before and not finished",
                  answer->verdict.request.name, answer->verdict.request.url);
}

static void report(struct tool *tool, const struct job *job,
                   const struct iss_answer *answer)
{
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "wrote",
              "%s (SLC and the authority's chain)   journal #%" PRIu64,
              job->out, answer->record);
    tool_line(&tool->out, "words", "%s   (of the certificate)", answer->words);
    if (job->order.receipt)
        tool_line(&tool->out, "receipt", "%s", tool_value(tool, TOOL_RECEIPT));
    tool_note(&tool->out, "next", "carry it back: privyseal enroll --import %s",
              job->out);
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
    tool_request_json(tool, &answer->verdict.request);
    tool_checks_json(tool, &answer->verdict);
    tool_json_close(json, '}');
}

static enum iss_status rehearsed(struct tool *tool, const struct job *job,
                                 const struct iss_answer *answer)
{
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "would write", "%s", job->out);
    tool_line(&tool->out, "body", "%s", answer->body);
    if (!tool->out.as_json)
        return ISS_OK;
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "response", job->out);
    tool_json_text(json, "body", answer->body);
    tool_json_bool(json, "dry-run", true);
    tool_request_json(tool, &answer->verdict.request);
    tool_checks_json(tool, &answer->verdict);
    tool_json_close(json, '}');
    return ISS_OK;
}

/* Better before the signature than after it. */
static enum iss_status check_out(struct tool *tool, const struct job *job,
                                 const struct iss_answer *answer)
{
    const char *const files[] = {job->out, tool_value(tool, TOOL_RECEIPT)};
    static const char *const options[] = {"--out", "--receipt"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (!answer->again && files[i] != NULL && access(files[i], F_OK) == 0)
            return tool_fail(tool, ISS_CONFLICT,
                             "%s: a file is there already, and it is not "
                             "replaced; choose another with %s",
                             files[i], options[i]);
    return ISS_OK;
}

/* Title, store, record and document: what a receipt says of its answer; the
 * head behind them is newer each time. */
static size_t receipt_subject(const char *text)
{
    const char *at = text;

    for (int line = 0; line < 4 && at != NULL; line++) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    return at == NULL ? 0 : (size_t)(at - text);
}

/* A receipt of the same answer that is there already stays as it is. */
static enum iss_status publish_receipt(struct tool *tool, const char *path,
                                       const struct iss_answer *answer)
{
    char *there = NULL;
    size_t len = 0;
    size_t subject = receipt_subject(answer->receipt);
    bool same =
        answer->again &&
        iss_read_file(path, RECEIPT_MAX, &there, &len, NULL) == ISS_OK &&
        subject > 0 && receipt_subject(there) == subject &&
        memcmp(there, answer->receipt, subject) == 0;

    free(there);
    return same ? ISS_OK
                : iss_publish(path, answer->receipt, answer->receipt_len, 0,
                              &tool->error);
}

static enum iss_status publish(struct tool *tool, const struct job *job,
                               const struct iss_answer *answer)
{
    enum iss_status status = iss_publish(job->out, answer->response,
                                         answer->response_len, 0, &tool->error);

    if (status == ISS_OK && job->order.receipt)
        status = publish_receipt(tool, tool_value(tool, TOOL_RECEIPT), answer);
    return status;
}

/* A refusal is shown, and goes into the journal. */
static enum iss_status refuse(struct tool *tool, struct tool_store *store,
                              struct job *job, struct iss_answer *answer,
                              enum iss_status status)
{
    tool_checks_line(tool, &answer->verdict);
    if (tool_given(tool, TOOL_DRY_RUN))
        return status;
    iss_answer_clear(answer);
    job->order.judge_only = true;
    return iss_issue(store->iss, &job->order, answer, NULL) == ISS_STORE
               ? ISS_STORE
               : status;
}

static enum iss_status sign(struct tool *tool, struct tool_store *store,
                            struct job *job, struct iss_answer *answer)
{
    enum iss_status status =
        iss_preview(store->iss, &job->order, answer, &tool->error);

    if (status != ISS_OK)
        return refuse(tool, store, job, answer, status);
    describe(tool, store->dir, answer);
    status = choose_out(tool, answer->verdict.request.name, job->out);
    if (status != ISS_OK)
        return status;
    if (tool_given(tool, TOOL_DRY_RUN))
        return rehearsed(tool, job, answer);
    status = check_out(tool, job, answer);
    if (status == ISS_OK && !answer->again)
        status = tool_confirm(tool, "Sign?");
    if (status != ISS_OK)
        return status;
    iss_answer_clear(answer);
    status = iss_issue(store->iss, &job->order, answer, &tool->error);
    if (status == ISS_OK)
        status = publish(tool, job, answer);
    if (status == ISS_OK)
        report(tool, job, answer);
    return status;
}

static enum iss_status run(struct tool *tool)
{
    bool dry = tool_given(tool, TOOL_DRY_RUN);
    struct tool_store store = {0};
    struct job job = {0};
    struct iss_answer *answer = calloc(1, sizeof(*answer));
    enum iss_status status;

    if (answer == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    status = read_job(tool, &job);
    if (status != ISS_OK)
        goto out;
    status = tool_store_open(tool, dry ? TOOL_LOOK : TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = sign(tool, &store, &job, answer);
    status = tool_store_close(tool, &store, status);
out:
    iss_answer_clear(answer);
    free(answer);
    tool_request_clear(&job.request);
    free(job.policy);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_OUT, "the response; default: ./NAME.slc.xml"},
    {TOOL_DAYS, "how long the certificate lives; default: the policy's "
                "validity, one year"},
    {TOOL_POLICY, "what is refused and what is let pass, instead of the "
                  "store's policy.conf"},
    {TOOL_WITHOUT_PROOF,
     "no proof came: you vouch for the request, and the journal says so"},
    {TOOL_RECEIPT, "also write a signed receipt, for log verify --receipt"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "judge, print what would be signed, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_authority_sign = {
    .name = "authority sign",
    .summary = "answer an enrollment request with a certificate",
    .operands = "REQUEST",
    .least = 1,
    .most = 1,
    .uses = uses,
    .text = "Judges a request and the proof beside it (the same name, .pop), "
            "shows the words and what would be signed, asks, signs in the "
            "token, verifies the signature in software and writes the "
            "response: the certificate with the authority's chain. The same "
            "request again gets the same octets, whatever happened in "
            "between.\n\n"
            "  privyseal authority sign --store ea RMS01EnrollRequest.xml",
    .run = run,
};
