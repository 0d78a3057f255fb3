/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document is by where it stands: who may have issued what
 * (docs/formats/verify.md). Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_PLACE_H
#define PRIVYSEAL_XRML_PLACE_H

#include "xrml.h"

enum xrml_role { /* what a document may be used for as an issuer */
                 XRML_ROLE_NONE, /* nothing, or not known */
                 XRML_ROLE_ANCHOR,
                 XRML_ROLE_CA,
                 XRML_ROLE_MACHINE_ISSUER,
                 XRML_ROLE_ENROLLMENT_SERVICE,
                 XRML_ROLE_SLC,
                 XRML_ROLE_SUB_SLC,
                 XRML_ROLE_BARE_SLC, /* an anchor issued it: whose SLC is not
                                        shown */
                 XRML_ROLE_CLC
};

/* Place and role of a document that an issuer of that role has issued. False:
 * it may not have; out is then UNKNOWN and NONE. */
bool xrml_place_of(const struct xrml_fields *fields, enum xrml_role issuer,
                   enum xrml_place *place, enum xrml_role *role);

enum { XRML_PRODUCTION = 1, XRML_PRE_PRODUCTION = 2 };

/* The hierarchies that the names in a document belong to: a set. */
unsigned xrml_hierarchies(const struct xrml_fields *fields);

#endif
