/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of ML-DSA and ML-KEM, with libcrypto in the library context of rsa.h: it
 * has them since 3.5, before that ml_known is false and nothing here works.
 */
#ifndef PRIVYSEAL_FAULT_ML_H
#define PRIVYSEAL_FAULT_ML_H

#include "newer.h"
#include "rsa.h"

enum { ML_PRIVATE_MAX = 4896, ML_PUBLIC_MAX = 2592, ML_SECRET = 32 };

struct ml_set {
    CK_KEY_TYPE type;
    CK_ULONG number;  /* CKA_PARAMETER_SET */
    const char *name; /* libcrypto's */
    size_t seed_len;
};

/* Whether libcrypto has keys of this type. */
bool ml_known(CK_KEY_TYPE type);

/* NULL: no such set. */
const struct ml_set *ml_find(CK_KEY_TYPE type, CK_ULONG number);

struct ml_pair {
    size_t private_len, public_len;
    uint8_t private_value[ML_PRIVATE_MAX], public_value[ML_PUBLIC_MAX];
};

/* A new pair that seed and index determine. */
CK_RV ml_generate(const struct ml_set *set, const uint8_t seed[static 32],
                  uint64_t index, struct ml_pair *out);

/* Returns new, or NULL. */
EVP_PKEY *ml_key(const struct ml_set *set, bool private, const uint8_t *value,
                 size_t len);

struct ml_use {
    bool deterministic;
    const uint8_t *context;
    size_t context_len;
};

/* A message, as a whole. *len: room in, length out. */
CK_RV ml_sign(EVP_PKEY *key, const struct ml_use *use, const uint8_t *data,
              size_t data_len, uint8_t *out, size_t *len);
CK_RV ml_verify(EVP_PKEY *key, const struct ml_use *use, const uint8_t *data,
                size_t data_len, const uint8_t *sig, size_t sig_len);

CK_RV ml_decapsulate(EVP_PKEY *key, const uint8_t *ciphertext,
                     size_t ciphertext_len, uint8_t secret[static ML_SECRET]);

#endif
