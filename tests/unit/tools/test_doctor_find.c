/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several errors the exit code is. */
#include "tools/doctor_find.h"

#include "unit.h"

static void the_graver_error_is_the_exit_code(void)
{
    static const enum iss_status order[] = {
        ISS_JOURNAL, ISS_CLOCK, ISS_STORE, ISS_LOGIN, ISS_TOKEN, ISS_USAGE};

    for (size_t i = 0; i + 1 < sizeof(order) / sizeof(order[0]); i++) {
        CU_ASSERT_EQUAL(tool_graver(order[i], order[i + 1]), order[i]);
        CU_ASSERT_EQUAL(tool_graver(order[i + 1], order[i]), order[i]);
    }
}

static void no_error_is_graver_than_none(void)
{
    CU_ASSERT_EQUAL(tool_graver(ISS_OK, ISS_OK), ISS_OK);
    CU_ASSERT_EQUAL(tool_graver(ISS_OK, ISS_REFUSED), ISS_REFUSED);
    CU_ASSERT_EQUAL(tool_graver(ISS_KEY, ISS_OK), ISS_KEY);
}

/* The first that was found stays. */
static void of_two_that_have_no_rank_the_first_counts(void)
{
    CU_ASSERT_EQUAL(tool_graver(ISS_XML, ISS_SIGNATURE), ISS_XML);
    CU_ASSERT_EQUAL(tool_graver(ISS_SIGNATURE, ISS_XML), ISS_SIGNATURE);
    CU_ASSERT_EQUAL(tool_graver(ISS_XML, ISS_USAGE), ISS_USAGE);
}

UNIT_MAIN("doctor_find", UNIT(the_graver_error_is_the_exit_code),
          UNIT(no_error_is_graver_than_none),
          UNIT(of_two_that_have_no_rank_the_first_counts))
