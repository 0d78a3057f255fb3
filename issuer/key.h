/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key is a URI: opened with OSSL_STORE, used with EVP, its public numbers
 * kept as struct enroll_key. What libcrypto's error queue says becomes a status
 * here and nowhere else.
 */
#ifndef PRIVYSEAL_KEY_H
#define PRIVYSEAL_KEY_H

#include "handle.h"

enum {
    ISS_SPKI_MAX = XRML_MODULUS_MAX + 64, /* DER of an RSA-8192 key */
    ISS_BORN_SIZE = 64,
    ISS_MISSING_SIZE = 256
};

/* The private key that uri names; *out returns new. ISS_TOKEN, ISS_LOGIN,
 * ISS_USAGE by the table in key.c. */
ISS_CHECKED enum iss_status iss_key_open(const struct iss_env *env,
                                         const char *uri, EVP_PKEY **out,
                                         struct iss_error *error);

/* Whether the token can be reached and has no private key of this label yet;
 * asks for the PIN. ISS_CONFLICT, and what iss_key_open answers. */
ISS_CHECKED enum iss_status iss_key_label_free(const struct iss_env *env,
                                               const char *token_uri,
                                               const char *label,
                                               struct iss_error *error);

/* ISS_TOKEN or ISS_LOGIN where libcrypto's error queue says that the token was
 * not there for what failed; otherwise where it may as well be the data. The
 * queue is empty afterwards. */
ISS_CHECKED enum iss_status iss_key_away(enum iss_status otherwise);

ISS_CHECKED enum iss_status
iss_key_public(EVP_PKEY *key, struct enroll_key *out, struct iss_error *error);

/* RSASSA-PKCS1-v1_5 with SHA-256 over data: one call of EVP_DigestSign. sig
 * holds XRML_MODULUS_MAX octets. */
ISS_CHECKED enum iss_status iss_key_sign(const struct iss_env *env,
                                         EVP_PKEY *key, const uint8_t *data,
                                         size_t len, uint8_t *sig,
                                         size_t *sig_len,
                                         struct iss_error *error);
/* The same in two steps: what signs SHA-256 hashes, to be copied with
 * EVP_PKEY_CTX_dup by any thread, *out returns new; and the one call. */
ISS_CHECKED enum iss_status iss_key_signing(const struct iss_env *env,
                                            EVP_PKEY *key, EVP_PKEY_CTX **out,
                                            struct iss_error *error);
ISS_CHECKED enum iss_status
iss_key_sign_hash(EVP_PKEY_CTX *signing,
                  const uint8_t hash[static ISS_HASH_SIZE], uint8_t *sig,
                  size_t *sig_len, struct iss_error *error);
/* The same verified with public numbers alone. False: it does not verify. */
bool iss_key_verify(OSSL_LIB_CTX *libctx, const struct enroll_key *key,
                    const uint8_t *data, size_t len, const uint8_t *sig,
                    size_t sig_len);

/* The public numbers for EVP, in software; returns new. NULL: libcrypto refuses
 * them. */
EVP_PKEY *iss_key_software(OSSL_LIB_CTX *libctx, const struct enroll_key *key);
/* The same verified with such a key. */
bool iss_key_verifies(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const uint8_t *data,
                      size_t len, const uint8_t *sig, size_t sig_len);

/* A random text sealed in software (OAEP, SHA-1, MGF1 with SHA-1, no label) and
 * opened with the key. ISS_TOKEN. */
ISS_CHECKED enum iss_status iss_key_unseals(const struct iss_env *env,
                                            EVP_PKEY *key,
                                            struct iss_error *error);

/* DER SubjectPublicKeyInfo of an RSA key, one encoding only; false otherwise.
 */
bool iss_key_from_spki(const uint8_t *der, size_t len, struct enroll_key *out);
bool iss_key_same(const struct enroll_key *a, const struct enroll_key *b);
ISS_CHECKED enum iss_status iss_key_hash(const struct enroll_key *key,
                                         uint8_t hash[static ISS_HASH_SIZE],
                                         struct iss_error *error);

/* ---- making -------------------------------------------------------------- */

struct iss_keygen { /* all borrowed */
    const char *token_uri;
    const char *label;
    const uint8_t *id; /* ISS_ID_SIZE octets; NULL in a search by label */
    unsigned bits;
    bool unseal;
};
struct iss_made {
    EVP_PKEY *key; /* owned */
    char uri[ISS_URI_MAX];
    char born[ISS_BORN_SIZE];       /* "local,never-extractable", or "" */
    char missing[ISS_MISSING_SIZE]; /* "CKA_COPYABLE", or "" */
    bool unfit; /* a pair of this id is there, but half of it or too weak */
};

/* How a pair comes into being. A pair that is there already under this id is
 * taken; one that is unfit is left alone and reported. */
typedef enum iss_status iss_key_maker(void *arg, const struct iss_env *env,
                                      const struct iss_keygen *keygen,
                                      struct iss_made *made,
                                      struct iss_error *error);

/* The maker of the product: in the token, by the key management of the
 * provider that the library context holds. arg is unused. */
iss_key_maker iss_key_make;

/* token_uri with object=, id= and type= added; false: does not fit. */
bool iss_key_uri(const struct iss_keygen *keygen, const char *type,
                 char out[static ISS_URI_MAX]);

#endif
