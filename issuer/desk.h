/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store keeps between two licences; belongs to the thread that
 * owns the handle. */
#ifndef PRIVYSEAL_DESK_H
#define PRIVYSEAL_DESK_H

#include "handle.h"

/* NULL is legal. */
void iss_desk_free(struct iss_desk *desk);

/* A licensor key of this store by the hash of its public numbers, the present
 * or an earlier one; *out NULL: none. Borrowed from the store. */
ISS_CHECKED enum iss_status
iss_desk_licensor(struct iss *iss, const uint8_t hash[static ISS_HASH_SIZE],
                  EVP_PKEY **out, struct iss_error *error);

#endif
