/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where time is asked for, and the form of times in our own
 * texts. All times are seconds since 1970, UTC. */
#ifndef PRIVYSEAL_CLOCK_H
#define PRIVYSEAL_CLOCK_H

#include "issuer.h"

enum {
    ISS_CLOCK_SIZE = 21,       /* "YYYY-MM-DDThh:mm:ssZ" and NUL */
    ISS_CLOCK_TOLERANCE = 300, /* seconds that two clocks may differ */
    ISS_CLOCK_DAY = 86400
};

int64_t iss_clock_now(const struct iss_env *env);

/* False: the year has not four digits. */
bool iss_clock_print(int64_t seconds, char out[static ISS_CLOCK_SIZE]);
/* Exactly that form and a real time, else false. */
bool iss_clock_parse(const char *text, size_t len, int64_t *seconds);

#endif
