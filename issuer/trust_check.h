/* SPDX-License-Identifier: Apache-2.0 */
/* Whether something may be trusted, without regard to what is already. */
#ifndef PRIVYSEAL_TRUST_CHECK_H
#define PRIVYSEAL_TRUST_CHECK_H

#include "trust_kept.h"

struct iss_trust_judging { /* borrowed */
    struct iss *iss;
    const struct iss_trusted *trusted;
};

/* Fills all of review but again and replaces; statuses as iss_trust_check. */
ISS_CHECKED enum iss_status
iss_trust_judge(const struct iss_trust_judging *judging,
                struct iss_trust_review *review, struct iss_error *error);

#endif
