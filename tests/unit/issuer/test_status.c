/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes: names, texts, and what a message may hold. */
#include <string.h>

#include "issuer/status.h"
#include "unit.h"

static void codes_are_those_that_scripts_rely_on(void)
{
    CU_ASSERT_EQUAL(ISS_OK, 0);
    CU_ASSERT_EQUAL(ISS_MALFORMED, 4);
    CU_ASSERT_EQUAL(ISS_CONFLICT, 9);
    CU_ASSERT_EQUAL(ISS_XML, 20);
    CU_ASSERT_EQUAL(ISS_KEY, 25);
    CU_ASSERT_STRING_EQUAL(iss_status_name(ISS_KEY), "KEY");
    CU_ASSERT_STRING_EQUAL(iss_status_text(ISS_MALFORMED), "malformed input");
    CU_ASSERT_PTR_NULL(iss_status_name((enum iss_status)99));
    CU_ASSERT_STRING_EQUAL(iss_status_text((enum iss_status)99),
                           "unknown status");
}

static void first_failure_is_kept(void)
{
    struct iss_error error = {0};

    CU_ASSERT_EQUAL(iss_fail(&error, ISS_XML, "first %d", 1), ISS_XML);
    CU_ASSERT_EQUAL(iss_fail(&error, ISS_KEY, "second"), ISS_KEY);
    CU_ASSERT_EQUAL(error.status, ISS_XML);
    CU_ASSERT_STRING_EQUAL(error.text, "first 1");
    CU_ASSERT_EQUAL(iss_fail(NULL, ISS_KEY, "nobody asks"), ISS_KEY);
}

static void control_characters_do_not_reach_a_terminal(void)
{
    struct iss_error error = {0};

    (void)iss_fail(&error, ISS_XML, "%s",
                   "a\n\x1b[2Jb\x7f\xc2\x9b"
                   "c\xc3\xa4");
    CU_ASSERT_STRING_EQUAL(error.text, "a??[2Jb?\xc2?c\xc3\xa4");
}

static void a_long_text_is_cut(void)
{
    struct iss_error error = {0};
    char text[4 * ISS_TEXT_MAX];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)iss_fail(&error, ISS_XML, "%s", text);
    CU_ASSERT_EQUAL(strlen(error.text), ISS_TEXT_MAX - 1);
}

static const char *say(const char *text)
{
    static const struct {
        const char *english, *other;
    } rows[] = {{"%s: no such file", "%s: finns inte"},
                {"root: %s", "rot: %s"},
                {"%s: refused (%s)", "%s: nekad (%s)"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].english, text) == 0)
            return rows[i].other;
    return text;
}

static void a_message_is_said_in_the_users_language_too(void)
{
    struct iss_error cause = {.status = ISS_OK};
    struct iss_error error = {.status = ISS_OK};

    (void)iss_fail(&error, ISS_USAGE, "%s: no such file", "x");
    CU_ASSERT_STRING_EQUAL(error.text, "x: no such file");
    CU_ASSERT_STRING_EQUAL(error.local, "");
    iss_error_language(say);
    memset(&error, 0, sizeof(error));
    (void)iss_fail(&cause, ISS_USAGE, "%s: no such file", "x");
    CU_ASSERT_STRING_EQUAL(cause.text, "x: no such file");
    CU_ASSERT_STRING_EQUAL(cause.local, "x: finns inte");
    /* what quotes the English text quotes the other one */
    (void)iss_fail(&error, ISS_USAGE, "root: %s", cause.text);
    CU_ASSERT_STRING_EQUAL(error.text, "root: x: no such file");
    CU_ASSERT_STRING_EQUAL(error.local, "rot: x: finns inte");
    memset(&cause, 0, sizeof(cause));
    (void)iss_fail(&cause, ISS_USAGE, "%s: refused (%s)", "a", error.text);
    CU_ASSERT_STRING_EQUAL(cause.text, "a: refused (root: x: no such file)");
    CU_ASSERT_STRING_EQUAL(cause.local, "a: nekad (rot: x: finns inte)");
    iss_error_language(NULL);
    memset(&cause, 0, sizeof(cause));
    (void)iss_fail(&cause, ISS_USAGE, "%s: no such file", "x");
    CU_ASSERT_STRING_EQUAL(cause.local, "");
}

/* As long as it can be: nothing is written behind the end. */
static void a_long_message_is_cut_in_both_languages(void)
{
    char text[2 * ISS_TEXT_MAX];
    struct iss_error cause = {.status = ISS_OK};
    struct iss_error error = {.status = ISS_OK};

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    iss_error_language(say);
    (void)iss_fail(&cause, ISS_USAGE, "%s: no such file", text);
    CU_ASSERT_EQUAL(strlen(cause.text), ISS_TEXT_MAX - 1);
    CU_ASSERT_EQUAL(strlen(cause.local), ISS_TEXT_MAX - 1);
    (void)iss_fail(&error, ISS_USAGE, "root: %s", cause.text);
    CU_ASSERT_EQUAL(strlen(error.local), ISS_TEXT_MAX - 1);
    iss_error_language(NULL);
}

UNIT_MAIN("status", UNIT(a_message_is_said_in_the_users_language_too),
          UNIT(a_long_message_is_cut_in_both_languages),
          UNIT(codes_are_those_that_scripts_rely_on),
          UNIT(first_failure_is_kept),
          UNIT(control_characters_do_not_reach_a_terminal),
          UNIT(a_long_text_is_cut))
