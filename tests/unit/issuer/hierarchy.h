/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hierarchy made for a test: root key, CA, Enrollment CA, Enrollment Service,
 * SLC, sub-enrolled SLC, with software keys that live as long as the program.
 */
#ifndef PRIVYSEAL_TEST_HIERARCHY_H
#define PRIVYSEAL_TEST_HIERARCHY_H

#include <openssl/types.h>

#include "issuer/xrml.h"

enum {
    ROOT_KEY,
    CA_KEY,
    ECA_KEY,
    ESC_KEY,
    SLC_KEY,
    SUB_KEY,
    RAC_KEY,     /* of the account of licenses.h */
    CLC_KEY,     /* of its client */
    REVOKER_KEY, /* of a third party */
    MACHINE_KEY,
    HIERARCHY_KEYS
};

struct hierarchy_row { /* one certificate, all that a test may want to change */
    struct xrml_certificate fields;
    int issuer, subject; /* which keys; issuer_key, principal_key are filled */
    const char *signed_body; /* not NULL: this is signed instead */
};

/* The five certificates, leaf (the sub-enrolled SLC) first; fills rows. */
enum { SUB_ROW, SLC_ROW, ESC_ROW, ECA_ROW, CA_ROW, HIERARCHY_ROWS };
void hierarchy_rows(struct hierarchy_row rows[HIERARCHY_ROWS]);

EVP_PKEY *hierarchy_key(int key);
const struct xrml_key *hierarchy_numbers(int key);

/* Builds, signs, assembles; the text, free(). Fails the test. */
char *hierarchy_text(const struct hierarchy_row *row);
/* rows first..last as a chain; issuer texts are those of the row above. */
void hierarchy_chain(struct hierarchy_row *rows, int first, int last,
                     struct xrml_chain *chain);
struct xrml_anchors *hierarchy_anchors(int key);

/* When the certificates of hierarchy_rows are issued. */
#define HIERARCHY_TIME INT64_C(1795000020)

#endif
