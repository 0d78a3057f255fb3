/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal renew */
#include "renew.h"

#include "enroll.h"
#include "verbs.h"

static enum iss_status export(struct tool *tool, struct tool_store *store) {
    return tool_part_export(tool, store,
                            tool_given(tool, TOOL_REKEY) ? ISS_REKEY
                                                         : ISS_RENEW);
}

static const struct tool_part parts[] = {
    {TOOL_EXPORT, true, {TOOL_FORCE, TOOL_REKEY, TOOL_KEY}, export},
    {TOOL_IMPORT,
     false,
     {TOOL_CONFIRM_WORDS, TOOL_ACCEPT_CHANGE},
     tool_part_import},
    {TOOL_ABANDON, false, {TOOL_HELP}, tool_part_abandon},
    {TOOL_UNATTENDED, false, {TOOL_DAYS}, tool_renew_unattended},
};

static enum iss_status run(struct tool *tool)
{
    return tool_parts_run(tool, parts, sizeof(parts) / sizeof(parts[0]));
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    TOOL_USES_AIR_GAP,
    {TOOL_REKEY, "with --export: ask for a new key, made in the token now; "
                 "the old one signs the request too"},
    {TOOL_KEY, "with --rekey: rsa:2048, rsa:3072 or rsa:4096; default: as "
               "large as the present one"},
    {TOOL_UNATTENDED, "exchange files in a folder: the request goes there "
                      "when it is time, the answer is taken from there"},
    {TOOL_DAYS, "with --unattended: how long before its end the certificate "
                "is renewed; default: 60"},
    TOOL_USE_ACCEPT_TIME,
    TOOL_USE_YES,
    {TOOL_DRY_RUN, "say what would happen, change nothing"},
    TOOL_USE_QUIET,
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_renew = {
    .name = "renew",
    .summary = "renew a server's certificate over an air gap",
    .operands = "--export [PATH] | --import FILE | --abandon |\n"
                "       --unattended DIR",
    .most = 1,
    .uses = uses,
    .text =
        "--export writes the renewal request, NAMERenewalRequest.xml, and "
        "beside it its proof, signed with the present key. A root's goes to "
        "the authority (privyseal authority sign), a licensing server's to "
        "the root that issued its certificate (privyseal subenroll --serve). "
        "Before, at and after the end of the certificate it is the same. "
        "The present certificate stays in use until --import has taken the "
        "answer; earlier ones are kept.\n\n"
        "--import shows the old and the new end and whatever else differs. A "
        "key, name, URL, right or issuer that has changed is taken with "
        "--accept-change only: exit 5 otherwise.\n\n"
        "--unattended is for a timer (privyseal-renew@.timer). It takes "
        "DIR/NAME.slc.xml when that has come (move it there whole, rather than "
        "copy it), else it writes the request to "
        "DIR from 60 days before the end on. It asks nothing, and refuses an "
        "answer that changes anything but dates. Events 16, 17 and 18 (30 "
        "days, 7 days, expired) go to the journal and to the system's log. "
        "Exit codes as of privyseal status: 0 nothing is due, or renewed; 11 "
        "the request waits in DIR; 12, 13 the same, with less than 30 or 7 "
        "days left; 14 expired.\n\n"
        "  privyseal renew --store root1 --export /media/usb/\n"
        "  privyseal renew --store root1 --import /media/usb/RMS01.slc.xml\n"
        "  privyseal renew --store lic1 --unattended /var/spool/privyseal/lic1",
    .run = run,
};
