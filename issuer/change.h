/* SPDX-License-Identifier: Apache-2.0 */
/* What a new certificate of a server changes. */
#ifndef PRIVYSEAL_CHANGE_H
#define PRIVYSEAL_CHANGE_H

#include "issuer.h"

/* Fills import->changes from the present certificate and the new one: what an
 * administrator has to agree to, then what he is told. ISS_INTERNAL. */
ISS_CHECKED enum iss_status iss_changes(const struct xrml_fields *before,
                                        const struct xrml_fields *after,
                                        struct iss_import *import,
                                        struct iss_error *error);

#endif
