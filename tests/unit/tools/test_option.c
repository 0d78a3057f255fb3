/* SPDX-License-Identifier: Apache-2.0 */
/* Options of a command line: what is read, and what is refused and how. */
#include "tools/option.h"

#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"
#include "unit.h"

static const struct tool_use uses[] = {
    {TOOL_STORE, "a store"},        {TOOL_YES, "agree"},
    {TOOL_EXPORT, "export"},        {TOOL_CAN_UNSEAL, "unseal"},
    {TOOL_REVOCATION_KEY, "a key"}, {TOOL_COUNT, "how many"},
    {TOOL_REVOCATION, "which"},     TOOL_USES_END,
};

static char *arguments[24];
static struct tool_options options;
static struct iss_error error;

static enum iss_status parse(const char *const *words)
{
    int count = 1;

    for (int i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    arguments[0] = strdup("verb");
    for (; words[count - 1] != NULL; count++)
        arguments[count] = strdup(words[count - 1]);
    arguments[count] = NULL;
    error = (struct iss_error){0};
    return tool_options_parse(uses, count, arguments, &options, &error);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void options_and_operands_may_stand_in_any_order(void)
{
    CU_ASSERT_EQUAL(PARSE("a.xml", "--store", "dir", "b.xml", "-y"), ISS_OK);
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_STORE], "dir");
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_YES], "");
    CU_ASSERT_PTR_NULL(options.value[TOOL_EXPORT]);
    CU_ASSERT_EQUAL_FATAL(options.operand_count, 2);
    CU_ASSERT_STRING_EQUAL(options.operands[0], "a.xml");
    CU_ASSERT_STRING_EQUAL(options.operands[1], "b.xml");
}

static void a_value_may_follow_an_equals_sign(void)
{
    CU_ASSERT_EQUAL(PARSE("--store=x y", "-n3"), ISS_OK);
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_STORE], "x y");
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_COUNT], "3");
}

static void after_two_dashes_everything_is_an_operand(void)
{
    CU_ASSERT_EQUAL(PARSE("--yes", "--", "--store"), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(options.operand_count, 1);
    CU_ASSERT_STRING_EQUAL(options.operands[0], "--store");
}

static void an_optional_value_is_taken_after_an_equals_sign_only(void)
{
    CU_ASSERT_EQUAL(PARSE("--can-unseal", "no"), ISS_OK);
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_CAN_UNSEAL], "");
    CU_ASSERT_EQUAL(options.operand_count, 1);
    CU_ASSERT_EQUAL(PARSE("--can-unseal=no"), ISS_OK);
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_CAN_UNSEAL], "no");
}

static void a_list_may_be_given_up_to_eight_times(void)
{
    const char *words[2 * TOOL_LIST_MAX + 3] = {NULL};

    for (size_t i = 0; i < TOOL_LIST_MAX; i++) {
        words[2 * i] = "--revocation-key";
        words[2 * i + 1] = "f";
    }
    CU_ASSERT_EQUAL(parse(words), ISS_OK);
    CU_ASSERT_EQUAL(options.list_count, TOOL_LIST_MAX);
    words[2 * TOOL_LIST_MAX] = "--revocation-key=f";
    CU_ASSERT_EQUAL(parse(words), ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "--revocation-key"));
}

static void refused(enum iss_status status, const char *text)
{
    CU_ASSERT_EQUAL(status, ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, text));
}

static void wrong_options_are_refused_with_their_name(void)
{
    refused(PARSE("--frobnicate"), "--frobnicate");
    refused(PARSE("--import", "x"), "--import"); /* not this verb's */
    refused(PARSE("-Z"), "-Z");
    refused(PARSE("--store"), "--store");
    refused(PARSE("-n"), "--count");
    refused(PARSE("--store="), "--store");
    refused(PARSE("--store", ""), "--store");
    refused(PARSE("--yes=no"), "--yes");
    refused(PARSE("--store", "a", "--store", "b"), "--store: given twice");
    refused(PARSE("-y", "--yes"), "--yes: given twice");
}

static void abbreviations_are_refused_and_the_option_is_named(void)
{
    refused(PARSE("--exp"), "--export");
    refused(PARSE("--sto", "x"), "--store");
    refused(PARSE("--sto=x"), "--store");
}

static void a_value_that_looks_like_an_option_is_a_value(void)
{
    CU_ASSERT_EQUAL(PARSE("--store", "--yes"), ISS_OK);
    CU_ASSERT_STRING_EQUAL(options.value[TOOL_STORE], "--yes");
    CU_ASSERT_PTR_NULL(options.value[TOOL_YES]);
}

static void help_ends_the_reading(void)
{
    CU_ASSERT_EQUAL(PARSE("--help", "--frobnicate"), ISS_OK);
    CU_ASSERT_PTR_NOT_NULL(options.value[TOOL_HELP]);
}

static void numbers_are_decimal_digits_within_a_limit(void)
{
    unsigned long number = 7;

    (void)PARSE("--yes");
    CU_ASSERT_EQUAL(
        tool_option_number(&options, TOOL_COUNT, 10, &number, &error), ISS_OK);
    CU_ASSERT_EQUAL(number, 7);
    (void)PARSE("-n", "10");
    CU_ASSERT_EQUAL(
        tool_option_number(&options, TOOL_COUNT, 10, &number, &error), ISS_OK);
    CU_ASSERT_EQUAL(number, 10);
    static const char *const wrong[] = {
        "11",  "-1",  "+1",
        " 1",  "1 ",  "0x1",
        "1e1", "ten", "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        (void)PARSE("-n", wrong[i]);
        CU_ASSERT_EQUAL(
            tool_option_number(&options, TOOL_COUNT, 10, &number, &error),
            ISS_USAGE);
    }
    CU_ASSERT_EQUAL(number, 10);
}

static void words_are_taken_whole_and_listed_when_wrong(void)
{
    static const char *const words[] = {"standard", "custom", NULL};
    int choice = -1;

    (void)PARSE("--revocation", "custom");
    CU_ASSERT_EQUAL(
        tool_option_word(&options, TOOL_REVOCATION, words, &choice, &error),
        ISS_OK);
    CU_ASSERT_EQUAL(choice, 1);
    (void)PARSE("--revocation", "cust");
    refused(tool_option_word(&options, TOOL_REVOCATION, words, &choice, &error),
            "standard, custom");
}

enum {
#define VERB(id) +1
    VERBS = 0
#include "tools/verbs.def"
#undef VERB
};

static void every_verb_takes_each_option_once_and_describes_it(void)
{
    size_t verbs = 0;

    for (; tool_verbs[verbs] != NULL; verbs++) {
        bool seen[TOOL_OPTION_COUNT] = {false};
        const struct tool_use *use = tool_verbs[verbs]->uses;

        for (; use->option != TOOL_OPTION_COUNT; use++) {
            CU_ASSERT_FALSE(seen[use->option]);
            CU_ASSERT_TRUE(strlen(use->help) > 3);
            seen[use->option] = true;
        }
        CU_ASSERT_FALSE(seen[TOOL_HELP]);
        CU_ASSERT_PTR_NOT_NULL(strstr(tool_verbs[verbs]->text, "\n\n  priv"));
        CU_ASSERT_TRUE(tool_verbs[verbs]->least <= tool_verbs[verbs]->most);
    }
    CU_ASSERT_EQUAL(verbs, VERBS);
}

static const struct unit_test tests[] = {
    UNIT(options_and_operands_may_stand_in_any_order),
    UNIT(a_value_may_follow_an_equals_sign),
    UNIT(after_two_dashes_everything_is_an_operand),
    UNIT(an_optional_value_is_taken_after_an_equals_sign_only),
    UNIT(a_list_may_be_given_up_to_eight_times),
    UNIT(wrong_options_are_refused_with_their_name),
    UNIT(abbreviations_are_refused_and_the_option_is_named),
    UNIT(a_value_that_looks_like_an_option_is_a_value),
    UNIT(help_ends_the_reading),
    UNIT(numbers_are_decimal_digits_within_a_limit),
    UNIT(words_are_taken_whole_and_listed_when_wrong),
    UNIT(every_verb_takes_each_option_once_and_describes_it),
};

int main(int argc, char **argv)
{
    int result = unit_main("option", tests, sizeof(tests) / sizeof(tests[0]),
                           argc, argv);

    for (int i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    return result;
}
