/* SPDX-License-Identifier: Apache-2.0 */
/* XrML times: UTC, to the minute, in the Gregorian calendar at all times. */
#include "xrml.h"

#include <stdio.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

struct civil {
    int64_t year;
    int month, day;
};

/* Days since 1970-01-01, counted in eras of 400 years that begin in March, so
 * that the leap day is the last one of its year. */
static int64_t days_from_civil(struct civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year =
        (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static struct civil civil_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct civil date = {
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
    };
    date.year = year + era * 400 + (date.month <= 2);
    return date;
}

static int64_t floor_days(int64_t seconds)
{
    return (seconds >= 0 ? seconds : seconds - (DAY - 1)) / DAY;
}

bool xrml_time_print(int64_t seconds, char out[static XRML_TIME_SIZE])
{
    int64_t days = floor_days(seconds);
    int of_day = (int)(seconds - days * DAY);
    struct civil date = civil_from_days(days);

    if (date.year < 1 || date.year > 9999)
        return false;
    unsigned hour = (unsigned)(of_day / HOUR);
    unsigned minute = (unsigned)(of_day % HOUR / MINUTE);
    (void)snprintf(out, XRML_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u",
                   (unsigned)date.year % 10000u, (unsigned)date.month % 100u,
                   (unsigned)date.day % 100u, hour % 100u, minute % 100u);
    return true;
}

/* count decimal digits; -1 where one of them is none. */
static int digits(const char *text, size_t count)
{
    int value = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool xrml_time_parse(const char *text, size_t len, int64_t *seconds)
{
    if (len != XRML_TIME_SIZE - 1 || text[4] != '-' || text[7] != '-' ||
        text[10] != 'T' || text[13] != ':')
        return false;
    struct civil date = {.year = digits(text, 4),
                         .month = digits(text + 5, 2),
                         .day = digits(text + 8, 2)};
    int hour = digits(text + 11, 2);
    int minute = digits(text + 14, 2);
    if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    int64_t days = days_from_civil(date);
    /* A day that the month does not have comes back as another one. */
    if (civil_from_days(days).day != date.day)
        return false;
    *seconds = days * DAY + hour * HOUR + minute * MINUTE;
    return true;
}

int64_t xrml_time_add_years(int64_t seconds, int years)
{
    int64_t days = floor_days(seconds);
    struct civil date = civil_from_days(days);
    int day = date.day;

    date.year += years;
    int64_t later = days_from_civil(date);
    if (civil_from_days(later).day != day)
        later--;
    return later * DAY + (seconds - days * DAY);
}
