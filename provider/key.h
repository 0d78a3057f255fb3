/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key as OpenSSL holds it: an object in a token, its public numbers and its
 * type. Immutable once filled, counted by references, usable by any thread.
 * A key without a token's object is a software key (public, or private where
 * an application forces our key management upon it).
 */
#ifndef PRIVYSEAL_PROV_KEY_H
#define PRIVYSEAL_PROV_KEY_H

#include <openssl/core.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "keytype.h"
#include "pkcs11/p11.h"

/* Mechanisms that the token refused for this key, one bit a digest. */
enum prov_refusal {
    PROV_REFUSED_PSS,
    PROV_REFUSED_PSS_MIXED, /* another digest in MGF1 */
    PROV_REFUSED_OAEP,
    PROV_REFUSED_BARE, /* CKM_RSA_X_509 for decryption */
    PROV_REFUSALS
};

enum prov_raw { PROV_RAW_UNKNOWN, PROV_RAW_WORKS, PROV_RAW_REFUSED };

struct prov_key {
    struct prov *prov;
    const struct prov_keytype *type;
    struct p11_object *object; /* NULL: a software key */
    OSSL_PARAM *public;        /* public numbers, NULL where not known */
    int bits, security_bits;
    size_t size; /* octets of a signature or ciphertext, at most */
    bool soft_private;
    struct p11_birth *birth; /* of a key just generated, else NULL */
    _Atomic(EVP_PKEY *) soft;
    atomic_uint refused[PROV_REFUSALS];
    _Atomic(uint8_t *) reject; /* secret of rsa_reject.h, or NULL */
    atomic_int raw;            /* enum prov_raw: does CKM_RSA_PKCS work? */
    atomic_size_t references;
};

/* An empty software key. Returns new, NULL without memory. */
struct prov_key *prov_key_new(struct prov *prov,
                              const struct prov_keytype *type);

/* A key in a token; up-refs object. Returns new, or NULL and raises. */
struct prov_key *prov_key_from_object(struct prov *prov,
                                      const struct prov_keytype *type,
                                      struct p11_object *object);

/* Fills an empty key from pkey, which it takes (also on failure). */
bool prov_key_take_soft(struct prov_key *key, EVP_PKEY *pkey, bool private_key);

/* The same for a software key that has neither half yet. */
bool prov_key_take_blank(struct prov_key *key, EVP_PKEY *pkey);

struct prov_key *prov_key_up_ref(struct prov_key *key);
void prov_key_free(struct prov_key *key);

/* A key of its own with what selection (OSSL_KEYMGMT_SELECT_*) names; a key in
 * a token keeps its private half if that is selected. Returns new, or NULL and
 * raises. */
struct prov_key *prov_key_dup(const struct prov_key *key, int selection);

/* Sets parameters: of a software key all that software takes, of a key in a
 * token its type's harmless ones. Not while another thread uses the key.
 * 1, or 0 and raises. */
int prov_key_set(struct prov_key *key, const OSSL_PARAM *params);

bool prov_key_is_private(const struct prov_key *key);

/* Whether the public half is there, and not its group alone. */
bool prov_key_has_public(const struct prov_key *key);

/* For messages: the object's URI, or "a software key". Borrowed. */
const char *prov_key_name(const struct prov_key *key);

/* The key for software operations: its public half (a software key: all of
 * it), made at first use. Borrowed; NULL and an error raised on failure. */
EVP_PKEY *prov_key_soft(struct prov_key *key);

/* Whether two keys have the same public numbers. */
bool prov_key_equal(const struct prov_key *a, const struct prov_key *b);

/* Whether they have the same domain parameters, or are of a type without. */
bool prov_key_same_group(const struct prov_key *a, const struct prov_key *b);

/* Whether CKA_ALLOWED_MECHANISMS, where the token has and fills it, names
 * mechanism. */
bool prov_key_allows(const struct prov_key *key, CK_MECHANISM_TYPE mechanism);

/* Whether what selection (OSSL_KEYMGMT_SELECT_*) names is valid. A token does
 * not show its private numbers: that they belong to the public ones is shown
 * by use. 1, or 0 and raises (key_check.c). */
int prov_key_check(struct prov_key *key, int selection);

/* Refusals that a token remembers for us. */
bool prov_key_refused(struct prov_key *key, enum prov_refusal what,
                      const struct prov_digest *digest);
void prov_key_refuse(struct prov_key *key, enum prov_refusal what,
                     const struct prov_digest *digest);

/* Whether rv says that the token or the key does not take a mechanism with
 * these parameters, so that another way may be tried. */
bool prov_key_wrong_mechanism(CK_RV rv);

#endif
