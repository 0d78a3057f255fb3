/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What distinguishes one type of key from another: a table of functions. A new
 * type is a file that ends in such a table, and its row in algs.c.
 */
#ifndef PRIVYSEAL_PROV_KEYTYPE_H
#define PRIVYSEAL_PROV_KEYTYPE_H

#include <openssl/core.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "pkcs11/p11.h"

struct prov;
struct prov_key;

/* Settings of one signature context. A type uses what it needs. */
struct prov_scheme {
    struct prov *prov;
    struct prov_key *key;             /* the context's reference */
    const struct prov_digest *digest; /* NULL: the caller hashed, or none */
    const struct prov_digest *mgf1;   /* NULL: as digest */
    int pad;                          /* RSA_*_PADDING */
    int saltlen;                      /* octets, or RSA_PSS_SALTLEN_* */
};

/* What is to be signed. message is NULL where it is no longer at hand. */
struct prov_input {
    const uint8_t *data; /* the digest, or raw input */
    size_t len;
    const uint8_t *message;
    size_t message_len;
};

/* All return 1, or 0 with exactly one error raised. */
struct prov_sig_ops {
    const OSSL_PARAM *settable, *gettable;
    void (*init)(struct prov_scheme *scheme);
    int (*set_params)(struct prov_scheme *scheme, const OSSL_PARAM *params);
    int (*get_params)(struct prov_scheme *scheme, OSSL_PARAM *params);
    /* *sig_len: size in, at least the key's; length out. */
    int (*sign)(struct prov_scheme *scheme, const struct prov_input *input,
                uint8_t *sig, size_t *sig_len);
    int (*verify)(struct prov_scheme *scheme, const uint8_t *sig,
                  size_t sig_len, const uint8_t *data, size_t len);
    int (*recover)(struct prov_scheme *scheme, uint8_t *out, size_t *out_len,
                   const uint8_t *sig, size_t sig_len);
};

/* Settings of one asymmetric cipher context. */
struct prov_padding {
    struct prov *prov;
    struct prov_key *key;
    int pad;                          /* RSA_*_PADDING */
    const struct prov_digest *digest; /* of OAEP; NULL: SHA-1 */
    const struct prov_digest *mgf1;   /* NULL: as digest */
    uint8_t *label;                   /* owned by the context */
    size_t label_len;
    unsigned tls_client, tls_negotiated; /* versions of TLS, 0: not told */
};

struct prov_cipher_ops {
    const OSSL_PARAM *settable, *gettable;
    void (*init)(struct prov_padding *padding);
    int (*set_params)(struct prov_padding *padding, const OSSL_PARAM *params);
    int (*get_params)(struct prov_padding *padding, OSSL_PARAM *params);
    /* *out_len: size in, length out; out NULL: length only. */
    int (*encrypt)(struct prov_padding *padding, uint8_t *out, size_t *out_len,
                   const uint8_t *in, size_t in_len);
    int (*decrypt)(struct prov_padding *padding, uint8_t *out, size_t *out_len,
                   const uint8_t *in, size_t in_len);
};

struct prov_gen; /* settings of a key generation, see generate.h */

struct prov_keytype {
    const char *name;      /* "RSA": data type, and software's name */
    const char *operation; /* "PRIVYSEAL-RSA": our scoped operations */
    const char *default_digest;
    const OSSL_PARAM *public_types; /* what export hands out */
    const char *secret;             /* parameter that only a private key has */
    CK_KEY_TYPE cryptoki;
    /* The public numbers of a token's object as parameters; returns new, NULL
     * where the object lacks them. */
    OSSL_PARAM *(*numbers)(const struct p11_object *object);
    /* Sets bits, security_bits and size of key from its public numbers. */
    bool (*measure)(struct prov_key *key);
    const struct prov_sig_ops *signature;
    const struct prov_cipher_ops *cipher;
    /* Token and software generation; returns new, or NULL and raises. */
    struct prov_key *(*generate)(struct prov_gen *gen);
    /* For prov_gen_run (generate.h): PROV_GEN_SETTABLE and parameters of the
     * type's own; what these mean to a token, into gen->keygen: 1, or 0 and
     * one error raised. NULL: nothing. */
    const OSSL_PARAM *gen_settable;
    int (*prepare)(struct prov_gen *gen);
};

extern const struct prov_keytype prov_keytype_rsa;

/* The n-th type, NULL after the last (algs.c has the table). */
const struct prov_keytype *prov_keytype_at(size_t n);

/* The type of a token's object, or NULL. */
const struct prov_keytype *prov_keytype_of(const struct p11_object *object);

#endif
