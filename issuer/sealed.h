/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ENABLINGBITS: a key sealed to somebody's RSA key and bound to an element of
 * the document that carries it (MS-RMPR 2.2.9.1.13). docs/formats/sealed.md.
 *
 *   RSA(to; KeyHeader || session key) || AES(session key; header || key ||
 * hash)
 *
 * Pure, like xrml.h; thread-safe.
 */
#ifndef PRIVYSEAL_SEALED_H
#define PRIVYSEAL_SEALED_H

#include "xrml.h"

enum sealed_form {
    SEALED_V1, /* "sealed-key": PKCS#1 v1.5, SHA-1; opened only, never made */
    SEALED_V2  /* "sealed-key-v2": OAEP, SHA-256 */
};

enum sealed_kind {
    SEALED_CONTENT_KEY, /* AES-128 or AES-256: of a PL or a UL */
    SEALED_PRIVATE_KEY  /* RSA, as a CryptoAPI PRIVATEKEYBLOB: RAC or CLC */
};

enum {
    SEALED_KEY_MAX = 2324, /* PRIVATEKEYBLOB of an RSA-4096 key */
    SEALED_MAX = XRML_MODULUS_MAX + 2384
};

struct sealed_lid {       /* what closes and opens; borrowed */
    OSSL_LIB_CTX *libctx; /* has RSA for the key, and default */
    enum sealed_form form;
    enum sealed_kind kind;
    /* The element to which the key is bound, as it stands in the document:
     * ISSUER, or a PL's ISSUEDPRINCIPALS less its ENABLINGBITS. */
    const char *element;
    size_t element_len;
};

struct sealed_secret { /* to be wiped with sealed_secret_wipe */
    uint8_t octets[SEALED_KEY_MAX];
    size_t len;
};
void sealed_secret_wipe(struct sealed_secret *secret);

/* "sealed-key-v2"; static. */
const char *sealed_form_name(enum sealed_form form);
/* False: no such form. */
bool sealed_form_find(const char *name, enum sealed_form *form);

/* Seals a secret to public numbers: out holds SEALED_MAX. ISS_USAGE: a length
 * that is no key of this kind, or SEALED_V1; ISS_INTERNAL: libcrypto. */
ISS_CHECKED enum iss_status sealed_close(const struct sealed_lid *lid,
                                         const struct xrml_key *to,
                                         const struct sealed_secret *secret,
                                         uint8_t *out, size_t *len,
                                         struct iss_error *error);

/* The same to the key itself, which many can be sealed to. */
ISS_CHECKED enum iss_status sealed_close_to(const struct sealed_lid *lid,
                                            EVP_PKEY *to,
                                            const struct sealed_secret *secret,
                                            uint8_t *out, size_t *len,
                                            struct iss_error *error);

/* Opens one. Whatever is wrong with it (length, padding, header, hash, another
 * element or key) is ISS_REFUSED with one text, after the same work.
 * libcrypto's error queue is left for the caller, who knows whether the token
 * was there. */
ISS_CHECKED enum iss_status
sealed_open(const struct sealed_lid *lid, EVP_PKEY *with, const uint8_t *data,
            size_t len, struct sealed_secret *secret, struct iss_error *error);

/* The same in two steps, so that whoever opens has nothing else to do: what
 * opens this form with a key, returns new, NULL is legal and opens nothing; and
 * the rest. */
EVP_PKEY_CTX *sealed_opener(const struct sealed_lid *lid, EVP_PKEY *with);
ISS_CHECKED enum iss_status sealed_open_by(const struct sealed_lid *lid,
                                           EVP_PKEY_CTX *opener,
                                           const uint8_t *data, size_t len,
                                           struct sealed_secret *secret,
                                           struct iss_error *error);

/* An RSA private key as such a secret, and back; *out returns new. ISS_USAGE:
 * no RSA key of 2048, 3072 or 4096 bits with its private numbers. */
ISS_CHECKED enum iss_status sealed_from_key(const EVP_PKEY *key,
                                            struct sealed_secret *secret,
                                            struct iss_error *error);
ISS_CHECKED enum iss_status sealed_to_key(const struct sealed_secret *secret,
                                          EVP_PKEY **out,
                                          struct iss_error *error);

#endif
