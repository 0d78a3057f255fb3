/* SPDX-License-Identifier: Apache-2.0 */
/* Durations as days. */
#include "tools/acl_question.h"

#include "unit.h"

/* 2027-03-01T00:00:00Z: the year behind it has 29 February 2028. */
static const int64_t march = INT64_C(1803859200);

static void days_and_calendar_years_are_days(void)
{
    int days = 0;

    CU_ASSERT_TRUE(tool_acl_days("30d", march, &days));
    CU_ASSERT_EQUAL(days, 30);
    CU_ASSERT_TRUE(tool_acl_days("1y", march, &days));
    CU_ASSERT_EQUAL(days, 366);
    CU_ASSERT_TRUE(tool_acl_days("2y", march, &days));
    CU_ASSERT_EQUAL(days, 731);
}

static void other_forms_are_refused(void)
{
    static const char *const wrong[] = {"",    "d",         "0d",  "30",  "1h",
                                        "1yy", "-1d",       " 1d", "1 d", "+1d",
                                        "01d", "99999999d", "101y"};
    int days = 7;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CU_ASSERT_FALSE(tool_acl_days(wrong[i], march, &days));
    CU_ASSERT_EQUAL(days, 7);
}

UNIT_MAIN("acl_question", UNIT(days_and_calendar_years_are_days),
          UNIT(other_forms_are_refused))
