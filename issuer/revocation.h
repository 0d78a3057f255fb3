/* SPDX-License-Identifier: Apache-2.0 */
/* The BODY of a revocation list, whoever signs it: MS-RMPR 2.2.9.7.9,
 * docs/formats/revocation.md. Pure. */
#ifndef PRIVYSEAL_REVOCATION_H
#define PRIVYSEAL_REVOCATION_H

#include "xrml_license.h"

struct iss_revocation { /* all borrowed */
    const char *guid;   /* of the list */
    const char *name;   /* of the list, for people; NULL: none */
    int64_t issued;
    const char *issuer_text; /* inner text of ISSUER as the signer's own
                                principal has it; NULL: issuer below */
    size_t issuer_text_len;
    struct xrml_principal issuer;
    const struct xrml_revoke *revoked;
    size_t count;
};

/* *out returns new, free(). ISS_MALFORMED, as xrml_license_build says. */
ISS_CHECKED enum iss_status
iss_revocation_build(const struct iss_revocation *list, char **out,
                     struct iss_error *error);

#endif
