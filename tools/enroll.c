/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal enroll */
#include "enroll.h"

#include "prompt.h"
#include "verbs.h"

static enum iss_status abandon(struct tool *tool, struct tool_store *store)
{
    enum iss_status status;

    if (tool_given(tool, TOOL_DRY_RUN)) {
        tool_line(&tool->out, "pending", "the request would be given up");
        return ISS_OK;
    }
    status = tool_confirm(
        tool, "Give the pending request up? An answer to it will not be "
              "taken any more.");
    if (status == ISS_OK)
        status = iss_abandon(store->iss, &tool->error);
    if (status != ISS_OK)
        return status;
    tool_line(&tool->out, "abandoned", "%s has no pending request", store->dir);
    if (tool->out.as_json) {
        tool_json_open(&tool->out.json, NULL, '{');
        tool_json_text(&tool->out.json, "store", store->dir);
        tool_json_bool(&tool->out.json, "abandoned", true);
        tool_json_close(&tool->out.json, '}');
    }
    return ISS_OK;
}

static const struct part {
    enum tool_option option;
    enum iss_status (*run)(struct tool *tool, struct tool_store *store);
} parts[] = {
    {TOOL_EXPORT, tool_enroll_export},
    {TOOL_IMPORT, tool_enroll_import},
    {TOOL_ABANDON, abandon},
};

static enum iss_status run(struct tool *tool)
{
    const struct part *part = NULL;
    struct tool_store store;
    size_t given = 0;
    enum iss_status status;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!tool_given(tool, parts[i].option))
            continue;
        part = &parts[i];
        given++;
    }
    if (given != 1)
        return tool_fail(tool, ISS_USAGE,
                         "one of --export, --import FILE and --abandon; see "
                         "privyseal enroll --help");
    if (part->option != TOOL_EXPORT && tool->options.operand_count > 0)
        return tool_fail(tool, ISS_USAGE, "one word too many: %s",
                         tool->options.operands[0]);
    /* A rehearsal must neither record nor sign. */
    status = tool_store_open(
        tool, tool_given(tool, TOOL_DRY_RUN) ? TOOL_LOOK : TOOL_CHANGE, &store);
    if (status == ISS_OK)
        status = part->run(tool, &store);
    return tool_store_close(tool, &store, status);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_EXPORT, "write the request; PATH: a folder or file name, default "
                  "./NAMEEnrollRequest.xml"},
    {TOOL_IMPORT, "take the certificate that came back"},
    {TOOL_ABANDON, "give the pending request up"},
    {TOOL_FORCE, "with --export: replace files of other content"},
    {TOOL_CONFIRM_WORDS,
     "with --import: have the eight words typed that the authority read out"},
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would happen, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_enroll = {
    .name = "enroll",
    .summary = "request a certificate over an air gap, and import it",
    .operands = "[PATH]",
    .most = 1,
    .uses = uses,
    .text =
        "--export writes the enrollment request and beside it a proof that "
        "the token holds the key. Both are carried to the authority. You "
        "may view the request (privyseal request show) but must not change "
        "it. --import takes the response: it must answer the pending "
        "request, and its chain must end in an anchor of the store. Each "
        "step may be repeated.\n\n"
        "  privyseal enroll --store root1 --export /media/usb/\n"
        "  privyseal enroll --store root1 --import /media/usb/RMS01.slc.xml",
    .run = run,
};
