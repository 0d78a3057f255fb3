/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal license pl */
#include "license.h"
#include "verbs.h"

static void next(struct tool *tool, const char *path)
{
    tool_note(&tool->out, "next",
              "who is named in it asks for a use license: privyseal license"
              " ul --rac RAC --pl %s",
              path);
}

static const struct tool_licensing licensing = {.kind = ISS_PL, .next = next};

static enum iss_status run(struct tool *tool)
{
    return tool_license(tool, &licensing);
}

static const struct tool_use uses[] = {
    TOOL_USES_STORE,
    {TOOL_OWNER, "whose content it is, by mail address: who may do everything "
                 "with it"},
    {TOOL_FOR, "who gets the rights of --rights; anyone: whoever has an "
               "account here"},
    {TOOL_RIGHTS, "what they may do: view, print, edit, export, extract, "
                  "forward, reply, replyall, docedit, objmodel, viewrightsdata,"
                  " owner, or a word of your own"},
    {TOOL_GRANT, "rights of one user, until a time, or for a duration from the"
                 " first use (7d, 12h, 90min); may be given several times"},
    {TOOL_TEMPLATE, "what may be done, as a rights policy template says it, in "
                    "place of --for, --rights and --grant"},
    {TOOL_CONTENT_KEY,
     "the key that the content is encrypted with: a file of 16 or "
     "32 octets, raw or as hexadecimal digits; default: a new "
     "AES-256 key, written beside the license as FILE.key, which "
     "its owner alone may read"},
    {TOOL_UNTIL, "when the content ends, whoever asks; default: never"},
    {TOOL_NAME, "what the policy is called, for readers"},
    {TOOL_DESCRIPTION, "what it says; goes with --name"},
    {TOOL_LCID, "the language of both, as Windows numbers them; default: "
                "1033, English"},
    {TOOL_REFERRAL, "where somebody may ask for more: an address, such as "
                    "mailto:anna@example.org"},
    TOOL_USES_REVOKERS,
    {TOOL_UNSIGNED, "sign this license, which a client made, as it stands"},
    {TOOL_OUT, "the file; default: ./OWNER-NONCE.pl.xml, with --unsigned "
               "./FILE.signed.pl.xml"},
    TOOL_USES_LICENSE,
    TOOL_USES_END,
};

const struct tool_verb tool_license_pl = {
    .name = "license pl",
    .summary = "publish content: who may do what with it (PL)",
    .operands = "--owner MAIL --for MAIL --rights RIGHTS |\n"
                "       --owner MAIL --template FILE | --unsigned FILE",
    .uses = uses,
    .text = "Issues a publishing license. It holds the content key, "
            "sealed to this server's key, and what the author allows, "
            "encrypted with the content key. Nobody reads either but "
            "this server, which asks its token to unseal them when "
            "somebody wants a use license. Without --content-key a new "
            "key is made: encrypt your content with it, then destroy it"
            " or keep it well, for whoever has the key needs no "
            "license. A file that --content-key names must be there: a "
            "key made for a mistyped name would open nothing.\n"
            "\n"
            "With --unsigned a client has made the license and sealed "
            "its content key to this server; it is verified and signed.\n"
            "\n"
            "  privyseal license pl --owner anna@example.org --for "
            "bo@example.org \\\n"
            "      --rights view,print --until 2027-12-31 --out "
            "plan.pl.xml\n"
            "  privyseal license pl --owner anna@example.org \\\n"
            "      --grant bo@example.org:view:7d --grant "
            "anyone:view:2027-01-01",
    .run = run,
};
