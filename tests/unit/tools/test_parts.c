/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that do one of several things. */
#include <string.h>

#include "tools/enroll.h"
#include "unit.h"

static enum iss_status never(struct tool *tool, struct tool_store *store)
{
    (void)tool, (void)store;
    CU_FAIL("a store was opened");
    return ISS_INTERNAL;
}

static const struct tool_part parts[] = {
    {TOOL_EXPORT, true, {TOOL_FORCE, TOOL_REKEY}, never},
    {TOOL_IMPORT, false, {TOOL_CONFIRM_WORDS}, never},
    {TOOL_ABANDON, false, {TOOL_HELP}, never},
};

static const struct tool_verb verb = {.name = "renew"};

static struct tool tool_of(void)
{
    struct tool tool = {.verb = &verb};

    /* what stops every run here: no such store */
    tool.options.value[TOOL_STORE] = "there/is/no/such/store";
    return tool;
}

static void refused(struct tool *tool, const char *expected)
{
    CU_ASSERT_EQUAL(
        tool_parts_run(tool, parts, sizeof(parts) / sizeof(parts[0])),
        ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(tool->error.text, expected));
}

static void one_part_is_asked_for(void)
{
    struct tool tool = tool_of();

    refused(&tool, "one of --export, --import FILE, --abandon");
    tool = tool_of();
    tool.options.value[TOOL_EXPORT] = "";
    tool.options.value[TOOL_ABANDON] = "";
    refused(&tool, "one of --export");
}

static void an_option_of_another_part_is_refused(void)
{
    struct tool tool = tool_of();

    tool.options.value[TOOL_IMPORT] = "file";
    tool.options.value[TOOL_REKEY] = "";
    refused(&tool, "--rekey goes with --export");
    tool = tool_of();
    tool.options.value[TOOL_EXPORT] = "";
    tool.options.value[TOOL_CONFIRM_WORDS] = "";
    refused(&tool, "--confirm-words goes with --import");
}

static void a_path_is_for_the_part_that_takes_one(void)
{
    static char path[] = "path";
    char *operands[] = {path, NULL};
    struct tool tool = tool_of();

    tool.options.operands = operands;
    tool.options.operand_count = 1;
    tool.options.value[TOOL_ABANDON] = "";
    refused(&tool, "one word too many: path");
    tool = tool_of();
    tool.options.operands = operands;
    tool.options.operand_count = 1;
    tool.options.value[TOOL_EXPORT] = "";
    tool.options.value[TOOL_REKEY] = "";
    refused(&tool, "there/is/no/such/store");
}

UNIT_MAIN("parts", UNIT(one_part_is_asked_for),
          UNIT(an_option_of_another_part_is_refused),
          UNIT(a_path_is_for_the_part_that_takes_one))
