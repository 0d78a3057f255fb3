/* SPDX-License-Identifier: Apache-2.0 */
/* Exporting a request, with the maker of a new key given. */
#ifndef PRIVYSEAL_ENROLLMENT_H
#define PRIVYSEAL_ENROLLMENT_H

#include "key.h"

struct iss_asking { /* for a request */
    enum iss_op op;
    unsigned bits; /* of the pair that ISS_REKEY makes; 0: as the present one */
    iss_key_maker *make; /* of that pair */
    void *arg;
};
ISS_CHECKED enum iss_status iss_export_with(struct iss *store,
                                            const struct iss_asking *asking,
                                            struct iss_request *request,
                                            struct iss_error *error);

#endif
