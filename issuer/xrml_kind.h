/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a license must have to be of its kind, and what of it must fit its
 * issuer (docs/formats/verify.md). Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_KIND_H
#define PRIVYSEAL_XRML_KIND_H

#include "xrml_place.h"

/* Certificates that issue servers are judged elsewhere: ISS_OK. issuer NULL:
 * an anchor. ISS_XML: a part has not its form; ISS_SEMANTICS: a part is
 * missing, or is another than the issuer's document says; ISS_INTERNAL. */
ISS_CHECKED enum iss_status
xrml_kind_check(const struct xrml_document *document,
                const struct xrml_document *issuer, enum xrml_role issuer_role,
                struct iss_error *error);

#endif
