/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of tokens as libcrypto takes them from stores and decoders. */
#ifndef PRIVYSEAL_PROV_HANDOUT_H
#define PRIVYSEAL_PROV_HANDOUT_H

#include <openssl/core.h>
#include <stdbool.h>

#include "pkcs11/p11.h"

struct prov;

/* How an object can be handed out. */
enum prov_handout {
    PROV_HAND_NOTHING, /* a key of a type that we do not know */
    PROV_HAND_KEY,     /* a key, by reference */
    PROV_HAND_CERTIFICATE,
    PROV_HAND_NAME /* what OpenSSL has no type for: a URI and a description */
};

enum prov_handout prov_handout_of(const struct p11_object *object);

/* Calls object_cb with the object in that form. Returns what the callback did,
 * or 0 with one error raised. */
int prov_hand_out(struct prov *prov, struct p11_object *object,
                  enum prov_handout form, OSSL_CALLBACK *object_cb,
                  void *object_cbarg);

#endif
