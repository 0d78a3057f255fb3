/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license rac */
#include "license.h"
#include "verbs.h"

static void next(struct tool *tool, const char *path)
{
    tool_note(&tool->out, "next",
              "the user's machine takes it: privyseal client accept %s", path);
}

static const struct tool_licensing licensing = {.kind = ISS_RAC, .next = next};

static enum iss_status run(struct tool *tool)
{
    return tool_license(tool, &licensing);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_USER, "whom it is for, by mail address"},
    {TOOL_USER_ID, "the user's SID, GUID or PUID; default: made from the mail "
                   "address and this installation, always the same"},
    {TOOL_MACHINE, "the machine certificate, as privyseal client init has "
                   "written it"},
    {TOOL_TEMPORARY, "for a machine that is not the user's own: 15 minutes"},
    {TOOL_UNTIL, "when it ends; default: what the configuration says, a year"},
    {TOOL_OUT, "the file; default: ./MAIL.rac.xml"},
    TOOL_USES_LICENSE,
    TOOL_USES_END,
};

const struct tool_verb tool_license_rac = {
    .name = "license rac",
    .summary = "certify a user on a machine (RAC)",
    .operands = "--user MAIL --machine FILE",
    .uses = uses,
    .text = "Issues an account certificate: who a user is, for one "
            "machine. A root alone does that. The user's key pair is "
            "made with the first certificate and is the same on every "
            "machine; its private half is sealed to the machine's key "
            "and to nobody else's, and the store keeps it sealed to the"
            " licensor key, so that only the token can open it. You "
            "vouch for who the user is.\n"
            "\n"
            "The machine certificate must come from an authority that "
            "the store trusts (privyseal trust add machines). Whoever "
            "is excluded (trust add excluded) gets nothing.\n"
            "\n"
            "  privyseal license rac --store root1 --user "
            "anna@example.org \\\n"
            "      --machine laptop.machine.xml",
    .run = run,
};
