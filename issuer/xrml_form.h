/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of each kind of license: how its BODY begins, which parts it must
 * have and which it may (docs/formats/license.md). Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_FORM_H
#define PRIVYSEAL_XRML_FORM_H

#include "xrml_license.h"

struct xrml_form {
    enum xrml_type type;
    const char *body_type;
    const char *version; /* NULL: the attribute is absent */
    const char *object;  /* type of DESCRIPTOR's OBJECT; NULL: absent */
    unsigned must, may;  /* parts: xrml_form.c */
};

/* NULL: a kind that is not built. Static. */
const struct xrml_form *xrml_form_of(enum xrml_type type);

/* Whether fields can be written in their form. ISS_MALFORMED names the part
 * that is missing, that the kind has not, or that is not whole. */
ISS_CHECKED enum iss_status xrml_form_check(const struct xrml_license *fields,
                                            struct iss_error *error);

#endif
