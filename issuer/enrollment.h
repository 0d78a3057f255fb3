/* SPDX-License-Identifier: Apache-2.0 */
/* Exporting a request, with the maker of a new key given. */
#ifndef PRIVYSEAL_ENROLLMENT_H
#define PRIVYSEAL_ENROLLMENT_H

#include "key.h"

/* iss_export, where a pair that ISS_REKEY needs comes from make instead of the
 * token. */
ISS_CHECKED enum iss_status iss_export_with(struct iss *store, enum iss_op op,
                                            iss_key_maker *make, void *arg,
                                            struct iss_request *request,
                                            struct iss_error *error);

#endif
