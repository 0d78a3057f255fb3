/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a request file to its answer. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "notice.h"
#include "prompt.h"

enum { POLICY_MAX = 64 * 1024, DAYS_MAX = 36525, RECEIPT_MAX = 16 * 1024 };

static enum iss_status read_job(struct tool *tool, const char *path,
                                struct tool_job *job)
{
    const char *policy = tool_value(tool, TOOL_POLICY);
    unsigned long days = 0;
    enum iss_status status = tool_option_number(&tool->options, TOOL_DAYS,
                                                DAYS_MAX, &days, &tool->error);

    if (status == ISS_OK && tool_given(tool, TOOL_DAYS) && days == 0)
        status = tool_fail(tool, ISS_USAGE, "--days: at least one");
    if (status == ISS_OK)
        status = tool_request_read(tool, path, &job->request);
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
    job->order.as = tool_value(tool, TOOL_AS);
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

/* Better before the signature than after it. */
static enum iss_status check_out(struct tool *tool, const struct tool_job *job,
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

static enum iss_status publish(struct tool *tool, const struct tool_job *job,
                               const struct iss_answer *answer)
{
    enum iss_status status = iss_publish(job->out, answer->response,
                                         answer->response_len, 0, &tool->error);

    if (status == ISS_OK && job->order.receipt)
        status = publish_receipt(tool, tool_value(tool, TOOL_RECEIPT), answer);
    return status;
}

static bool refused(const struct iss_verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        if (verdict->checks[i].result == ISS_CHECK_REFUSE)
            return true;
    return false;
}

/* A refusal is shown, and goes into the journal; that it could not go there is
 * the graver thing. */
static enum iss_status refuse(struct tool *tool, struct tool_store *store,
                              struct tool_job *job, struct iss_answer *answer,
                              enum iss_status status)
{
    struct iss_error error = {0};

    if (refused(&answer->verdict))
        tool_answer_refused(tool, job, answer, status);
    if (tool_given(tool, TOOL_DRY_RUN))
        return status;
    iss_answer_clear(answer);
    job->order.judge_only = true;
    if (iss_issue(store->iss, &job->order, answer, &error) != ISS_STORE)
        return status;
    tool->error = error;
    return ISS_STORE;
}

static enum iss_status sign(struct tool *tool, struct tool_store *store,
                            struct tool_job *job, struct iss_answer *answer)
{
    enum iss_status status =
        iss_preview(store->iss, &job->order, answer, &tool->error);

    if (status != ISS_OK)
        return refuse(tool, store, job, answer, status);
    tool_answer_describe(tool, job, answer);
    status = choose_out(tool, answer->verdict.request.name, job->out);
    if (status != ISS_OK)
        return status;
    if (tool_given(tool, TOOL_DRY_RUN)) {
        tool_answer_rehearsed(tool, job, answer);
        return ISS_OK;
    }
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
        tool_answer_report(tool, job, answer);
    return status;
}

enum iss_status tool_answer(struct tool *tool, struct tool_store *store,
                            const char *request,
                            const struct tool_office *office)
{
    struct tool_job *job = calloc(1, sizeof(*job));
    struct iss_answer *answer = calloc(1, sizeof(*answer));
    struct iss_info info;
    enum iss_status status;

    if (job == NULL || answer == NULL) {
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
        goto out;
    }
    job->office = office;
    job->store = store->dir;
    job->contact = store->conf.contact;
    status = read_job(tool, request, job);
    if (status == ISS_OK)
        status = iss_info(store->iss, &info, &tool->error);
    if (status == ISS_OK && info.role != office->role)
        status =
            tool_fail(tool, ISS_REFUSED, "%s: %s", store->dir, office->other);
    if (status == ISS_OK)
        status = sign(tool, store, job, answer);
    if (!tool_given(tool, TOOL_DRY_RUN))
        tool_notice_refusal(tool->verb->name, store->dir, status,
                            tool->error.text);
out:
    if (answer != NULL)
        iss_answer_clear(answer);
    free(answer);
    if (job != NULL) {
        tool_request_clear(&job->request);
        free(job->policy);
    }
    free(job);
    return status;
}
