/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed content keys, good ones and such as somebody makes up to learn
 * something of the key that opens them: for programs that ask whether the time
 * of an answer tells them apart.
 */
#ifndef PRIVYSEAL_BENCH_SEALING_H
#define PRIVYSEAL_BENCH_SEALING_H

#include <openssl/evp.h>

#include "issuer/sealed.h"

enum sealing {
    SEALING_GOOD,
    SEALING_OTHER_ELEMENT, /* wrong hash: bound to another element */
    SEALING_WRONG_PADDING, /* RSA of a random block */
    SEALING_WRONG_LENGTH,  /* OAEP of a message too short */
    SEALING_WRONG_SECOND,  /* an octet of the second part altered */
    SEALING_CLASSES
};
extern const char *const sealing_names[SEALING_CLASSES];

enum { SEALING_KEY = 16 }; /* octets of a content key */

/* Seals a content key to an RSA key, whose public half is enough, and spoils it
 * as the class says. Returns its length; stops on failure. */
size_t sealing_make(EVP_PKEY *to, enum sealing class, const char *element,
                    const uint8_t key[static SEALING_KEY],
                    uint8_t data[static SEALED_MAX]);

#endif
