/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of publishing and use licenses share: an enrolled root with
 * two accounts, Ann who publishes and Bob who reads; sealed keys and rights
 * data opened and made by hand, with nothing of the product but its signature.
 */
#ifndef PRIVYSEAL_TEST_PUBLISHING_H
#define PRIVYSEAL_TEST_PUBLISHING_H

#include "licensing.h"

extern const uint8_t publishing_key[16]; /* the content key of these tests */
#define PUBLISHING_CONTENT "{4d1f3c9e-2d0a-4c7a-9a44-5c2a7e3b1f60}"

struct publishing {
    struct licensing licensing;
    struct iss_licensed ann, bob; /* RACs */
    EVP_PKEY *ann_key, *bob_key;  /* of their accounts */
    struct iss_licensed clc;      /* Ann's, made when first asked for */
    EVP_PKEY *clc_key;
    struct iss_grant grants[4];
    struct iss_terms terms; /* Ann's: VIEW and PRINT to Bob */
};

/* Aborts on failure. */
void publishing_new(struct publishing *publishing);
void publishing_free(struct publishing *publishing);

/* Orders that are good. */
struct iss_license_order publishing_pl(const struct publishing *publishing);
struct iss_license_order publishing_ul(const struct iss_licensed *pl,
                                       const struct iss_licensed *rac);
/* Ann publishes by herself: a PL under her CLC, its chain behind it; free(). */
char *publishing_offline(struct publishing *publishing,
                         const struct iss_terms *terms, size_t *len);

/* The key in the first ENABLINGBITS behind at, which is bound to the element
 * given (NULL: <ISSUER> of the document). Returns how many octets, 0: one of
 * padding, header, hash is not as docs/formats/sealed.md says. */
size_t publishing_open(const char *document, const char *at,
                       const char *element, EVP_PKEY *with, uint8_t key[32]);
/* ISSUEDPRINCIPALS without ENABLINGBITS; free(). */
char *publishing_element(const char *pl);
/* The text of the rights data of a PL in ASCII, decrypted; free(). */
char *publishing_rights(const char *pl, const uint8_t *key, size_t key_len);

enum publishing_fault { /* of a sealed key */
                        PUBLISHING_GOOD,
                        PUBLISHING_PADDING, /* PKCS#1 v1.5 instead */
                        PUBLISHING_HEADER,  /* of the session key */
                        PUBLISHING_HASH,
                        PUBLISHING_OTHER_KEY /* not that of the rights data */
};
/* ENABLINGBITS, sealed by hand to the public key, as base64; free(). */
char *publishing_seal(const char *element, EVP_PKEY *to, const uint8_t key[16],
                      enum publishing_fault fault);
/* Base64 of rights data, encrypted by hand; free(). */
char *publishing_encrypt(const char *rights, const uint8_t key[16]);
/* Rights data: whose they are, for the content of these tests, and what stands
 * in RIGHTSLIST; free(). */
char *publishing_data(const char *owner, const char *list);
struct publishing_forged { /* a PL under Ann's CLC, signed by hand */
    const char *owner;     /* in OWNER of the PL */
    const char *rights;    /* rights data, encrypted with publishing_key */
    const char *bits;      /* type of ENABLINGBITS; NULL: sealed-key-v2 */
    const char *content;   /* NULL: the content of these tests */
    enum publishing_fault fault;
};
/* With the CLC's chain behind it; free(). */
char *publishing_forge(struct publishing *publishing,
                       const struct publishing_forged *forged);
/* The text with the first from behind at replaced; free(). */
char *publishing_replace(const char *text, const char *at, const char *from,
                         const char *to);

#endif
