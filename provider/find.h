/* SPDX-License-Identifier: Apache-2.0 */
/* What a program told a store to look for, beside the URI. */
#ifndef PRIVYSEAL_PROV_FIND_H
#define PRIVYSEAL_PROV_FIND_H

#include <openssl/core.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkcs11/p11.h"

struct prov;
struct prov_digest;

struct prov_octets { /* owned */
    uint8_t *data;
    size_t len;
};

struct prov_find {                              /* begin with zeroes */
    struct prov_octets subject, issuer, serial; /* DER */
    struct prov_octets fingerprint;
    const struct prov_digest *digest; /* of the fingerprint; NULL: by length */
    char *alias;
};

/* The parameters that prov_find_set reads. */
#define PROV_FIND_SETTABLE                                              \
    OSSL_PARAM_octet_string(OSSL_STORE_PARAM_SUBJECT, NULL, 0),         \
        OSSL_PARAM_octet_string(OSSL_STORE_PARAM_ISSUER, NULL, 0),      \
        OSSL_PARAM_BN(OSSL_STORE_PARAM_SERIAL, NULL, 0),                \
        OSSL_PARAM_octet_string(OSSL_STORE_PARAM_FINGERPRINT, NULL, 0), \
        OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_DIGEST, NULL, 0),       \
        OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_ALIAS, NULL, 0)

/* 1, or 0 and one error raised. */
int prov_find_set(struct prov_find *find, const struct prov *prov,
                  const OSSL_PARAM *params);
void prov_find_clear(struct prov_find *find);

/* What the token itself can look for; *match borrows. False: nothing. */
bool prov_find_match(const struct prov_find *find, struct p11_match *match);

/* Whether the object has the fingerprint, true where none is asked for: a
 * digest of its public key, of SubjectPublicKeyInfo or of the bit string in it
 * (RFC 5280, 4.2.1.2), or its CKA_ID itself. */
bool prov_find_fits(const struct prov_find *find, struct prov *prov,
                    struct p11_object *object);

#endif
