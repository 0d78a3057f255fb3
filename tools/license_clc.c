/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license clc */
#include "license.h"
#include "verbs.h"

static void next(struct tool *tool, const char *path)
{
    tool_note(&tool->out, "next",
              "the user's machine takes it, and can protect files then: "
              "privyseal client accept %s",
              path);
}

static const struct tool_licensing licensing = {.kind = ISS_CLC, .next = next};

static enum iss_status run(struct tool *tool)
{
    return tool_license(tool, &licensing);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_RAC, "the account certificate of the user"},
    {TOOL_UNTIL, "when it ends; default: what the configuration says, seven "
                 "years"},
    {TOOL_OUT, "the file; default: ./MAIL.clc.xml"},
    TOOL_USES_LICENSE,
    TOOL_USES_END,
};

const struct tool_verb tool_license_clc = {
    .name = "license clc",
    .summary = "let a user protect files offline (CLC)",
    .operands = "--rac FILE",
    .uses = uses,
    .text = "Issues a client licensor certificate: a key pair with which "
            "a user's machine signs publishing licenses of its own, "
            "without asking a server (privyseal protect). Its private "
            "half is sealed to the key of the account. Roots and "
            "licensing servers do that, for accounts of their own "
            "installation and of those that they trust (privyseal trust "
            "add users).\n"
            "\n"
            "  privyseal license clc --store lic1 --rac "
            "anna@example.org.rac.xml",
    .run = run,
};
