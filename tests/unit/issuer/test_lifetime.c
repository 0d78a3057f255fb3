/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/lifetime.h"

#include "unit.h"

static void lifetimes_have_a_number_and_a_unit(void)
{
    static const struct {
        const char *text;
        int years;
        int64_t seconds;
    } rows[] = {{"7y", 7, 0},          {"100y", 100, 0},
                {"365d", 0, 31536000}, {"36500d", 0, 3153600000},
                {"12h", 0, 43200},     {"876000h", 0, 3153600000},
                {"15min", 0, 900},     {"52560000min", 0, 3153600000},
                {"1min", 0, 60}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_lifetime got = {0};

        CU_ASSERT_TRUE(iss_lifetime_parse(rows[i].text, &got));
        CU_ASSERT_EQUAL(got.years, rows[i].years);
        CU_ASSERT_EQUAL(got.seconds, rows[i].seconds);
    }
}

static void anything_else_is_refused_and_changes_nothing(void)
{
    static const char *const rows[] = {
        "",     "7",       "y",          "7 y", " 7y",          "-1d",
        "+7y",  "07y",     "0d",         "7Y",  "7yy",          "7m",
        "1e3d", "101y",    "36501d",     "7y ", "999999999min", "7w",
        "0x7d", "876001h", "52560001min"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_lifetime got = {.years = 3, .seconds = 5};

        CU_ASSERT_FALSE(iss_lifetime_parse(rows[i], &got));
        CU_ASSERT_EQUAL(got.years, 3);
        CU_ASSERT_EQUAL(got.seconds, 5);
    }
}

/* date -ud '2026-11-21 10:00 + 7 years' +%s, and so on; of the first of March,
 * which date makes of 29 February, the day before. */
static void years_are_those_of_the_calendar(void)
{
    static const struct {
        struct iss_lifetime lifetime;
        int64_t from, until;
    } rows[] = {{{.years = 7}, 1795255200, 2016180000},
                {{.years = 1}, 1835395200, 1866931200}, /* 2028-02-29 */
                {{.years = 4}, 1835395200, 1961625600},
                {{.years = 1}, 1798761599, 1830297599}, /* the last second */
                {{.seconds = 86400}, 1835395200, 1835481600},
                {{.seconds = 60}, 0, 60}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(iss_lifetime_end(&rows[i].lifetime, rows[i].from),
                        rows[i].until);
}

UNIT_MAIN("lifetime", UNIT(lifetimes_have_a_number_and_a_unit),
          UNIT(anything_else_is_refused_and_changes_nothing),
          UNIT(years_are_those_of_the_calendar))
