/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/clock.h"

#include <string.h>

#include "unit.h"

/* Values of date -u -d @SECONDS. */
static const struct {
    int64_t seconds;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00Z"},          {1, "1970-01-01T00:00:01Z"},
    {951827696, "2000-02-29T12:34:56Z"},  {2147483648, "2038-01-19T03:14:08Z"},
    {4102444799, "2099-12-31T23:59:59Z"}, {-1, "1969-12-31T23:59:59Z"},
};

static void times_are_printed_and_read_with_seconds(void)
{
    char text[ISS_CLOCK_SIZE];
    int64_t seconds = 0;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        CU_ASSERT_TRUE_FATAL(iss_clock_print(times[i].seconds, text));
        CU_ASSERT_STRING_EQUAL(text, times[i].text);
        CU_ASSERT_TRUE(iss_clock_parse(text, strlen(text), &seconds));
        CU_ASSERT_EQUAL(seconds, times[i].seconds);
    }
}

static void other_forms_are_no_times(void)
{
    static const char *const bad[] = {
        "2026-11-21T10:00:00",   "2026-11-21T10:00Z",
        "2026-11-21 10:00:00Z",  "2026-02-30T10:00:00Z",
        "2026-11-21T24:00:00Z",  "2026-11-21T10:00:60Z",
        "2026-11-21T10:00:00z",  "2026-11-21T10:00:00+0",
        "2026-11-21T10:00:0 Z",  "",
        "2026-11-21T10:00:00Z ", "2026-13-21T10:00:00Z",
    };
    int64_t seconds = 0;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(iss_clock_parse(bad[i], strlen(bad[i]), &seconds));
}

static void the_environment_may_lend_a_clock(void)
{
    const struct iss_env none = {0};

    /* 2026-01-01: the system's clock is not behind this file */
    CU_ASSERT_TRUE(iss_clock_now(&none) > 1767225600);
}

UNIT_MAIN("clock", UNIT(times_are_printed_and_read_with_seconds),
          UNIT(other_forms_are_no_times),
          UNIT(the_environment_may_lend_a_clock))
