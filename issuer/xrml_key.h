/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA public numbers and their encodings: DER both ways, one form each, and
 * EVP. Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_KEY_H
#define PRIVYSEAL_XRML_KEY_H

#include <openssl/types.h>

#include "xrml.h"

enum {
    XRML_MODULUS_MIN = 64, /* octets; below it nothing is called a key */
    XRML_DER_MAX = XRML_MODULUS_MAX + 64
};

/* Numbers that can be an RSA public key: sizes, both odd, exponent above 1. */
bool xrml_key_plausible(const struct xrml_key *key);
size_t xrml_key_bits(const struct xrml_key *key);
bool xrml_key_same(const struct xrml_key *a, const struct xrml_key *b);

enum xrml_key_form { XRML_RSA_PUBLIC_KEY, XRML_SPKI };

/* DER of a plausible key; returns its octets. */
size_t xrml_key_print(const struct xrml_key *key, enum xrml_key_form form,
                      uint8_t out[static XRML_DER_MAX]);

/* Borrows the modulus from der. False: not the one encoding of a plausible
 * key. */
bool xrml_key_parse(const uint8_t *der, size_t len, enum xrml_key_form form,
                    struct xrml_key *key);

/* The key for EVP, in software where there is a choice. *out returns new. */
ISS_CHECKED enum iss_status xrml_key_pkey(OSSL_LIB_CTX *libctx,
                                          const struct xrml_key *key,
                                          EVP_PKEY **out,
                                          struct iss_error *error);

#endif
