/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a command line: getopt_long over tables, made strict. */
#include "option.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt's code of an option without a letter is LONG + its number. */
enum { LONG = 256, LETTERS_MAX = 3 * TOOL_OPTION_COUNT + 2 };

static const struct tool_option_info infos[TOOL_OPTION_COUNT] = {
#define OPTION(id, name, letter, kind, value) \
    [TOOL_##id] = {name, letter, TOOL_##kind, value},
#include "option.def"
#undef OPTION
};

struct tables { /* what getopt_long wants */
    struct option longs[TOOL_OPTION_COUNT + 1];
    char letters[LETTERS_MAX];
    size_t long_count, letter_count;
};

const struct tool_option_info *tool_option_info(enum tool_option option)
{
    return &infos[option];
}

static void add_row(struct tables *tables, enum tool_option option)
{
    static const int arguments[] = {[TOOL_FLAG] = no_argument,
                                    [TOOL_VALUE] = required_argument,
                                    [TOOL_MAYBE] = optional_argument,
                                    [TOOL_LIST] = required_argument};
    const struct tool_option_info *info = &infos[option];

    tables->longs[tables->long_count++] =
        (struct option){.name = info->name,
                        .has_arg = arguments[info->kind],
                        .val = LONG + (int)option};
    if (info->letter == 0)
        return;
    tables->letters[tables->letter_count++] = info->letter;
    if (arguments[info->kind] == required_argument)
        tables->letters[tables->letter_count++] = ':';
}

/* A leading ':' lets getopt tell a missing value from an unknown option. */
static void make_tables(const struct tool_use *uses, struct tables *tables)
{
    *tables = (struct tables){.letters = ":", .letter_count = 1};
    add_row(tables, TOOL_HELP);
    for (; uses->option != TOOL_OPTION_COUNT; uses++)
        add_row(tables, uses->option);
}

static enum tool_option option_of(int code)
{
    if (code >= LONG)
        return (enum tool_option)(code - LONG);
    for (int i = 0; i < TOOL_OPTION_COUNT; i++)
        if (infos[i].letter != 0 && infos[i].letter == code)
            return (enum tool_option)i;
    return TOOL_OPTION_COUNT;
}

/* getopt_long takes "--exp" for "--export": a script written so breaks on the
 * day another option begins alike. */
static bool abbreviated(const struct tool_option_info *info, char **argv)
{
    bool separate = optarg != NULL && optind > 1 && optarg == argv[optind - 1];
    const char *word = argv[optind - (separate ? 2 : 1)];
    size_t len = strlen(info->name);

    if (strncmp(word, "--", 2) != 0)
        return false;
    return strncmp(word + 2, info->name, len) != 0 ||
           (word[2 + len] != '\0' && word[2 + len] != '=');
}

static enum iss_status take(struct tool_options *options,
                            enum tool_option option, struct iss_error *error)
{
    const struct tool_option_info *info = &infos[option];

    if (optarg != NULL && optarg[0] == '\0')
        return iss_fail(error, ISS_USAGE, "--%s: the value is empty",
                        info->name);
    if (info->kind == TOOL_LIST) {
        if (options->list_count == TOOL_LIST_MAX)
            return iss_fail(error, ISS_USAGE, "--%s: given more than %d times",
                            info->name, TOOL_LIST_MAX);
        options->list[options->list_count++] = optarg;
    } else if (options->value[option] != NULL) {
        return iss_fail(error, ISS_USAGE, "--%s: given twice", info->name);
    }
    options->value[option] = optarg != NULL ? optarg : "";
    return ISS_OK;
}

static enum iss_status refuse(int code, char **argv, struct iss_error *error)
{
    enum tool_option option = option_of(optopt);
    const char *word = argv[optind - 1];

    /* a shortened name may have taken the next word as its value */
    if (word[0] != '-' && optind >= 2)
        word = argv[optind - 2];
    if (code == ':' && option != TOOL_OPTION_COUNT)
        return iss_fail(error, ISS_USAGE, "--%s: the value (%s) is missing",
                        infos[option].name, infos[option].value);
    if (optopt >= LONG)
        return iss_fail(error, ISS_USAGE, "--%s takes no value",
                        infos[option].name);
    if (optopt != 0)
        return iss_fail(error, ISS_USAGE, "unknown option -%c", optopt);
    return iss_fail(error, ISS_USAGE, "unknown option %s", word);
}

enum iss_status tool_options_parse(const struct tool_use *uses, int argc,
                                   char **argv, struct tool_options *options,
                                   struct iss_error *error)
{
    struct tables tables;
    enum iss_status status;
    int code;

    make_tables(uses, &tables);
    *options = (struct tool_options){0};
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    while ((code = getopt_long(argc, argv, tables.letters, tables.longs,
                               NULL)) != -1) {
        enum tool_option option = option_of(code);

        if (code == '?' || code == ':' || option == TOOL_OPTION_COUNT)
            return refuse(code, argv, error);
        if (abbreviated(&infos[option], argv))
            return iss_fail(error, ISS_USAGE,
                            "unknown option %s (did you mean --%s?)",
                            argv[optind - 1], infos[option].name);
        status = take(options, option, error);
        if (status != ISS_OK)
            return status;
        if (option == TOOL_HELP)
            return ISS_OK;
    }
    options->operands = argv + optind;
    options->operand_count = (size_t)(argc - optind);
    return ISS_OK;
}

enum iss_status tool_option_number(const struct tool_options *options,
                                   enum tool_option option, unsigned long max,
                                   unsigned long *out, struct iss_error *error)
{
    const char *text = options->value[option];
    char *end = NULL;
    unsigned long number;

    if (text == NULL)
        return ISS_OK;
    number = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (end == NULL || *end != '\0' || strlen(text) > 18 || number > max)
        return iss_fail(error, ISS_USAGE,
                        "--%s: not a whole number up to %lu: %s",
                        infos[option].name, max, text);
    *out = number;
    return ISS_OK;
}

enum iss_status tool_option_word(const struct tool_options *options,
                                 enum tool_option option,
                                 const char *const *words, int *out,
                                 struct iss_error *error)
{
    const char *text = options->value[option];
    char list[128] = "";
    size_t used = 0;

    if (text == NULL || text[0] == '\0')
        return ISS_OK;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return ISS_OK;
        }
        if (used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                     i == 0 ? "" : ", ", words[i]);
    }
    return iss_fail(error, ISS_USAGE, "--%s: %s is none of %s",
                    infos[option].name, text, list);
}
