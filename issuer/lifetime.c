/* SPDX-License-Identifier: Apache-2.0 */
/* Lifetimes: see lifetime.h. */
#include "lifetime.h"

#include <stdlib.h>
#include <string.h>

#include "xrml.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, YEARS_MAX = 100, DIGITS_MAX = 8 };

/* Seconds of a unit; years have none. max: about YEARS_MAX years. */
static const struct unit {
    const char *name;
    int64_t seconds, max;
} units[] = {{"min", MINUTE, INT64_C(52560000)},
             {"h", HOUR, 876000},
             {"d", DAY, 36500},
             {"y", 0, YEARS_MAX}};

bool iss_lifetime_parse(const char *text, struct iss_lifetime *lifetime)
{
    size_t digits = strspn(text, "0123456789");
    long count = 0;

    if (digits == 0 || digits > DIGITS_MAX || text[0] == '0')
        return false;
    count = strtol(text, NULL, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, text + digits) != 0)
            continue;
        if (count > units[i].max)
            return false;
        *lifetime =
            units[i].seconds == 0
                ? (struct iss_lifetime){.years = (int)count}
                : (struct iss_lifetime){.seconds = count * units[i].seconds};
        return true;
    }
    return false;
}

int64_t iss_lifetime_end(const struct iss_lifetime *lifetime, int64_t from)
{
    return lifetime->years > 0 ? xrml_time_add_years(from, lifetime->years)
                               : from + lifetime->seconds;
}
