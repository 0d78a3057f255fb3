/* SPDX-License-Identifier: Apache-2.0 */
/* What a document of each kind contains and how long it lives. */
#ifndef PRIVYSEAL_PROFILE_H
#define PRIVYSEAL_PROFILE_H

#include "handle.h"

/* The BODY of a root's SLC, and its range. issuer is the certificate that
 * signs. ISS_REFUSED: it would outlive its issuer. *body returns new. */
struct iss_slc_order {
    const struct enroll_request *request;
    const struct xrml_fields *issuer;
    int64_t now;
    int days, years;  /* days 0: until, or years where that is 0 */
    int64_t until;    /* what the access list gives; 0: none was asked */
    bool outlives;    /* it may: a sub-enrolled server's, R98 */
    const char *guid; /* of the document */
    /* Custom revocation, MS-RMPR 2.2.9.3.4: who may revoke beside the issuer,
     * whose own key is then said too; 0: standard revocation. */
    const struct enroll_key *authorities;
    size_t authority_count; /* at most ENROLL_AUTHORITIES_MAX */
};
ISS_CHECKED enum iss_status iss_profile_slc(const struct iss_slc_order *order,
                                            char **body,
                                            struct xrml_range *range,
                                            struct iss_error *error);

/* A fresh random GUID (RFC 4122, version 4). ISS_INTERNAL. */
ISS_CHECKED enum iss_status iss_guid_new(char out[static XRML_GUID_SIZE],
                                         struct iss_error *error);

#endif
