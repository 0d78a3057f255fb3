/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal doctor */
#include <stdlib.h>

#include "doctor_find.h"
#include "verbs.h"
#include "when.h"

static void open_store(struct tool_check *check, struct tool_store *store)
{
    struct tool *tool = check->tool;
    enum iss_status status = tool_store_open(tool, TOOL_LOOK, store);

    if (status == ISS_OK)
        status = iss_info(store->iss, &check->info, &tool->error);
    if (status == ISS_OK) {
        check->iss = store->iss;
        return;
    }
    if (status != ISS_USAGE || check->conf_good) /* told of before */
        tool_find(check, TOOL_ERROR, status, "store",
                  status == ISS_JOURNAL
                      ? "privyseal log verify says where; put the folder back "
                        "from a copy, and compare it with a checkpoint kept "
                        "elsewhere"
                      : "the same privyseal init again, where it was "
                        "interrupted",
                  "%s", tool->error.text);
    tool->error = (struct iss_error){0};
}

static void examine(struct tool_check *check)
{
    struct tool_store store = {0};
    enum iss_status ignored;

    tool_doctor_files(check);
    tool_doctor_settings(check);
    if (check->status == ISS_USAGE && !check->conf_good)
        tool_doctor_clock(check);
    else {
        open_store(check, &store);
        tool_doctor_clock(check);
        tool_doctor_state(check);
        tool_doctor_token(check);
        check->iss = NULL;
        ignored = tool_store_close(check->tool, &store, ISS_OK);
        (void)ignored; /* nothing was written */
    }
}

static void print_end(struct tool_check *check)
{
    struct tool_json *json = &check->tool->out.json;
    const size_t errors = check->found[TOOL_ERROR];
    const size_t warnings = check->found[TOOL_WARNING];

    if (check->tool->out.as_json) {
        tool_json_close(json, ']');
        tool_json_number(json, "errors", (int64_t)errors);
        tool_json_number(json, "warnings", (int64_t)warnings);
        tool_json_number(json, "exit", check->status);
        tool_json_close(json, '}');
        return;
    }
    tool_text(&check->tool->out,
              errors > 0     ? TOOL_BAD
              : warnings > 0 ? TOOL_WARN
                             : TOOL_GOOD,
              "%zu error%s, %zu warning%s", errors, errors == 1 ? "" : "s",
              warnings, warnings == 1 ? "" : "s");
}

static enum iss_status run(struct tool *tool)
{
    struct tool_check *check = calloc(1, sizeof(*check));
    struct tool_json *json = &tool->out.json;
    enum iss_status status;

    if (check == NULL)
        return tool_fail(tool, ISS_INTERNAL, "out of memory");
    check->tool = tool;
    check->now = tool_now();
    check->dir = tool_store_named(tool);
    if (check->dir == NULL) {
        free(check);
        return tool_fail(tool, ISS_USAGE,
                         "which store? --store DIR, or $PRIVYSEAL_STORE; of "
                         "OpenSSL's side: privyseal doctor openssl-conf");
    }
    if (tool->out.as_json) {
        tool_json_open(json, NULL, '{');
        tool_json_text(json, "store", check->dir);
        tool_json_open(json, "findings", '[');
    }
    examine(check);
    print_end(check);
    status = check->status;
    if (status != ISS_OK)
        status = tool_fail(tool, status, "%s: %zu error%s", check->dir,
                           check->found[TOOL_ERROR],
                           check->found[TOOL_ERROR] == 1 ? "" : "s");
    free(check);
    return status;
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_QUIET, "warnings and errors only"},
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_doctor = {
    .name = "doctor",
    .summary = "what is wrong with a store, why, and what to do",
    .operands = "",
    .uses = uses,
    .text =
        "Looks at a store from all sides: owners and modes, every fault of the "
        "configuration, the PIN file, journal, clock, certificate, anchors, "
        "access list or policy, room on the disk, the token and the halves of "
        "its keys against the records. Each finding says its cause and its "
        "cure. Nothing is changed; the token is logged in to only where the "
        "PIN comes from a file or credential. The exit code is that of the "
        "gravest error: 16 journal, 15 clock, 8 files, 7 login, 6 token, 2 "
        "configuration; warnings alone are 0.\n\n"
        "  privyseal doctor --store root1",
    .run = run,
};
