/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal enroll */
#include "enroll.h"

#include "verbs.h"

static enum iss_status export(struct tool *tool, struct tool_store *store) {
    return tool_part_export(tool, store, ISS_ENROLL);
}

static const struct tool_part parts[] = {
    {TOOL_EXPORT, true, {TOOL_FORCE}, export},
    {TOOL_IMPORT,
     false,
     {TOOL_CONFIRM_WORDS, TOOL_ACCEPT_CHANGE},
     tool_part_import},
    {TOOL_ABANDON, false, {TOOL_HELP}, tool_part_abandon},
};

static enum iss_status run(struct tool *tool)
{
    return tool_parts_run(tool, parts, sizeof(parts) / sizeof(parts[0]));
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USES_AIR_GAP,
    TOOL_USE_ACCEPT_TIME,
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would happen, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_enroll = {
    .name = "enroll",
    .summary = "request a root's certificate, and import it",
    .operands = "--export [PATH] | --import FILE | --abandon",
    .most = 1,
    .uses = uses,
    .text =
        "--export writes the enrollment request and beside it a proof that "
        "the token holds the key. Both are carried to the authority. You "
        "may view the request (privyseal request show) but must not change "
        "it. --import takes the response: it must answer the pending "
        "request, and its chain must end in an anchor of the store. Each "
        "step may be repeated.\n\n"
        "A server that is enrolled already may enroll anew: it asks with the "
        "same key and GUID, and its certificate stays until the answer is "
        "imported. A member of a cluster does not enroll, it has the "
        "cluster's certificate; a licensing server is enrolled by privyseal "
        "subenroll.\n\n"
        "  privyseal enroll --store root1 --export /media/usb/\n"
        "  privyseal enroll --store root1 --import /media/usb/RMS01.slc.xml",
    .run = run,
};
