/* SPDX-License-Identifier: Apache-2.0 */
/* The proof of a request of this store: composed, signed in the token, and
 * taken up again where that was interrupted. */
#ifndef PRIVYSEAL_PROVE_H
#define PRIVYSEAL_PROVE_H

#include "handle.h"

/* Fills request->proof for the request's op and digest; digest gets D, the hash
 * of the signed part. With ISS_REKEY the key that is to come signs, and the one
 * that is behind it. */
ISS_CHECKED enum iss_status iss_prove(struct iss *iss,
                                      struct iss_request *request, int64_t now,
                                      uint8_t digest[static ISS_HASH_SIZE],
                                      struct iss_error *error);

/* The purpose of the key that a request of this op is for. */
enum iss_purpose iss_prove_subject(enum iss_op op);

#endif
