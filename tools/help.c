/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of --help. */
#include "help.h"

#include <openssl/crypto.h>
#include <string.h>

enum { OPTION_COLUMNS = 28, VERB_COLUMNS = 21, LINE_COLUMNS = 79 };

/* Words of text from a column on, broken at the line's end. */
static void wrap(FILE *file, const char *text, size_t len, size_t indent)
{
    static const char blanks[] = " \n";
    const char *end = text + len;
    size_t column = indent;

    while (text < end) {
        size_t word = strcspn(text, blanks);

        if (text + word > end)
            word = (size_t)(end - text);
        if (column > indent && column + word + 1 > LINE_COLUMNS) {
            (void)fprintf(file, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            (void)fputc(' ', file);
            column++;
        }
        (void)fwrite(text, 1, word, file);
        column += word;
        text += word + 1;
    }
    (void)fputc('\n', file);
}

/* Paragraphs are wrapped; lines that begin with a blank, examples, are not. */
static void paragraphs(FILE *file, const char *text)
{
    while (*text != '\0') {
        const char *end = strstr(text, "\n\n");
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);

        if (text[0] == ' ')
            (void)fprintf(file, "%.*s\n", (int)len, text);
        else
            wrap(file, text, len, 0);
        (void)fputc('\n', file);
        text += len + (end != NULL ? 2 : 0);
    }
}

static void print_use(FILE *file, const struct tool_use *use)
{
    const struct tool_option_info *info = tool_option_info(use->option);
    char left[64];
    int columns;

    columns = snprintf(
        left, sizeof(left), "  %c%c%c --%s%s%s%s", info->letter ? '-' : ' ',
        info->letter ? info->letter : ' ', info->letter ? ',' : ' ', info->name,
        info->value == NULL        ? ""
        : info->kind == TOOL_MAYBE ? "[="
                                   : " ",
        info->value == NULL ? "" : info->value,
        info->kind == TOOL_MAYBE ? "]" : "");
    (void)fputs(left, file);
    if (columns + 2 > OPTION_COLUMNS) {
        (void)fputc('\n', file);
        columns = 0;
    }
    (void)fprintf(file, "%*s", OPTION_COLUMNS - columns, "");
    wrap(file, use->help, strlen(use->help), OPTION_COLUMNS);
}

void tool_help_verb(FILE *file, const struct tool_verb *verb)
{
    static const struct tool_use help = {TOOL_HELP, "this text"};

    (void)fprintf(file, "usage: privyseal %s%s%s [options]\n\n", verb->name,
                  verb->operands[0] != '\0' ? " " : "", verb->operands);
    paragraphs(file, verb->text);
    (void)fputs("options:\n", file);
    for (const struct tool_use *use = verb->uses;
         use->option != TOOL_OPTION_COUNT; use++)
        print_use(file, use);
    print_use(file, &help);
    (void)fprintf(file,
                  "\nManual: privyseal-%.*s(1). Exit codes: "
                  "privyseal(1).\n",
                  (int)strcspn(verb->name, " "), verb->name);
}

/* Where a newcomer begins: who is who, and the order of the first steps. */
static const char beginning[] =
    "\nthree roles, each with a store and keys of its own:\n"
    "  - authority: answers roots; its anchors.pem goes to every server\n"
    "  - root: the first server; answers licensing servers\n"
    "  - licensing: a server below the root\n"
    "\nto begin, in this order:\n"
    "  1  token init                 a token for each role\n"
    "  2  init --role authority      the authority's store and keys\n"
    "  3  init --role root           the root's, with the authority's anchors\n"
    "  4  enroll --export            at the root: writes its request\n"
    "  5  authority sign             at the authority: answers it\n"
    "  6  enroll --import            at the root: its certificate is in force\n"
    "  7  trust export               at the root: its chain, for step 8\n"
    "  8  init --role licensing      the next server's; writes its request\n"
    "  9  acl template               at the root: a list of who may ask for "
    "what\n"
    "  10 subenroll --serve          at the root: answers the server's "
    "request\n"
    "  11 subenroll --import         at the server: it is in force\n"
    "Later: renew before a certificate ends; status tells when.\n";

static const struct {
    const char *group, *text;
} groups[] = {
    {"token", "The tokens that hold keys. Begin with token init; token probe "
              "tells what a token can do."},
    {"key", "General keys, for any program. The keys of a server are "
            "made by init instead."},
    {"cluster", "Servers that share one key and one store. The first is made "
                "by init; cluster join adds another one."},
    {"trust", "Whom a server trusts, and what makes others trust it: the chain "
              "of a root, which init of a licensing server asks for."},
    {"request", "Requests as they arrive on a medium. Look, check, and compare "
                "the words with the sender before you sign."},
    {"authority", "What an enrollment authority does: it answers the requests "
                  "of roots."},
    {"acl", "The list at a root of who may ask for which certificate. Begin "
            "with acl template; without a list everything is refused."},
    {"log", "The journal of a store: every request, signature and refusal, in "
            "a chain that shows any change."},
};

static const char *text_of(const char *group)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (group != NULL && strcmp(groups[i].group, group) == 0)
            return groups[i].text;
    return "Keys stay in their PKCS#11 token; XrML server licensor "
           "certificates are requested, signed, imported and verified with "
           "them.";
}

void tool_help_group(FILE *file, const char *group)
{
    size_t len = group != NULL ? strlen(group) : 0;

    (void)fprintf(file, "usage: privyseal %s%s [options]\n\n",
                  group != NULL ? group : "VERB", group != NULL ? " VERB" : "");
    paragraphs(file, text_of(group));
    (void)fputs("verbs:\n", file);
    for (size_t i = 0; tool_verbs[i] != NULL; i++) {
        const struct tool_verb *verb = tool_verbs[i];

        if (group != NULL &&
            (strncmp(verb->name, group, len) != 0 || verb->name[len] != ' '))
            continue;
        (void)fprintf(file, "  %-*s", VERB_COLUMNS, verb->name);
        wrap(file, verb->summary, strlen(verb->summary), VERB_COLUMNS + 2);
    }
    if (group == NULL)
        (void)fputs(beginning, file);
    (void)fputs("\nprivyseal VERB --help says more of one, with an example; "
                "the manual begins at\nprivyseal(1).\n",
                file);
}

void tool_help_version(FILE *file, const char *group)
{
    (void)group;
    (void)fprintf(file, "privyseal %s (%s)\n", PRIVYSEAL_VERSION,
                  OpenSSL_version(OPENSSL_VERSION));
}
