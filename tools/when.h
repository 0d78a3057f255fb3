/* SPDX-License-Identifier: Apache-2.0 */
/* Times on the command line and in output; UTC throughout. */
#ifndef PRIVYSEAL_TOOL_WHEN_H
#define PRIVYSEAL_TOOL_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "issuer/status.h"

enum {
    TOOL_TIME_SIZE = 21, /* "YYYY-MM-DDThh:mm:ssZ" and NUL */
    TOOL_DATE_SIZE = 11, /* "YYYY-MM-DD" and NUL */
    TOOL_DAY = 86400
};

/* The system's clock, seconds since 1970. */
int64_t tool_now(void);

/* The value of an option ("at") that is a time: "now", YYYY-MM-DD (its
 * beginning), YYYY-MM-DDThh:mm or with :ss, each with or without Z.
 * ISS_USAGE. */
ISS_CHECKED enum iss_status tool_time_parse(const char *option,
                                            const char *text, int64_t *seconds,
                                            struct iss_error *error);

/* False: the year has not four digits. */
bool tool_time_print(int64_t seconds, char out[static TOOL_TIME_SIZE]);
bool tool_date_print(int64_t seconds, char out[static TOOL_DATE_SIZE]);

#endif
