/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a command line, driven by option.def and the table of a verb.
 * The same tables print --help, and the manual is tested against them. */
#ifndef PRIVYSEAL_TOOL_OPTION_H
#define PRIVYSEAL_TOOL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "issuer/status.h"

enum tool_option {
#define OPTION(id, name, letter, kind, value) TOOL_##id,
#include "option.def"
#undef OPTION
    TOOL_OPTION_COUNT
};

enum tool_kind {
    TOOL_FLAG,
    TOOL_VALUE,
    TOOL_MAYBE, /* --name or --name=value */
    TOOL_LIST   /* may be given several times */
};

enum { TOOL_LIST_MAX = 8 };

struct tool_use { /* that a verb takes an option, and what for */
    enum tool_option option;
    const char *help;
};

/* Last row of a table of uses. */
#define TOOL_USES_END           \
    {                           \
        TOOL_OPTION_COUNT, NULL \
    }

struct tool_option_info {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum tool_kind kind;
    const char *value; /* "FILE"; NULL with TOOL_FLAG */
};

struct tool_options {                     /* borrowed from argv */
    const char *value[TOOL_OPTION_COUNT]; /* NULL: not given; flags: "" */
    const char *list[TOOL_LIST_MAX];      /* values of the TOOL_LIST option */
    size_t list_count;
    char *const *operands;
    size_t operand_count;
};

/* Never NULL for a valid option. Static. */
const struct tool_option_info *tool_option_info(enum tool_option option);

/* Reads argv[1] and on; argv[0] is skipped, argv is reordered so that operands
 * come last. --help is always taken, and ends the reading. Refuses with
 * ISS_USAGE: unknown or abbreviated options, an option given twice, a value
 * missing, empty or too many. Not thread-safe (getopt). */
ISS_CHECKED enum iss_status tool_options_parse(const struct tool_use *uses,
                                               int argc, char **argv,
                                               struct tool_options *options,
                                               struct iss_error *error);

/* Decimal digits alone, at most max; ISS_USAGE names the option. */
ISS_CHECKED enum iss_status
tool_option_number(const struct tool_options *options, enum tool_option option,
                   unsigned long max, unsigned long *out,
                   struct iss_error *error);

/* The index of the value in words (NULL-terminated), unchanged *out where the
 * option is not given; ISS_USAGE lists the words. */
ISS_CHECKED enum iss_status tool_option_word(const struct tool_options *options,
                                             enum tool_option option,
                                             const char *const *words, int *out,
                                             struct iss_error *error);

#endif
