/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licences made for a test under the hierarchy of hierarchy.h, one of each
 * kind; a test changes what it wants to see refused.
 */
#ifndef PRIVYSEAL_TEST_LICENCES_H
#define PRIVYSEAL_TEST_LICENCES_H

#include "hierarchy.h"
#include "issuer/xrml_license.h"

enum licence_kind {
    LICENCE_RAC,
    LICENCE_CLC,
    LICENCE_PL, /* by the server */
    LICENCE_OFFLINE_PL,
    LICENCE_UL,       /* by the server */
    LICENCE_OWNER_UL, /* by the client */
    LICENCE_TEMPLATE,
    LICENCE_LIST,
    LICENCE_KINDS
};

enum { LICENCE_RIGHTS = 4, LICENCE_SERVER = -1 };

struct licence {
    struct xrml_license fields;
    struct xrml_right rights[LICENCE_RIGHTS];
    struct xrml_revoke revoked[1];
    int signer;     /* key that signs; its numbers stand in ISSUER */
    EVP_PKEY *with; /* another key that does, and stands there; or NULL */
};

/* Issued at HIERARCHY_TIME by the SLC of the hierarchy, or by its CLC;
 * from_sub: by the sub-enrolled SLC. */
void licence_make(enum licence_kind kind, bool from_sub, struct licence *out);
/* Builds, signs, assembles; the text, free(). Fails the test. */
char *licence_text(struct licence *licence);
/* Appends licences, leaf first, and then rows from..CA_ROW of the hierarchy. */
void licence_chain(struct licence *const *licences, size_t count,
                   struct hierarchy_row *rows, int from,
                   struct xrml_chain *chain);

#endif
