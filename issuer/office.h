/* SPDX-License-Identifier: Apache-2.0 */
/* In whose name a store issues server certificates: an authority's Enrollment
 * Service, or a root with its own certificate. */
#ifndef PRIVYSEAL_OFFICE_H
#define PRIVYSEAL_OFFICE_H

#include "handle.h"

struct iss_office {   /* owned */
    const char *kind; /* of the INTENT: "slc", "sub-slc"; static */
    enum iss_purpose signer;
    enum enroll_response_form form;
    struct xrml_chain chain; /* of the issuer, its own certificate first */
    uint64_t generation;     /* of a root's certificate */
};

/* As it is now, or as it was when an INTENT was written (0: now): what was
 * answered then is answered again with the same chain. ISS_REFUSED: a role that
 * signs no server's certificate; ISS_NOT_ENROLLED. */
ISS_CHECKED enum iss_status iss_office_open(struct iss *iss, uint64_t intent,
                                            struct iss_office *office,
                                            struct iss_error *error);
/* Within a transaction: ISS_CONFLICT where a root has another certificate by
 * now than when the office was opened. */
ISS_CHECKED enum iss_status iss_office_same(struct iss *iss,
                                            const struct iss_office *office,
                                            struct iss_error *error);
void iss_office_clear(struct iss_office *office);

/* The issuer's own certificate. */
const struct xrml_fields *iss_office_issuer(const struct iss_office *office);

/* The response: this document, then the issuer's chain. *out returns new,
 * free(). */
ISS_CHECKED enum iss_status iss_office_respond(const struct iss_office *office,
                                               const char *document, char **out,
                                               size_t *len,
                                               struct iss_error *error);

#endif
