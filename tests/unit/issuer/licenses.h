/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licenses made for a test under the hierarchy of hierarchy.h, one of each
 * kind; a test changes what it wants to see refused.
 */
#ifndef PRIVYSEAL_TEST_LICENSES_H
#define PRIVYSEAL_TEST_LICENSES_H

#include "hierarchy.h"
#include "issuer/xrml_license.h"

enum license_kind {
    LICENSE_RAC,
    LICENSE_CLC,
    LICENSE_PL, /* by the server */
    LICENSE_OFFLINE_PL,
    LICENSE_UL,       /* by the server */
    LICENSE_OWNER_UL, /* by the client */
    LICENSE_TEMPLATE,
    LICENSE_LIST,
    LICENSE_KINDS
};

enum { LICENSE_RIGHTS = 4, LICENSE_SERVER = -1 };

struct license {
    struct xrml_license fields;
    struct xrml_right rights[LICENSE_RIGHTS];
    struct xrml_revoke revoked[1];
    int signer;     /* key that signs; its numbers stand in ISSUER */
    EVP_PKEY *with; /* another key that does, and stands there; or NULL */
};

/* Issued at HIERARCHY_TIME by the SLC of the hierarchy, or by its CLC;
 * from_sub: by the sub-enrolled SLC. */
void license_make(enum license_kind kind, bool from_sub, struct license *out);
/* Builds, signs, assembles; the text, free(). Fails the test. */
char *license_text(struct license *license);
/* Appends licenses, leaf first, and then rows from..CA_ROW of the hierarchy. */
void license_chain(struct license *const *licenses, size_t count,
                   struct hierarchy_row *rows, int from,
                   struct xrml_chain *chain);

#endif
