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

UNIT_MAIN("status", UNIT(codes_are_those_that_scripts_rely_on),
          UNIT(first_failure_is_kept),
          UNIT(control_characters_do_not_reach_a_terminal),
          UNIT(a_long_text_is_cut))
