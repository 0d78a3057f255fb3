/* SPDX-License-Identifier: Apache-2.0 */
/* One run of one verb: what was asked, where output goes, what went wrong. */
#ifndef PRIVYSEAL_TOOL_H
#define PRIVYSEAL_TOOL_H

#include "issuer/status.h"
#include "option.h"
#include "output.h"

struct tool {
    const struct tool_verb *verb;
    struct tool_options options;
    struct tool_out out;
    struct iss_error error;
};

struct tool_verb {
    const char *name;    /* "token list" */
    const char *summary; /* one line for lists of verbs */
    /* Behind the name in the usage line: "FILE...", required options, "" */
    const char *operands;
    size_t least, most; /* operands */
    const struct tool_use *uses;
    const char *text; /* what --help teaches, with an example */
    /* Prints what it has to say; on failure tool->error holds the sentence,
     * an empty one where everything has been said (status, verify). */
    enum iss_status (*run)(struct tool *tool);
};

/* All verbs; ends with NULL. */
extern const struct tool_verb *const tool_verbs[];

/* tool.error, and returns status. */
#define tool_fail(tool, status, ...) \
    iss_fail(&(tool)->error, (status), __VA_ARGS__)

static inline const char *tool_value(const struct tool *tool,
                                     enum tool_option option)
{
    return tool->options.value[option];
}

static inline bool tool_given(const struct tool *tool, enum tool_option option)
{
    return tool->options.value[option] != NULL;
}

/* The whole program: argv as main got it. Called as privyseal-VERB it is that
 * verb. Returns the exit code. */
int tool_main(int argc, char **argv);

#endif
