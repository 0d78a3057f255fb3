/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Curves and points as tokens write them: CKA_EC_PARAMS and CKA_EC_POINT in
 * all the forms that are met, and back.
 */
#ifndef PRIVYSEAL_PROV_CURVE_H
#define PRIVYSEAL_PROV_CURVE_H

#include <openssl/types.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PROV_FIELD_MAX = 72,                     /* octets; sect571 needs 72 */
    PROV_POINT_MAX = 2 * PROV_FIELD_MAX + 1, /* uncompressed */
    PROV_CURVE_DER_MAX = 32
};

/* The named curve of CKA_EC_PARAMS: an object identifier, a PrintableString,
 * or explicit numbers that are a named curve's. NID_undef: none, or attr is
 * NULL. */
int prov_curve_nid(const CK_ATTRIBUTE *attr);

/* The curve that people call name ("P-256", "prime256v1"), or NID_undef. */
int prov_curve_named(const char *name);

/* What OpenSSL calls a curve over which ECDSA is done; NULL: it has none of
 * this nid. Static. */
const char *prov_curve_name(int nid);

/* Octets of a coordinate; bits of the order; cofactor. 0: no such curve. */
size_t prov_curve_field(int nid);
int prov_curve_bits(int nid);
unsigned long prov_curve_cofactor(int nid);

/* DER of the identifier, for CKA_EC_PARAMS; its length, 0 where there is no
 * room. */
size_t prov_curve_der(int nid, uint8_t out[static PROV_CURVE_DER_MAX]);

/* The octets of CKA_EC_POINT without the string (OCTET or BIT) that may be
 * around them. len is a length that they may have, len2 another. */
bool prov_curve_octets(const CK_ATTRIBUTE *attr, size_t len, size_t len2,
                       const uint8_t **out, size_t *out_len);

/* A point of the curve, of any form, in the uncompressed one; its length, 0
 * where it is none or the infinite one. */
size_t prov_curve_point(int nid, const uint8_t *in, size_t len,
                        uint8_t out[static PROV_POINT_MAX]);

#endif
