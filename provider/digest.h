/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digests that a signature or padding may name: one row each, with what
 * PKCS#1 and Cryptoki call them.
 */
#ifndef PRIVYSEAL_PROV_DIGEST_H
#define PRIVYSEAL_PROV_DIGEST_H

#include <openssl/types.h>
#include <p11-kit/pkcs11.h>
#include <stddef.h>
#include <stdint.h>

enum { PROV_DIGEST_MAX = 64, PROV_DIGEST_INFO_MAX = PROV_DIGEST_MAX + 32 };

struct prov_digest {
    const char *names; /* OpenSSL's first, separated by colons */
    int nid;
    size_t size;
    uint8_t oid[10]; /* content octets of the object identifier */
    uint8_t oid_len; /* 0: signed without DigestInfo (MD5-SHA1) */
    /* Cryptoki's names; 0 where version 2.40 has none */
    CK_MECHANISM_TYPE hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    CK_MECHANISM_TYPE rsa_pkcs; /* hashes and signs a whole message */
    CK_MECHANISM_TYPE rsa_pss;  /* the same */
    CK_MECHANISM_TYPE ecdsa;    /* the same */
};

/* The row that bears name (without regard to case), or NULL. Static. */
const struct prov_digest *prov_digest_find(const char *name);

/* The n-th row, NULL after the last. */
const struct prov_digest *prov_digest_at(size_t n);

/* Position of a row, for bit masks and caches. */
size_t prov_digest_index(const struct prov_digest *digest);

/* The first name of a row, NUL-terminated. */
struct prov_digest_name {
    char text[16];
};
struct prov_digest_name prov_digest_name(const struct prov_digest *digest);

/* DER of DigestInfo (RFC 8017, 9.2) for a digest value of the row's size;
 * returns the length. */
size_t prov_digest_info(const struct prov_digest *digest, const uint8_t *value,
                        uint8_t out[static PROV_DIGEST_INFO_MAX]);

#endif
