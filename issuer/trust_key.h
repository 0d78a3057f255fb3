/* SPDX-License-Identifier: Apache-2.0 */
/* The key of a publishing domain: it opens, and never signs (R132). */
#ifndef PRIVYSEAL_TRUST_KEY_H
#define PRIVYSEAL_TRUST_KEY_H

#include "handle.h"

/* The key of a URI is that of the hash, opens what is sealed to it and cannot
 * sign. ISS_CONFLICT: another key; ISS_REFUSED: it can sign, or cannot open;
 * ISS_TOKEN and what iss_key_open answers. */
ISS_CHECKED enum iss_status
iss_trust_key_check(struct iss *iss, const char *uri,
                    const uint8_t hash[static ISS_HASH_SIZE],
                    struct iss_error *error);

#endif
