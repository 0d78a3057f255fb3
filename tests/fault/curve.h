/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys on curves: Weierstrass (CKK_EC), Edwards and Montgomery, with libcrypto
 * in the library context of rsa.h. Keys are EVP_PKEY of their curve.
 */
#ifndef PRIVYSEAL_FAULT_CURVE_H
#define PRIVYSEAL_FAULT_CURVE_H

#include "conf.h"
#include "newer.h"
#include "rsa.h"

enum { CURVE_PRIVATE_MAX = 80, CURVE_POINT_MAX = 160, CURVE_PARAMS_MAX = 512 };

struct curve {
    CK_KEY_TYPE type;
    const char *name;      /* libcrypto's, of the group or of the key type */
    const char *printable; /* PKCS#11's curveName */
    size_t size;           /* of a coordinate, and of a shared secret */
    uint8_t oid[12];       /* DER */
};

/* The curve that CKA_EC_PARAMS name, in any form; NULL: none for that type. */
const struct curve *curve_find(CK_KEY_TYPE type, const uint8_t *params,
                               size_t len);

/* CKA_EC_PARAMS and CKA_EC_POINT, in the forms of the settings ec-params= and
 * ec-point=. *len: room in, length out. point is what curve_public gives. */
CK_RV curve_write_params(const struct curve *curve, uint8_t *out, size_t *len);
CK_RV curve_write_point(const struct curve *curve, const uint8_t *point,
                        size_t point_len, uint8_t *out, size_t *len);

/* A CKA_EC_POINT of any form to what libcrypto takes; within point. */
const uint8_t *curve_read_point(const struct curve *curve, const uint8_t *point,
                                size_t *len);

struct curve_pair {
    size_t private_len, point_len;
    uint8_t private_value[CURVE_PRIVATE_MAX];
    uint8_t point[CURVE_POINT_MAX]; /* uncompressed */
};

/* A new pair that seed and index determine. */
CK_RV curve_generate(const struct curve *curve, const uint8_t seed[static 32],
                     uint64_t index, struct curve_pair *out);

/* Returns new, or NULL. One of the two may be NULL; a private value alone
 * makes its own point. */
EVP_PKEY *curve_key(const struct curve *curve, const uint8_t *private_value,
                    size_t private_len, const uint8_t *point, size_t point_len);

/* The point as libcrypto writes it, uncompressed. */
bool curve_public(EVP_PKEY *key, uint8_t *out, size_t size, size_t *len);

/* DER of SubjectPublicKeyInfo; free with OPENSSL_free. Of any key. */
bool curve_key_info(EVP_PKEY *key, uint8_t **out, size_t *len);

struct curve_use { /* how an operation uses its key */
    bool hashed;   /* EdDSA: Ed25519ph, Ed448ph */
    const uint8_t *context;
    size_t context_len;
};

/* Octets of a signature. */
size_t curve_signature_size(EVP_PKEY *key);

/* data: a digest for ECDSA (longer ones are cut), a message for EdDSA. A
 * signature is r and s side by side, as Cryptoki has it. */
CK_RV curve_sign(EVP_PKEY *key, const struct curve_use *use,
                 const uint8_t *data, size_t data_len, uint8_t *out,
                 size_t *len);
CK_RV curve_verify(EVP_PKEY *key, const struct curve_use *use,
                   const uint8_t *data, size_t data_len, const uint8_t *sig,
                   size_t sig_len);

/* The whole shared secret with the peer's point. *len: room in, length out. */
CK_RV curve_derive(EVP_PKEY *key, const uint8_t *peer, size_t peer_len,
                   uint8_t *out, size_t *len);

/* Another key of the same kind. Returns new, or NULL. */
EVP_PKEY *curve_other(EVP_PKEY *instead_of);

#endif
