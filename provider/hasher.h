/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of whole messages by contexts kept for re-use: making one costs as
 * much as hashing a short message. Each thread comes back to the one it used
 * last; no lock, and no cache line that two threads write.
 */
#ifndef PRIVYSEAL_PROV_HASHER_H
#define PRIVYSEAL_PROV_HASHER_H

#include <openssl/evp.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROV_HASHERS = 32, PROV_HASHER_LINE = 64 };

struct prov_hasher {
    alignas(PROV_HASHER_LINE) atomic_bool busy;
    EVP_MD_CTX *ctx;  /* made at first use */
    const EVP_MD *md; /* what it is set to, or NULL */
};

struct prov_hashers {
    struct prov_hasher *slots; /* NULL without memory: none is kept */
};

void prov_hashers_init(struct prov_hashers *hashers);
void prov_hashers_clear(struct prov_hashers *hashers);

/* Writes the digest of data to out. md is borrowed, and must live as long as
 * hashers. False where hashing fails (an error of libcrypto's is left). */
bool prov_hash(struct prov_hashers *hashers, const EVP_MD *md,
               const uint8_t *data, size_t len, uint8_t *out);

#endif
