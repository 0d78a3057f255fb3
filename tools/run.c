/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the verb, reads its options, runs it, reports. */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "say.h"
#include "text.h"

static void report(const char *name, const struct iss_error *error)
{
    (void)fprintf(stderr, "privyseal%s%s: ", name[0] != '\0' ? " " : "", name);
    const char *text = error->local[0] != '\0' ? error->local : error->text;

    (void)tool_text_write(stderr, text, strlen(text));
    (void)fputc('\n', stderr);
}

static const struct tool_verb *find_verb(const char *name)
{
    for (size_t i = 0; tool_verbs[i] != NULL; i++)
        if (strcmp(tool_verbs[i]->name, name) == 0)
            return tool_verbs[i];
    return NULL;
}

/* "token" of "token list". */
static bool is_group(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; tool_verbs[i] != NULL; i++)
        if (strncmp(tool_verbs[i]->name, word, len) == 0 &&
            tool_verbs[i]->name[len] == ' ')
            return true;
    return false;
}

static enum iss_status check_operands(struct tool *tool)
{
    const struct tool_verb *verb = tool->verb;
    size_t count = tool->options.operand_count;

    if (count < verb->least)
        return tool_fail(tool, ISS_USAGE, "%s is missing", verb->operands);
    if (count > verb->most)
        return tool_fail(tool, ISS_USAGE, "one word too many: %s",
                         tool->options.operands[verb->most]);
    return ISS_OK;
}

static enum iss_status parse(struct tool *tool, int argc, char **argv)
{
    enum iss_status status = tool_options_parse(tool->verb->uses, argc, argv,
                                                &tool->options, &tool->error);

    if (status == ISS_OK && !tool_given(tool, TOOL_HELP))
        status = check_operands(tool);
    if (status != ISS_OK) {
        size_t used = strlen(tool->error.text);
        size_t said = strlen(tool->error.local);

        (void)snprintf(tool->error.text + used, sizeof(tool->error.text) - used,
                       "; see privyseal %s --help", tool->verb->name);
        if (said > 0)
            (void)snprintf(
                tool->error.local + said, sizeof(tool->error.local) - said,
                tool_say("; see privyseal %s --help"), tool->verb->name);
    }
    return status;
}

static int run_verb(const struct tool_verb *verb, int argc, char **argv)
{
    struct tool tool = {.verb = verb};
    struct iss_error output = {0};
    enum iss_status status = parse(&tool, argc, argv);
    enum iss_status written;

    if (tool_given(&tool, TOOL_JSON)) {
        tool_speak_english();
        tool.error.local[0] = '\0';
    }
    tool_out_init(&tool.out, stdout, tool_given(&tool, TOOL_JSON),
                  tool_given(&tool, TOOL_QUIET));
    if (status == ISS_OK && tool_given(&tool, TOOL_HELP))
        tool_help_verb(stdout, verb);
    else if (status == ISS_OK)
        status = verb->run(&tool);
    written = tool_out_finish(&tool.out, &output);
    if (status != ISS_OK && tool.error.text[0] != '\0')
        report(verb->name, &tool.error);
    else if (written != ISS_OK)
        report(verb->name, &output);
    return (int)(status != ISS_OK ? status : written);
}

__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
    struct iss_error error = {0};
    char text[ISS_TEXT_MAX];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), tool_say(format), list);
    va_end(list);
    /* quoted, so that control characters are gone */
    (void)iss_fail(&error, ISS_USAGE, "%s", text);
    report("", &error);
    return ISS_USAGE;
}

/* privyseal --help, privyseal token --help, privyseal --version */
static int run_page(void (*page)(FILE *file, const char *group),
                    const char *group)
{
    struct tool_out out;
    struct iss_error error = {0};
    enum iss_status status;

    tool_out_init(&out, stdout, false, false);
    page(stdout, group);
    status = tool_out_finish(&out, &error);
    if (status != ISS_OK)
        report("", &error);
    return (int)status;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const struct tool_verb *two_words(const char *group, const char *word)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "%s %s", group, word);
    return find_verb(name);
}

static int run_group(const char *group, int argc, char **argv)
{
    const struct tool_verb *verb;

    if (argc < 3)
        return wrong("which of its verbs? see privyseal %s --help", group);
    if (is_help(argv[2]))
        return run_page(tool_help_group, group);
    verb = two_words(group, argv[2]);
    if (verb == NULL)
        return wrong("no such verb: %s %s; see privyseal --help", group,
                     argv[2]);
    return run_verb(verb, argc - 2, argv + 2);
}

/* The verb that the program's own name says, as privyseal-enroll; or NULL. */
static const struct tool_verb *verb_of_name(const char *program)
{
    static const char prefix[] = "privyseal-";
    const char *slash = strrchr(program, '/');
    const char *name = slash != NULL ? slash + 1 : program;

    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    return find_verb(name + sizeof(prefix) - 1);
}

int tool_main(int argc, char **argv)
{
    const struct tool_verb *verb = argc > 0 ? verb_of_name(argv[0]) : NULL;
    struct iss_error error = {0};

    if (tool_speak(&argc, argv, &error) != ISS_OK) {
        report("", &error);
        return ISS_USAGE;
    }
    if (verb != NULL)
        return run_verb(verb, argc, argv);
    if (argc < 2)
        return wrong("which verb? see privyseal --help");
    if (is_help(argv[1]))
        return run_page(tool_help_group, NULL);
    if (strcmp(argv[1], "--version") == 0)
        return run_page(tool_help_version, NULL);
    if (argv[1][0] == '-')
        return wrong("the verb stands before its options: %s; see privyseal "
                     "--help",
                     argv[1]);
    /* "doctor openssl-conf" before "doctor" with an operand */
    if (argc > 2 && two_words(argv[1], argv[2]) != NULL)
        return run_verb(two_words(argv[1], argv[2]), argc - 2, argv + 2);
    verb = find_verb(argv[1]);
    if (verb != NULL && strchr(argv[1], ' ') == NULL)
        return run_verb(verb, argc - 1, argv + 1);
    if (is_group(argv[1]))
        return run_group(argv[1], argc, argv);
    return wrong("no such verb: %s; see privyseal --help", argv[1]);
}
