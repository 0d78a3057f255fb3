/* SPDX-License-Identifier: Apache-2.0 */
/* An authority's own hierarchy: root key, CA, Enrollment CA, Enrollment
 * Service; names as docs/formats/keys.md has them. */
#ifndef PRIVYSEAL_AUTHORITY_H
#define PRIVYSEAL_AUTHORITY_H

#include "handle.h"

/* Issues what is missing of the three documents and writes anchors.pem. */
ISS_CHECKED enum iss_status iss_authority_found(struct iss *iss,
                                                struct iss_error *error);

/* The texts of the Enrollment Service's, Enrollment CA's and CA's certificate,
 * leaf first; each free(). ISS_JOURNAL: one is missing. */
enum { ISS_AUTHORITY_DOCUMENTS = 3 };
ISS_CHECKED enum iss_status
iss_authority_documents(struct iss *iss,
                        char *texts[static ISS_AUTHORITY_DOCUMENTS],
                        struct iss_error *error);

/* The hierarchy that the names of anchors say. */
enum iss_hierarchy iss_anchors_hierarchy(const struct xrml_anchors *anchors);

#endif
