/* SPDX-License-Identifier: Apache-2.0 */
/* Expiry and the clock, for the files behind issuer.h. */
#ifndef PRIVYSEAL_EVENT_H
#define PRIVYSEAL_EVENT_H

#include "handle.h"

/* Whether the administrator has said that the clock, which stands at now and
 * behind newest, the journal's time, is right. That holds until the clock has
 * caught up with the journal, or is set back further. */
ISS_CHECKED enum iss_status iss_time_accepted(struct iss *iss, int64_t now,
                                              int64_t newest, bool *accepted,
                                              struct iss_error *error);

/* Whether a certificate of this range lets its server issue at now:
 * ISS_EXPIRED, ISS_CLOCK. */
ISS_CHECKED enum iss_status iss_slc_holds(const struct iss *iss,
                                          const struct xrml_range *slc,
                                          int64_t now, struct iss_error *error);

#endif
