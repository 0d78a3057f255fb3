/* SPDX-License-Identifier: Apache-2.0 */
/* Times of --at, --until; expected values from date -u -d TIME +%s. */
#include "tools/when.h"

#include <string.h>

#include "unit.h"

static void gives(const char *text, int64_t expected)
{
    int64_t seconds = -1;

    CU_ASSERT_EQUAL(tool_time_parse("at", text, &seconds, NULL), ISS_OK);
    CU_ASSERT_EQUAL(seconds, expected);
}

static void dates_minutes_and_seconds_are_read_with_or_without_z(void)
{
    gives("2027-03-01", 1803859200);
    gives("2027-03-01Z", 1803859200);
    gives("2027-03-01T12:30", 1803904200);
    gives("2027-03-01T12:30Z", 1803904200);
    gives("2027-03-01T12:30:59", 1803904259);
    gives("2027-03-01T12:30:59Z", 1803904259);
    gives("1969-12-31T23:59:59", -1);
    gives("2024-02-29", 1709164800);
}

static void now_is_the_clock(void)
{
    int64_t before = tool_now(), seconds = 0;

    CU_ASSERT_EQUAL(tool_time_parse("at", "now", &seconds, NULL), ISS_OK);
    CU_ASSERT_TRUE(seconds >= before && seconds <= tool_now());
}

static void other_forms_are_refused_with_the_forms_that_are_known(void)
{
    static const char *const wrong[] = {"",
                                        "Z",
                                        "tomorrow",
                                        "2027",
                                        "2027-3-1",
                                        "2027-02-29",
                                        "2027-13-01",
                                        "2027-03-01T24:00",
                                        "2027-03-01T12:60",
                                        "2027-03-01T12:30:60",
                                        "2027-03-01T12:30+01:00",
                                        "2027-03-01 12:30",
                                        "2027-03-01T12:30:5",
                                        "2027-03-01ZZ",
                                        "now ",
                                        "1803859200"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct iss_error error = {0};
        int64_t seconds = 0;

        CU_ASSERT_EQUAL(tool_time_parse("until", wrong[i], &seconds, &error),
                        ISS_USAGE);
        CU_ASSERT_EQUAL(strncmp(error.text, "--until: ", 9), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "YYYY-MM-DD"));
    }
}

static void printing_is_the_reverse(void)
{
    char time[TOOL_TIME_SIZE], date[TOOL_DATE_SIZE];

    CU_ASSERT_TRUE(tool_time_print(1803904259, time));
    CU_ASSERT_STRING_EQUAL(time, "2027-03-01T12:30:59Z");
    CU_ASSERT_TRUE(tool_time_print(-1, time));
    CU_ASSERT_STRING_EQUAL(time, "1969-12-31T23:59:59Z");
    CU_ASSERT_TRUE(tool_date_print(1803904259, date));
    CU_ASSERT_STRING_EQUAL(date, "2027-03-01");
    CU_ASSERT_FALSE(tool_time_print(INT64_MAX, time));
    CU_ASSERT_FALSE(tool_date_print(INT64_MIN, date));
}

UNIT_MAIN("when", UNIT(dates_minutes_and_seconds_are_read_with_or_without_z),
          UNIT(now_is_the_clock),
          UNIT(other_forms_are_refused_with_the_forms_that_are_known),
          UNIT(printing_is_the_reverse))
