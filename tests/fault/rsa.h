/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computing, by libcrypto in a library context of its own with the default
 * provider: it works where the application's has none, and is never led back
 * into a provider that calls this module.
 */
#ifndef PRIVYSEAL_FAULT_RSA_H
#define PRIVYSEAL_FAULT_RSA_H

#include <openssl/types.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL where it cannot be made. Lives as long as the process. */
OSSL_LIB_CTX *rsa_libctx(void);

bool rsa_sha256(const void *data, size_t len, uint8_t digest[static 32]);

/* Octets that seed and index determine. */
bool rsa_draw(const uint8_t seed[static 32], uint64_t index, uint8_t *out,
              size_t len);

/* Big-endian numbers of a key, in the order of their Cryptoki attributes. */
enum rsa_number {
    RSA_N,
    RSA_E,
    RSA_D,
    RSA_P,
    RSA_Q,
    RSA_DP,
    RSA_DQ,
    RSA_QI,
    RSA_NUMBERS
};
enum { RSA_NUMBER_MAX = 2048 };

struct rsa_numbers {
    size_t len[RSA_NUMBERS];
    uint8_t value[RSA_NUMBERS][RSA_NUMBER_MAX];
};

/* A new pair from a stream that seed and index determine. */
CK_RV rsa_generate(const uint8_t seed[static 32], uint64_t index, unsigned bits,
                   unsigned long exponent, struct rsa_numbers *out);

/* Returns new, or NULL; public where there is no RSA_D. */
EVP_PKEY *rsa_key(const struct rsa_numbers *numbers);

/* How a mechanism uses RSA. Digests are named as libcrypto does. */
struct rsa_use {
    int padding;        /* RSA_..._PADDING */
    const char *digest; /* of the padding, or NULL */
    const char *mgf;    /* PSS, OAEP */
    int salt_len;
    const uint8_t *label; /* OAEP; borrowed */
    size_t label_len;
};

/* *len: room in, length out. Sign takes what the padding takes: a digest where
 * use has one, else raw octets. */
CK_RV rsa_sign(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
               size_t data_len, uint8_t *out, size_t *len);
CK_RV rsa_verify(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                 size_t data_len, const uint8_t *sig, size_t sig_len);
CK_RV rsa_decrypt(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                  size_t data_len, uint8_t *out, size_t *len);
CK_RV rsa_encrypt(EVP_PKEY *key, const struct rsa_use *use, const uint8_t *data,
                  size_t data_len, uint8_t *out, size_t *len);

#endif
