/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors after the manner of Wycheproof, made at run time: right ones and such
 * as are wrong in one place. Each is judged twice, by OpenSSL's default
 * provider with the key from a file, and by the provider with the key in a
 * token. The verdicts, and what comes out, must be the same.
 */
#ifndef PRIVYSEAL_TEST_VECTORS_H
#define PRIVYSEAL_TEST_VECTORS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VECTOR_MAX = 1024, RSA_OCTETS = 256 };

struct judge { /* one side */
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *private_key, *public_key;
};

struct pair {
    struct judge reference, token;
    unsigned long count, accepted, failures;
};

struct outcome {
    bool ok;
    uint8_t out[VECTOR_MAX];
    size_t len;
};

/* Compares two outcomes of the vector called name. */
void vectors_compare(struct pair *pair, const char *name,
                     const struct outcome *expected, const struct outcome *got);

/* A program cannot go on. Does not return. */
_Noreturn void vectors_stop(const char *what);

/* Everything for one type of key. */
void vectors_rsa_verify(struct pair *pair);  /* rsa_verify.c */
void vectors_rsa_decrypt(struct pair *pair); /* rsa_decrypt.c */
void vectors_curves(struct pair *pair);      /* curves.c */

#endif
