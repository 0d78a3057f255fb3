/* SPDX-License-Identifier: Apache-2.0 */
#include "grants.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct iss_grant rows[ISS_GRANTS_MAX];
static size_t count;

/* Rows borrow from *words, which the caller frees. */
static enum iss_status read_rows(const char *users, const char *rights,
                                 const char *grant, char **words,
                                 struct iss_error *error)
{
    struct tool_options options = {.list_count = grant != NULL};

    options.value[TOOL_FOR] = users;
    options.value[TOOL_RIGHTS] = rights;
    options.value[TOOL_GRANT] = grant;
    options.list[0] = grant;
    *words = NULL;
    return tool_grants_read(&options, words, rows, &count, error);
}

static void every_right_goes_to_every_user(void)
{
    static const struct {
        const char *mail, *right;
    } expected[] = {{"a@x", "view"},
                    {"a@x", "print"},
                    {NULL, "view"},
                    {NULL, "print"},
                    {"b@x", "edit"}};
    struct iss_error error = {.status = ISS_OK};
    char *words = NULL;

    CU_ASSERT_EQUAL_FATAL(
        read_rows("a@x,anyone", "view,print", "b@x:edit", &words, &error),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_STRING_EQUAL(rows[i].right, expected[i].right);
        if (expected[i].mail == NULL) {
            CU_ASSERT_PTR_NULL(rows[i].mail);
        } else {
            CU_ASSERT_STRING_EQUAL(rows[i].mail, expected[i].mail);
        }
        CU_ASSERT_FALSE(rows[i].range.present);
        CU_ASSERT_FALSE(rows[i].interval.present);
    }
    free(words);
}

static void a_grant_may_end_or_last(void)
{
    /* GNU date: date -ud 2027-01-01T12:30 +%s */
    enum { LATER = 1798806600 };
    struct iss_error error = {.status = ISS_OK};
    char *words = NULL;

    CU_ASSERT_EQUAL_FATAL(
        read_rows(NULL, NULL, "a@x:view:2027-01-01T12:30", &words, &error),
        ISS_OK);
    CU_ASSERT_TRUE(rows[0].range.present);
    CU_ASSERT_EQUAL(rows[0].range.until, LATER);
    free(words);
    CU_ASSERT_EQUAL_FATAL(
        read_rows(NULL, NULL, "a@x:view,print:90min", &words, &error), ISS_OK);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_TRUE(rows[1].interval.present);
    CU_ASSERT_EQUAL(rows[1].interval.minutes, 90);
    CU_ASSERT_EQUAL(rows[1].interval.days, 0);
    CU_ASSERT_FALSE(rows[1].range.present);
    free(words);
    CU_ASSERT_EQUAL_FATAL(read_rows(NULL, NULL, "a@x:view:7d", &words, &error),
                          ISS_OK);
    CU_ASSERT_EQUAL(rows[0].interval.days, 7);
    free(words);
}

static void what_is_no_grant_is_a_mistake_in_calling(void)
{
    static const struct {
        const char *users, *rights, *grant;
    } wrong[] = {{"a@x", NULL, NULL},         {NULL, "view", NULL},
                 {"a@x,", "view", NULL},      {"a@x", ",view", NULL},
                 {"a@x", "view, edit", NULL}, {NULL, NULL, "a@x"},
                 {NULL, NULL, ":view"},       {NULL, NULL, "a@x:"},
                 {NULL, NULL, "a@x:view:"},   {NULL, NULL, "a@x:view:0d"},
                 {NULL, NULL, "a@x:view:1y"}, {NULL, NULL, "a@x:view:soon"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct iss_error error = {.status = ISS_OK};
        char *words = NULL;

        CU_ASSERT_EQUAL(read_rows(wrong[i].users, wrong[i].rights,
                                  wrong[i].grant, &words, &error),
                        ISS_USAGE);
        CU_ASSERT_STRING_NOT_EQUAL(error.text, "");
        CU_ASSERT_EQUAL(count, 0);
        free(words);
    }
}

static void more_than_fit_are_refused(void)
{
    char users[ISS_GRANTS_MAX * 4 + 8] = "";
    struct iss_error error = {.status = ISS_OK};
    char *words = NULL;
    size_t used = 0;

    for (int i = 0; i < ISS_GRANTS_MAX; i++) {
        memcpy(users + used, i == 0 ? "a@x" : ",a@x", i == 0 ? 3 : 4);
        used += i == 0 ? 3 : 4;
    }
    CU_ASSERT_EQUAL(read_rows(users, "view", NULL, &words, &error), ISS_OK);
    CU_ASSERT_EQUAL(count, ISS_GRANTS_MAX);
    free(words);
    CU_ASSERT_EQUAL(read_rows(users, "view", "b@x:view", &words, &error),
                    ISS_USAGE);
    free(words);
}

static void nothing_said_is_nothing_granted(void)
{
    struct iss_error error = {.status = ISS_OK};
    char *words = NULL;

    CU_ASSERT_EQUAL(read_rows(NULL, NULL, NULL, &words, &error), ISS_OK);
    CU_ASSERT_EQUAL(count, 0);
    free(words);
}

UNIT_MAIN("grants", UNIT(every_right_goes_to_every_user),
          UNIT(a_grant_may_end_or_last),
          UNIT(what_is_no_grant_is_a_mistake_in_calling),
          UNIT(more_than_fit_are_refused),
          UNIT(nothing_said_is_nothing_granted))
