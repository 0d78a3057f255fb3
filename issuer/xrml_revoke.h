/* SPDX-License-Identifier: Apache-2.0 */
/* What a REVOKE element may name, one row a kind. Internal to xrml. */
#ifndef PRIVYSEAL_XRML_REVOKE_H
#define PRIVYSEAL_XRML_REVOKE_H

#include "xml.h"
#include "xrml_license.h"

enum xrml_revoke_part {
    XRML_REVOKE_PUBLICKEY,
    XRML_REVOKE_OBJECT,
    XRML_REVOKE_DIGEST
};

struct xrml_revoke_row {
    const char *category, *type; /* attributes */
    enum xrml_revoke_part part;
};

/* NULL: no such kind. Static. */
const struct xrml_revoke_row *xrml_revoke_row(enum xrml_revoked kind);

/* Everything of a REVOKE but its key, which is *key (NULL: none). ISS_XML. */
ISS_CHECKED enum iss_status xrml_revoke_read(const struct xml_node *node,
                                             struct xrml_revoke *out,
                                             const struct xml_node **key,
                                             struct iss_error *error);
void xrml_revoke_write(struct xml_out *out, const struct xrml_revoke *revoke);

#endif
