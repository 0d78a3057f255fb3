/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license ul */
#include "license.h"
#include "verbs.h"

static void next(struct tool *tool, const char *path)
{
    tool_note(&tool->out, "next",
              "the user's machine takes it and opens the file: privyseal "
              "client accept %s",
              path);
}

static const struct tool_licensing licensing = {.kind = ISS_UL, .next = next};

static enum iss_status run(struct tool *tool)
{
    return tool_license(tool, &licensing);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_RAC, "the account certificate of who asks"},
    {TOOL_PL, "the publishing license of the content, made by this server "
              "or by a client of it"},
    {TOOL_UNTIL, "when it ends; default: what the configuration says, seven "
                 "years, or when the content does"},
    {TOOL_LEGACY, "of a trusted publishing domain, also take what is of "
                  "cryptographic mode 1: sealed-key, SHA-1, RSA keys under "
                  "2048 bits"},
    {TOOL_OUT, "the file; default: ./PL.MAIL.ul.xml"},
    TOOL_USES_LICENSE,
    TOOL_USES_END,
};

const struct tool_verb tool_license_ul = {
    .name = "license ul",
    .summary = "license a user to use content (UL)",
    .operands = "--rac FILE --pl FILE",
    .uses = uses,
    .text = "Issues a use license: verifies both documents up to the "
            "store's anchors, then asks the token to unseal the content"
            " key and looks up what the author allows this user. The "
            "key is sealed to the user's account, and the rights that "
            "the user has are written beside it. A user who is not "
            "named gets nothing, exit 3; the owner may do everything. A"
            " publishing license for another server's key is refused, "
            "unless that is a publishing domain that the store trusts "
            "(privyseal trust add publishing).\n"
            "\n"
            "  privyseal license ul --store root1 \\\n"
            "      --rac bo@example.org.rac.xml --pl plan.pl.xml",
    .run = run,
};
