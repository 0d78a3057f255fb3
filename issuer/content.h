/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a publishing license says once its sealed key has been in the token: the
 * rights data that the content key opens. Whoever sends a license may have made
 * its sealed key up to learn something of the licensor key, so from the
 * unsealing on everything takes one path, and whatever is wrong is told in the
 * end as one refusal.
 */
#ifndef PRIVYSEAL_CONTENT_H
#define PRIVYSEAL_CONTENT_H

#include "matter.h"

/* Sets matter->sealed: the ENABLINGBITS of a publishing license, which are
 * bound to its ISSUEDPRINCIPALS, to be opened with that key. v1: whether
 * "sealed-key" is taken as well, where the order asks for it. ISS_REFUSED:
 * another form, or a POLICYLIST or a condition, which could not be carried on;
 * ISS_XML: no base64; ISS_SEMANTICS: no rights data. */
ISS_CHECKED enum iss_status iss_content_seal(struct iss_matter *matter,
                                             const struct xrml_document *pl,
                                             const struct xrml_license *license,
                                             EVP_PKEY *with, bool v1,
                                             struct iss_error *error);

struct iss_content { /* iss_content_clear */
    bool good;       /* false: license is made up, and all is to be refused */
    const struct xrml_license *license; /* rights data, of reading */
    struct xrml_document *document;
    struct xrml_reading *reading;
    bool checked; /* the time of a signature's check has passed */
};
void iss_content_clear(struct iss_content *content);

/* Opens the rights data of a publishing license with what was unsealed, and
 * holds them against it: the WORK of both is one, a template is signed by the
 * server that the license is for, and no condition is unknown. ISS_INTERNAL
 * alone; all else is in good. */
ISS_CHECKED enum iss_status iss_content_open(struct iss_matter *matter,
                                             const struct xrml_license *license,
                                             struct iss_content *content,
                                             struct iss_error *error);

/* Whether somebody else than a publisher says who OWNER of a publishing license
 * is: the rights data, or the server that signed it. A client could otherwise
 * publish another's sealed key as his own. */
bool iss_content_vouches(const struct iss_content *content,
                         const struct xrml_license *license, bool is_signed);

/* Before a refusal: spends the time that one which comes later has spent. */
void iss_content_even(struct iss_matter *matter, struct iss_content *content);

#endif
