/* SPDX-License-Identifier: Apache-2.0 */
/* When a certificate is to be renewed. */
#include "tools/renew.h"

#include "tools/when.h"
#include "unit.h"

static int64_t at(const char *text)
{
    int64_t seconds = 0;

    CU_ASSERT_EQUAL(tool_time_parse("at", text, &seconds, NULL), ISS_OK);
    return seconds;
}

/* 60 days before 2027-11-21 is 2027-09-22, by date(1). */
static void the_window_opens_sixty_days_before_the_end(void)
{
    int64_t until = at("2027-11-21T10:30");

    CU_ASSERT_FALSE(
        tool_renew_due(until, at("2027-09-22T10:29:59"), TOOL_WINDOW));
    CU_ASSERT_TRUE(tool_renew_due(until, at("2027-09-22T10:30"), TOOL_WINDOW));
    CU_ASSERT_TRUE(tool_renew_due(until, at("2027-11-21"), TOOL_WINDOW));
}

static void it_does_not_close(void)
{
    int64_t until = at("2027-11-21");

    CU_ASSERT_TRUE(tool_renew_due(until, at("2027-11-21"), 0));
    CU_ASSERT_TRUE(tool_renew_due(until, at("2035-11-21"), TOOL_WINDOW));
    CU_ASSERT_TRUE(tool_renew_due(until, at("9999-12-31"), 0));
    CU_ASSERT_FALSE(tool_renew_due(until, at("2027-11-20T23:59:59"), 0));
}

static void a_window_may_be_longer_than_the_calendar(void)
{
    CU_ASSERT_TRUE(tool_renew_due(at("2001-01-01"), at("1970-01-01"), 36525));
}

UNIT_MAIN("renew_unattended", UNIT(the_window_opens_sixty_days_before_the_end),
          UNIT(it_does_not_close),
          UNIT(a_window_may_be_longer_than_the_calendar))
