/* SPDX-License-Identifier: Apache-2.0 */
/* Expiry and the clock, for the files behind issuer.h. */
#ifndef PRIVYSEAL_EVENT_H
#define PRIVYSEAL_EVENT_H

#include "handle.h"

/* Whether the administrator has said that the clock, which stands behind the
 * journal at now, is right; and it has not gone back further since. */
ISS_CHECKED enum iss_status iss_time_accepted(struct iss *iss, int64_t now,
                                              bool *accepted,
                                              struct iss_error *error);

#endif
