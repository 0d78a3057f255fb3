/* SPDX-License-Identifier: Apache-2.0 */
/* Times, against the C library's calendar. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "issuer/xrml.h"
#include "unit.h"

static void every_day_prints_as_the_c_library_says(void)
{
    size_t wrong = 0;

    /* 0001-01-01 to 9999-12-31, an odd number of minutes more each day. */
    for (int64_t t = -62135596800; t < 253402300800; t += 86400 + 60 * 7) {
        time_t seconds = (time_t)t;
        char theirs[64];
        char ours[XRML_TIME_SIZE];
        struct tm tm;
        int64_t back = 0;
        (void)gmtime_r(&seconds, &tm);
        (void)snprintf(theirs, sizeof(theirs), "%04d-%02d-%02dT%02d:%02d",
                       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                       tm.tm_min);
        if (!xrml_time_print(t, ours) || strcmp(ours, theirs) != 0 ||
            !xrml_time_parse(ours, strlen(ours), &back) || back != t)
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void seconds_are_dropped_and_years_have_four_digits(void)
{
    char text[XRML_TIME_SIZE];

    CU_ASSERT_TRUE(xrml_time_print(59, text));
    CU_ASSERT_STRING_EQUAL(text, "1970-01-01T00:00");
    CU_ASSERT_TRUE(xrml_time_print(-1, text));
    CU_ASSERT_STRING_EQUAL(text, "1969-12-31T23:59");
    CU_ASSERT_FALSE(xrml_time_print(253402300800, text));
    CU_ASSERT_FALSE(xrml_time_print(-62135596801, text));
}

static void forms_that_are_no_time_are_refused(void)
{
    static const char *const texts[] = {"",
                                        "2026-11-21",
                                        "2026-11-21T10:00Z",
                                        "2026-11-21T10:00:00",
                                        "2026-13-01T00:00",
                                        "2026-00-01T00:00",
                                        "2026-02-29T00:00",
                                        "1900-02-29T00:00",
                                        "2026-04-31T00:00",
                                        "2026-01-00T00:00",
                                        "2026-01-32T00:00",
                                        "2026-01-01T24:00",
                                        "2026-01-01T00:60",
                                        "0000-01-01T00:00",
                                        "+026-01-01T00:00",
                                        "2026-01-01 00:00",
                                        "2026-1-01T00:00 ",
                                        "2026-01-01T-1:00"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t out = 0;
        CU_ASSERT_FALSE(xrml_time_parse(texts[i], strlen(texts[i]), &out));
    }
}

static void a_year_later_is_the_same_day(void)
{
    static const struct {
        const char *from;
        int years;
        const char *to;
    } rows[] = {{"2026-11-21T10:00", 1, "2027-11-21T10:00"},
                {"2024-02-29T23:59", 1, "2025-02-28T23:59"},
                {"2024-02-29T00:00", 4, "2028-02-29T00:00"},
                {"2096-02-29T00:00", 4, "2100-02-28T00:00"},
                {"2023-02-28T12:00", 1, "2024-02-28T12:00"},
                {"2026-03-01T00:00", 30, "2056-03-01T00:00"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[XRML_TIME_SIZE];
        int64_t from = 0;
        CU_ASSERT_TRUE(xrml_time_parse(rows[i].from, 16, &from));
        CU_ASSERT_TRUE(xrml_time_print(
            xrml_time_add_years(from + 30, rows[i].years), text));
        CU_ASSERT_STRING_EQUAL(text, rows[i].to);
    }
}

UNIT_MAIN("xrml_time", UNIT(every_day_prints_as_the_c_library_says),
          UNIT(seconds_are_dropped_and_years_have_four_digits),
          UNIT(forms_that_are_no_time_are_refused),
          UNIT(a_year_later_is_the_same_day))
