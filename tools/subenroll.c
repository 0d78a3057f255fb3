/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal subenroll */
#include "answer.h"
#include "enroll.h"
#include "verbs.h"

static const struct tool_office office = {
    .role = ISS_ROOT,
    .other = "only a root answers sub-enrollment requests; an authority "
             "answers those of roots by privyseal authority sign",
    .chain = "the root's chain",
    .taken = "subenroll",
};

static enum iss_status export(struct tool *tool, struct tool_store *store) {
    return tool_part_export(tool, store, ISS_SUB_ENROLL);
}

static enum iss_status serve(struct tool *tool, struct tool_store *store)
{
    return tool_answer(tool, store, tool_value(tool, TOOL_SERVE), &office);
}

static const struct tool_part parts[] = {
    {TOOL_EXPORT, true, {TOOL_FORCE}, export},
    {TOOL_IMPORT,
     false,
     {TOOL_CONFIRM_WORDS, TOOL_ACCEPT_CHANGE},
     tool_part_import},
    {TOOL_ABANDON, false, {TOOL_HELP}, tool_part_abandon},
    {TOOL_SERVE, false, {TOOL_AS, TOOL_OUT, TOOL_DAYS, TOOL_RECEIPT}, serve},
};

static enum iss_status run(struct tool *tool)
{
    return tool_parts_run(tool, parts, sizeof(parts) / sizeof(parts[0]));
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USES_AIR_GAP,
    {TOOL_SERVE, "root: answer the request in this file"},
    {TOOL_AS, "with --serve: refuse unless it is this principal of the access "
              "list that is proven to ask"},
    {TOOL_OUT, "with --serve: the response; default: ./NAME.slc.xml"},
    {TOOL_DAYS, "with --serve: how long the certificate lives; default: what "
                "the rule and the profile allow, at most one year"},
    {TOOL_RECEIPT, "with --serve: also write a signed receipt, for log verify "
                   "--receipt"},
    TOOL_USE_ACCEPT_TIME,
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would happen, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_subenroll = {
    .name = "subenroll",
    .summary = "a licensing server's certificate: ask, import, issue",
    .operands = "--export [PATH] | --import FILE | --abandon |\n"
                "       --serve REQUEST",
    .most = 1,
    .uses = uses,
    .text =
        "On a licensing server: --export writes the sub-enrollment request "
        "again that init has written first, with its proof; both are "
        "carried to the root. --import takes the response: it must answer "
        "the pending request, and its chain must end in an anchor of the "
        "store. Later certificates are had by privyseal renew.\n\n"
        "On the root: --serve answers a request, be it a first one, a "
        "renewal or a renewal with a new key. It is refused, exit 3, unless "
        "a rule of the store's access list (the file acl, privyseal acl "
        "--help) allows all of it; without that file everything is refused. "
        "Who asks is proven by a listed key that signed the proof; where no "
        "key is listed, by the user who runs this command, or a group of "
        "that user. --as proves nothing, it only checks. The answer is the "
        "new certificate and the root's whole chain. The same request again "
        "gets the same octets.\n\n"
        "  privyseal subenroll --store lic1 --export /media/usb/\n"
        "  privyseal subenroll --store root1 --serve LIC01EnrollRequest.xml\n"
        "  privyseal subenroll --store lic1 --import LIC01.slc.xml",
    .run = run,
};
