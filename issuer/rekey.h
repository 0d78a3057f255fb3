/* SPDX-License-Identifier: Apache-2.0 */
/* The key pair that a re-key asks for, until its certificate is taken. */
#ifndef PRIVYSEAL_REKEY_H
#define PRIVYSEAL_REKEY_H

#include "enrollment.h"

/* Provides the pair of purpose ISS_KEY_NEXT: the one that is there, taken up
 * where making it was interrupted, or a new one. It is of the size asked for;
 * ISS_CONFLICT where a request has named one of another size. */
ISS_CHECKED enum iss_status iss_rekey_provide(struct iss *iss,
                                              const struct iss_asking *asking,
                                              struct iss_error *error);

#endif
