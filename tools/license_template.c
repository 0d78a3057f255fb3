/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license template */
#include "license.h"
#include "verbs.h"

static void next(struct tool *tool, const char *path)
{
    tool_note(&tool->out, "next",
              "authors choose it: privyseal license pl --owner MAIL "
              "--template %s",
              path);
}

static const struct tool_licensing licensing = {.kind = ISS_TEMPLATE,
                                                .next = next};

static enum iss_status run(struct tool *tool)
{
    return tool_license(tool, &licensing);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_NAME, "what it is called"},
    {TOOL_DESCRIPTION, "what it is for; default: the name"},
    {TOOL_LCID, "the language of both, as Windows numbers them; default: "
                "1033, English"},
    {TOOL_FOR, "who gets the rights of --rights; anyone: whoever has an "
               "account here"},
    {TOOL_RIGHTS, "what they may do: view, print, edit, export, extract, "
                  "forward, reply, replyall, docedit, objmodel, viewrightsdata,"
                  " owner, or a word of your own"},
    {TOOL_GRANT, "rights of one user, until a time, or for a duration from the"
                 " first use (7d, 12h, 90min); may be given several times"},
    {TOOL_UNTIL, "when content under it ends; default: never"},
    {TOOL_REFERRAL, "where somebody may ask for more: an address, such as "
                    "mailto:desk@example.org"},
    TOOL_USES_REVOKERS,
    {TOOL_OUT, "the file; default: ./NAME.template.xml"},
    TOOL_USES_LICENSE,
    TOOL_USES_END,
};

const struct tool_verb tool_license_template = {
    .name = "license template",
    .summary = "sign a rights policy template",
    .operands = "--name NAME --for MAIL\n       --rights RIGHTS",
    .uses = uses,
    .text = "Signs a rights policy template: who may do what, under a "
            "name, for authors to choose instead of listing people each"
            " time. It is for contents of many owners and names none; "
            "whoever publishes under it becomes the owner. What was "
            "published under a template stays as it was when the "
            "template is replaced.\n"
            "\n"
            "  privyseal license template --store root1 --name Internal"
            " \\\n"
            "      --description 'Everybody here may read' --for anyone"
            " --rights view",
    .run = run,
};
