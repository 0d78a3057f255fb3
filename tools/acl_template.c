/* SPDX-License-Identifier: Apache-2.0 */
/* privyseal acl template */
#include "store.h"
#include "verbs.h"

#include <string.h>

/* Valid as it stands: no rule allows anything. */
static const char *const lines[] = {
    "privyseal-acl 1",
    "serial 1",
    "#",
    "# Who may have a server certificate issued by this root. Default: nobody.",
    "# Put this file into the store's folder as \"acl\", owned by root or by "
    "the",
    "# user who runs privyseal, mode 644. It is read anew for each decision;",
    "# privyseal-acl(5) explains every word.",
    "#",
    "#   privyseal acl check FILE                 is it valid, is it wise?",
    "#   privyseal acl explain FILE --as NAME --url URL",
    "#   privyseal acl diff OLD NEW               who gains, who loses?",
    "#   privyseal acl simulate FILE              the past, under this list",
    "",
    "# Who: a name and what proves it. The key of a licensing server is best;",
    "# privyseal key show and privyseal request show print its SHA-256.",
    "#",
    "#principal  eu-branch  "
    "key-sha256:0123456789abcdef0123456789abcdef0123456789"
    "abcdef0123456789abcdef",
    "principal   rms-service  unix-group:rms-service",
    "",
    "# What: an allow must cover a request all by itself; a deny always wins.",
    "# What an allow does not state is narrow: max-validity=1y, "
    "key=rsa:2048-4096,",
    "# quota=1/30d, outstanding=1, and a GUID that is new or its own.",
    "#",
    "#allow  eu-branch    op=sub-enroll,renew  "
    "url=https://lic.eu.example.com/_wmcs "
    " not-after=2030-01-01T00:00:00Z",
    "#deny   *            op=*  url=https://*.retired.example.com/*",
    "#",
    "# As Windows Rights Management Services had it: the members of the "
    "service",
    "# group may sub-enroll. Whoever runs \"privyseal subenroll --serve\" for "
    "a",
    "# server whose key is not listed must be a member. To have it so, take "
    "away",
    "# the # of the next line, name your URL, and make the last line \"end "
    "3\".",
    "#allow  rms-service  op=sub-enroll,renew  url=https://*.example.com/_wmcs",
    "",
    "# How many statements stand above: serial, principal, allow, deny. A list",
    "# that lost its tail, or a statement too many, denies everything.",
    "end 2",
};

static enum iss_status run(struct tool *tool)
{
    struct tool_json *json = &tool->out.json;
    char text[4096];
    size_t used = 0;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        const size_t len = strlen(lines[i]);

        if (used + len + 2 > sizeof(text))
            return tool_fail(tool, ISS_INTERNAL, "the template is too long");
        memcpy(text + used, lines[i], len);
        used += len;
        text[used++] = '\n';
    }
    text[used] = '\0';
    if (!tool->out.as_json) {
        (void)fputs(text, tool->out.file); /* for a file: no colours */
        return ISS_OK;
    }
    tool_json_open(json, NULL, '{');
    tool_json_text(json, "template", text);
    tool_json_close(json, '}');
    return ISS_OK;
}

static const struct tool_use uses[] = {
    TOOL_USE_JSON,
    TOOL_USES_END,
};

const struct tool_verb tool_acl_template = {
    .name = "acl template",
    .summary = "an access list to begin with: it allows nothing yet",
    .operands = "",
    .uses = uses,
    .text = "Prints a commented access list that is valid and denies "
            "everything, with examples to uncomment; among them the rule that "
            "members of the service group may sub-enroll.\n\n"
            "  privyseal acl template > acl.new",
    .run = run,
};
