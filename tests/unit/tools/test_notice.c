/* SPDX-License-Identifier: Apache-2.0 */
/* What the system's log is told. Its functions are our own here, found before
 * those of the C library. */
#include "tools/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "unit.h"

static char line[4096];
static int lines, facility, priority;

void openlog(const char *ident, int option, int chosen)
{
    (void)option;
    CU_ASSERT_STRING_EQUAL(ident, "privyseal");
    facility = chosen;
}

void closelog(void)
{
    facility = 0;
}

__attribute__((format(printf, 2, 0))) static void
take(int level, const char *format, va_list list)
{
    CU_ASSERT_NOT_EQUAL(facility, 0);
    priority = level;
    lines++;
    (void)vsnprintf(line, sizeof(line), format, list);
}

void syslog(int level, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    take(level, format, list);
    va_end(list);
}

/* what fortified programs call */
void __syslog_chk(int level, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __syslog_chk(int level, int flag, const char *format, ...)
{
    va_list list;

    (void)flag;
    va_start(list, format);
    take(level, format, list);
    va_end(list);
}

static void events_have_the_names_of_the_pages(void)
{
    int64_t until = 1826668800; /* 2027-11-20, by date(1) */

    lines = 0;
    tool_notice_event(16, "RMS01", until);
    CU_ASSERT_EQUAL(priority, LOG_WARNING);
    CU_ASSERT_STRING_EQUAL(
        line, "event 16 LicensorCertExpiresInOneMonthEvent: the SLC of RMS01 "
              "expires within 30 days (2027-11-20)");
    tool_notice_event(17, "RMS01", until);
    CU_ASSERT_EQUAL(priority, LOG_WARNING);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "LicensorCertExpiresInOneWeekEvent"));
    tool_notice_event(18, "RMS01", until);
    CU_ASSERT_EQUAL(priority, LOG_ERR);
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "LicensorCertExpiredEvent"));
    CU_ASSERT_EQUAL(lines, 3);
    tool_notice_event(0, "RMS01", until);
    CU_ASSERT_EQUAL(lines, 3);
}

static void refusals_alone_are_told(void)
{
    lines = 0;
    tool_notice_refusal("renew", "root1", ISS_OK, "");
    tool_notice_refusal("renew", "root1", ISS_NOT_CONFIRMED, "no");
    tool_notice_refusal("renew", "root1", ISS_STORE, "full");
    CU_ASSERT_EQUAL(lines, 0);
    tool_notice_refusal("subenroll", "root1", ISS_REFUSED, "no rule");
    CU_ASSERT_EQUAL(lines, 1);
    CU_ASSERT_EQUAL(priority, LOG_NOTICE);
    CU_ASSERT_STRING_EQUAL(line,
                           "subenroll refused, store root1, exit 3: no rule");
}

static void what_comes_from_elsewhere_makes_no_line_of_its_own(void)
{
    tool_notice_refusal("renew", "root1", ISS_CONFLICT,
                        "a\nprivyseal[1]: event 18 \x1b[2J%n\x80");
    CU_ASSERT_STRING_EQUAL(line, "renew refused, store root1, exit 9: a?"
                                 "privyseal[1]: event 18 ?[2J%n?");
}

UNIT_MAIN("notice", UNIT(events_have_the_names_of_the_pages),
          UNIT(refusals_alone_are_told),
          UNIT(what_comes_from_elsewhere_makes_no_line_of_its_own))
