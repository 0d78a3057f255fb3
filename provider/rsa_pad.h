/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA paddings in software (RFC 8017), for tokens that do only the bare
 * private operation, and their names in OpenSSL's parameters.
 */
#ifndef PRIVYSEAL_PROV_RSA_PAD_H
#define PRIVYSEAL_PROV_RSA_PAD_H

#include <openssl/core.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "soft.h"

enum { PROV_RSA_MAX = 2048 }; /* octets of the largest modulus of OpenSSL */

/* Reads or writes OSSL_PKEY_PARAM_PAD_MODE, a number or a word. */
bool prov_rsa_pad_get(const OSSL_PARAM *param, int *pad);
bool prov_rsa_pad_set(OSSL_PARAM *param, int pad);

/* The same for OSSL_PKEY_PARAM_RSA_PSS_SALTLEN: octets, or a value of
 * RSA_PSS_SALTLEN_*. */
bool prov_rsa_salt_get(const OSSL_PARAM *param, int *saltlen);
bool prov_rsa_salt_set(OSSL_PARAM *param, int saltlen);

/* Octets of salt when signing with a modulus of bits bits; -1 where digest and
 * salt do not fit. */
int prov_rsa_salt_len(int saltlen, const struct prov_digest *digest, int bits);

/* What a padding is made with. */
struct prov_rsa_hash {
    struct prov_soft *soft;
    const struct prov_digest *digest, *mgf1; /* never NULL */
};

/* EMSA-PSS-ENCODE of a digest value with a fresh salt of salt_len octets into
 * em, which gets as many octets as the modulus has. */
bool prov_rsa_pss_encode(const struct prov_rsa_hash *hash, int bits,
                         size_t salt_len, const uint8_t *value, uint8_t *em);

/* EME-OAEP decoding of the k octets em, in place and in constant time but for
 * its result. The message is em[*start .. k). */
bool prov_rsa_oaep_decode(const struct prov_rsa_hash *hash, uint8_t *em,
                          size_t k, const struct prov_part *label,
                          size_t *start);

#endif
