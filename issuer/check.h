/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a request, one function each: a check says what is wrong, the
 * policy says what that means. Internal to judging. */
#ifndef PRIVYSEAL_CHECK_H
#define PRIVYSEAL_CHECK_H

#include "policy.h"

struct iss_finding {
    enum iss_status status; /* ISS_OK: nothing is wrong */
    bool always;            /* refuses whatever the policy says */
    bool warn;              /* no more than a warning, whatever it says */
    char text[sizeof(((struct iss_check *)NULL)->text)];
};

void iss_find(struct iss_finding *finding, enum iss_status status,
              const char *text);

/* iss_check_proof, ...: fills finding; ISS_STORE and the like where it could
 * not be checked. */
#define CHECK(number, name, function)                                 \
    ISS_CHECKED enum iss_status function(struct iss_case *matter,     \
                                         struct iss_finding *finding, \
                                         struct iss_error *error);
#include "checks.def"
#undef CHECK

/* Of the check "proof": its nonce alone. */
ISS_CHECKED enum iss_status iss_check_nonce(struct iss_case *matter,
                                            struct iss_finding *finding,
                                            struct iss_error *error);

/* Of the check "proof": that the key which speaks for a renewal is the one of
 * its GUID still. */
ISS_CHECKED enum iss_status iss_check_speaker(struct iss_case *matter,
                                              struct iss_finding *finding,
                                              struct iss_error *error);

#endif
