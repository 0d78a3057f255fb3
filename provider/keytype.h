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

enum { PROV_CONTEXT_MAX = 255 };

/* Settings of one signature context. A type uses what it needs. */
struct prov_scheme {
    struct prov *prov;
    struct prov_key *key;             /* the context's reference */
    const struct prov_digest *digest; /* NULL: the caller hashed, or none */
    const struct prov_digest *mgf1;   /* NULL: as digest */
    int pad;                          /* RSA_*_PADDING */
    int saltlen;                      /* octets, or RSA_PSS_SALTLEN_* */
    /* Types that sign whole messages (EdDSA, ML-DSA). */
    int variant;        /* of the type's own count, 0: the usual one */
    bool deterministic; /* asked for */
    bool unencoded;     /* the caller has encoded the message */
    bool mu;            /* the caller gives mu in place of the message */
    size_t context_len; /* of the context string */
    uint8_t context[PROV_CONTEXT_MAX];
};

/* What is to be signed. message is NULL where it is no longer at hand. For a
 * type that signs whole messages, data is the message. */
struct prov_input {
    const uint8_t *data; /* the digest, or raw input */
    size_t len;
    const uint8_t *message;
    size_t message_len;
};

/* All return 1, or 0 with exactly one error raised. */
struct prov_sig_ops {
    const OSSL_PARAM *settable, *gettable;
    bool whole; /* signs messages; no digest may be named */
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
    bool reveals; /* a wrong PKCS#1 padding is an error, as was asked for */
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

enum prov_kdf { PROV_KDF_NONE, PROV_KDF_X963 };

/* Settings of one key agreement. */
struct prov_agreement {
    struct prov *prov;
    struct prov_key *key, *peer; /* the context's references */
    int cofactor;                /* mode: 1, 0, or -1: as the key has it */
    enum prov_kdf kdf;
    const struct prov_digest *digest; /* of the KDF */
    size_t out_len;                   /* of the KDF */
    uint8_t *ukm;                     /* of the KDF, owned by the context */
    size_t ukm_len;
};

struct prov_exchange_ops {
    const OSSL_PARAM *settable, *gettable;
    size_t (*size)(const struct prov_key *key); /* of the shared secret */
    /* Fills out with the shared secret, size octets. */
    int (*agree)(struct prov_agreement *agreement, uint8_t *out, size_t size);
};

struct prov_kem_ops {
    size_t (*secret_size)(const struct prov_key *key);
    size_t (*ciphertext_size)(const struct prov_key *key);
    /* Both fill buffers of at least the sizes above. */
    int (*encapsulate)(struct prov_key *key, uint8_t *ciphertext,
                       uint8_t *secret);
    int (*decapsulate)(struct prov_key *key, uint8_t *secret,
                       const uint8_t *ciphertext, size_t ciphertext_len);
};

struct prov_gen; /* settings of a key generation, see generate.h */

/* What key management answers for every type; a type's gettable begins so.
 * Whatever else it lists is taken from its public numbers (public_types) or
 * asked of the software key that has them. (Names: generate.h.) */
#define PROV_KEY_GETTABLE                                                  \
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),                            \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),               \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),                    \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),   \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0), \
        OSSL_PARAM_utf8_string(PROV_PARAM_URI, NULL, 0),                   \
        OSSL_PARAM_utf8_string(PROV_PARAM_BORN, NULL, 0),                  \
        OSSL_PARAM_utf8_string(PROV_PARAM_REFUSED, NULL, 0),               \
        OSSL_PARAM_utf8_string(PROV_PARAM_USES, NULL, 0)

/* OpenSSL_version_num() of 3.5.0. */
#define PROV_OPENSSL_3_5 0x30500000UL

struct prov_keytype {
    unsigned long since; /* the OpenSSL that has the type */
    const char *name;               /* "RSA": data type, and software's name */
    const char *operation;          /* "PRIVYSEAL-RSA": our scoped operations */
    const char *default_digest;     /* NULL: none */
    const OSSL_PARAM *public_types; /* what makes two keys equal */
    /* what is imported and exported; NULL: public_types */
    const OSSL_PARAM *transfer_types;
    const char *public_param; /* without it there is no public key */
    const char *group_param;  /* of domain parameters, NULL: none */
    const char *secret;       /* parameter that only a private key has */
    CK_KEY_TYPE cryptoki;
    /* Tells apart types that share cryptoki's; NULL: it has but one. */
    bool (*fits)(const struct p11_object *object);
    /* The public numbers of a token's object as parameters; returns new, NULL
     * where the object lacks them. */
    OSSL_PARAM *(*numbers)(const struct p11_object *object);
    /* Sets bits, security_bits and size of key from its public numbers, as far
     * as it has them. */
    bool (*measure)(struct prov_key *key);
    const OSSL_PARAM *gettable; /* begins with PROV_KEY_GETTABLE */
    const OSSL_PARAM *settable; /* of software keys; NULL: nothing */
    /* of those what a key in a token takes too, separated by colons, or NULL */
    const char *harmless;
    /* The digest that a key is bound to, NULL for none; NULL: no key is. */
    const struct prov_digest *(*bound)(const struct prov_key *key);
    /* Whether the private half belongs to the public one, by use: 1, or 0 and
     * one error raised. NULL: not told. */
    int (*pairwise)(struct prov_key *key);
    const struct prov_sig_ops *signature; /* NULL: does not sign */
    const struct prov_cipher_ops *cipher;
    const struct prov_exchange_ops *exchange;
    const struct prov_kem_ops *kem;
    /* Token and software generation; returns new, or NULL and raises. */
    struct prov_key *(*generate)(struct prov_gen *gen);
    /* For prov_gen_run (generate.h): PROV_GEN_SETTABLE and parameters of the
     * type's own; what these mean to a token, into gen->keygen: 1, or 0 and
     * one error raised. NULL: nothing. */
    const OSSL_PARAM *gen_settable;
    int (*prepare)(struct prov_gen *gen);
};

extern const struct prov_keytype prov_keytype_rsa;
extern const struct prov_keytype prov_keytype_rsa_pss;
extern const struct prov_keytype prov_keytype_ec;
extern const struct prov_keytype prov_keytype_ed25519;
extern const struct prov_keytype prov_keytype_ed448;
extern const struct prov_keytype prov_keytype_x25519;
extern const struct prov_keytype prov_keytype_x448;
extern const struct prov_keytype prov_keytype_ml_dsa_44;
extern const struct prov_keytype prov_keytype_ml_dsa_65;
extern const struct prov_keytype prov_keytype_ml_dsa_87;
extern const struct prov_keytype prov_keytype_ml_kem_512;
extern const struct prov_keytype prov_keytype_ml_kem_768;
extern const struct prov_keytype prov_keytype_ml_kem_1024;

/* The n-th type, NULL after the last (algs.c has the table). */
const struct prov_keytype *prov_keytype_at(size_t n);

/* The type of a token's object, or NULL. */
const struct prov_keytype *prov_keytype_of(const struct p11_object *object);

#endif
