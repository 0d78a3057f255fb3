/* SPDX-License-Identifier: Apache-2.0 */
/* D of an order for a license: docs/formats/store.md. */
#ifndef PRIVYSEAL_ORDER_DIGEST_H
#define PRIVYSEAL_ORDER_DIGEST_H

#include "license.h"

/* SHA-256 over "privyseal-request 1", the kind, the SHA-256 of each input and
 * the nonce, a line each. The inputs are what the order brings as files, in the
 * order in which license.h has them, and a text of everything else it says. */
ISS_CHECKED enum iss_status
iss_order_digest(const struct iss_license_order *order,
                 const uint8_t nonce[static ISS_LICENSE_NONCE_SIZE],
                 uint8_t digest[static 32], struct iss_error *error);

#endif
