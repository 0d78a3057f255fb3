/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys that must not be certified. */
#ifndef PRIVYSEAL_KEYPOLICY_H
#define PRIVYSEAL_KEYPOLICY_H

#include "issuer.h"

/* NULL where nothing is known against the numbers, else why: exponent, even
 * modulus, small factors, primes too close together, ROCA. Size is not judged
 * here. "" where the judgement itself failed. Static. */
const char *iss_key_weakness(const struct enroll_key *key);

#endif
