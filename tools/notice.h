/* SPDX-License-Identifier: Apache-2.0 */
/* What the system's log is told. The journal of the store is the truth; this is
 * for who watches machines. */
#ifndef PRIVYSEAL_TOOL_NOTICE_H
#define PRIVYSEAL_TOOL_NOTICE_H

#include <stdint.h>

#include "issuer/status.h"

/* Event 16, 17 or 18 of the server called name, whose SLC ends at until; 0 and
 * others say nothing. Facility daemon. */
void tool_notice_event(int event, const char *name, int64_t until);

/* A request or an answer was refused: verb, by which store, of what status,
 * why. Only refusals are told: ISS_REFUSED, ISS_MALFORMED, ISS_CONFLICT, a
 * failed test of a chain, ISS_CLUSTER. Facility authpriv. */
void tool_notice_refusal(const char *verb, const char *store,
                         enum iss_status status, const char *text);

#endif
