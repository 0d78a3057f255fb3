/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal request show, privyseal request check */
#include <stdlib.h>

#include "checks.h"
#include "store.h"
#include "verbs.h"
#include "when.h"

enum { POLICY_MAX = 64 * 1024 };
enum purpose { SHOW, CHECK };

static void show(struct tool *tool, const char *path,
                 const struct tool_request *request,
                 const struct iss_verdict *verdict)
{
    char hash[TOOL_HASH_SIZE], size[TOOL_COUNT_SIZE];

    tool_count_print(request->len, size);
    tool_hash_groups(verdict->digest, hash);
    tool_line(&tool->out, "request", "%s   %s bytes", path, size);
    tool_request_fields(tool, &verdict->request);
    tool_line(&tool->out, "sha-256", "%s", hash);
    tool_line(&tool->out, "words", "%s", verdict->words);
    tool_line(&tool->out, "proof", "%s",
              request->proof != NULL ? "beside it (.pop)"
                                     : "none beside it (.pop)");
}

static void print(struct tool *tool, enum purpose purpose, const char *path,
                  const struct tool_request *request,
                  const struct iss_verdict *verdict)
{
    struct tool_json *json = &tool->out.json;

    if (!tool->out.as_json) {
        if (purpose == SHOW)
            show(tool, path, request, verdict);
        else
            tool_checks_line(tool, verdict);
        if (purpose == CHECK && verdict->parsed)
            tool_line(&tool->out, "words", "%s", verdict->words);
        return;
    }
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "request", path);
    tool_json_number(json, "size", (int64_t)request->len);
    if (verdict->parsed)
        tool_request_json(tool, &verdict->request);
    tool_checks_json(tool, verdict);
    tool_json_close(json, '}');
}

/* What the form cannot say: an authority may let such values pass by its
 * policy, but they are not as published. */
static enum iss_status check_values(const struct enroll_request *request,
                                    struct iss_error *error)
{
    enum iss_status status = enroll_name_check(request->name, error);

    if (status == ISS_OK)
        status = enroll_url_check(request->url, error);
    if (status == ISS_OK && request->version[0] == '\0')
        status = iss_fail(error, ISS_MALFORMED,
                          "MS-RMPR 3.6.4.1.4.6: Version is empty");
    return status;
}

/* show tells what stands there, as long as it can be read; check tells whether
 * an authority would take it. */
static enum iss_status run(struct tool *tool, enum purpose purpose)
{
    const char *path = tool->options.operands[0];
    const char *policy = tool_value(tool, TOOL_POLICY);
    struct tool_request request;
    struct iss_order order = {0};
    char *policy_text = NULL;
    struct iss_verdict *verdict = calloc(1, sizeof(*verdict));
    struct iss_error error = {0};
    enum iss_status status = tool_request_read(tool, path, &request);

    if (verdict == NULL && status == ISS_OK)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK)
        goto out;
    if (policy != NULL)
        status = iss_read_file(policy, POLICY_MAX, &policy_text,
                               &order.policy_len, &tool->error);
    if (status != ISS_OK)
        goto out;
    order.policy = policy_text;
    order.text = request.text;
    order.len = request.len;
    order.proof = request.proof;
    order.proof_len = request.proof_len;
    status = iss_request_check(NULL, &order, tool_now(), verdict, &error);
    if (purpose == SHOW && verdict->parsed) {
        error = (struct iss_error){0};
        status = check_values(&verdict->request, &error);
    }
    if (status != ISS_OK)
        (void)tool_fail(tool, status, "%s: %s", path, error.text);
    if (verdict->parsed || purpose == CHECK)
        print(tool, purpose, path, &request, verdict);
out:
    tool_request_clear(&request);
    free(policy_text);
    free(verdict);
    return status;
}

static enum iss_status run_show(struct tool *tool)
{
    return run(tool, SHOW);
}

static enum iss_status run_check(struct tool *tool)
{
    return run(tool, CHECK);
}

static const struct tool_use show_uses[] = {
    TOOL_USE_JSON,
    TOOL_USES_END,
};

static const struct tool_use check_uses[] = {
    {TOOL_POLICY, "what is refused and what is let pass, instead of the "
                  "defaults"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_request_show = {
    .name = "request show",
    .summary = "the fields, fingerprint and words of a request file",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = show_uses,
    .text = "Shows what a request file asks for, with its SHA-256 and the "
            "eight words that both sides can read to each other. Needs no "
            "store and no token. A file that is not exactly of the published "
            "form is exit 4.\n\n"
            "  privyseal request show RMS01EnrollRequest.xml",
    .run = run_show,
};

const struct tool_verb tool_request_check = {
    .name = "request check",
    .summary = "judge a request file and its proof, as an authority will",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .uses = check_uses,
    .text = "Judges a request file and the proof of possession beside it (the "
            "same name, .pop): form, key, name, URL, the proof's signature and "
            "its time. What an authority knows of earlier requests is not "
            "asked: privyseal authority sign --dry-run does that. Exit 4: "
            "malformed, 3: would be refused.\n\n"
            "  privyseal request check RMS01EnrollRequest.xml",
    .run = run_check,
};
