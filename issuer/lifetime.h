/* SPDX-License-Identifier: Apache-2.0 */
/* How long documents live: "7y", "365d", "12h", "15min". A year is a calendar
 * year; 29 February goes to 28 February. */
#ifndef PRIVYSEAL_LIFETIME_H
#define PRIVYSEAL_LIFETIME_H

#include "issuer.h"

/* False: not of that form, nothing, or more than 100 years. */
bool iss_lifetime_parse(const char *text, struct iss_lifetime *lifetime);
/* When what begins at from ends, to the minute. */
int64_t iss_lifetime_end(const struct iss_lifetime *lifetime, int64_t from);

#endif
