/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the provider offers: one row an algorithm. The rows are constant; the
 * property "provider=NAME" is the instance's own, so each instance has arrays
 * of OSSL_ALGORITHM made from them.
 */
#ifndef PRIVYSEAL_PROV_ALGS_H
#define PRIVYSEAL_PROV_ALGS_H

#include <openssl/core.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    PROV_OPERATIONS = 12,      /* kinds of operation we offer */
    PROV_OPERATION_ROWS = 128, /* rows of one kind, with the end */
    PROV_PROPERTY_SIZE = 256
};

struct prov_algs {
    int ids[PROV_OPERATIONS]; /* OSSL_OP_*, 0 where unused */
    OSSL_ALGORITHM rows[PROV_OPERATIONS][PROV_OPERATION_ROWS];
    char *properties; /* texts that rows borrow */
};

/* Fills algs for the instance called name; fips: their property definitions
 * have fips=yes. False without memory. */
bool prov_algs_init(struct prov_algs *algs, const char *name, bool fips);
void prov_algs_clear(struct prov_algs *algs);

/* The rows of an operation, NULL if we have none. Borrowed. */
const OSSL_ALGORITHM *prov_algs_of(const struct prov_algs *algs, int operation);

/* Algorithms of OSSL_OP_SIGNATURE that programs ask for by name: sigalgs.def.
 * The n-th one, NULL after the last; before OpenSSL 3.4 there is none. */
struct prov_sigalg_row {
    const char *names;
    const OSSL_DISPATCH *dispatch;
};
const struct prov_sigalg_row *prov_sigalg_at(size_t n);

/* Dispatch tables, each at the end of its file. */
extern const OSSL_DISPATCH prov_keymgmt_rsa[];
extern const OSSL_DISPATCH prov_keymgmt_rsa_pss[];
extern const OSSL_DISPATCH prov_keymgmt_ec[];
extern const OSSL_DISPATCH prov_keymgmt_ed25519[];
extern const OSSL_DISPATCH prov_keymgmt_ed448[];
extern const OSSL_DISPATCH prov_keymgmt_x25519[];
extern const OSSL_DISPATCH prov_keymgmt_x448[];
extern const OSSL_DISPATCH prov_keymgmt_ml_dsa_44[];
extern const OSSL_DISPATCH prov_keymgmt_ml_dsa_65[];
extern const OSSL_DISPATCH prov_keymgmt_ml_dsa_87[];
extern const OSSL_DISPATCH prov_keymgmt_ml_kem_512[];
extern const OSSL_DISPATCH prov_keymgmt_ml_kem_768[];
extern const OSSL_DISPATCH prov_keymgmt_ml_kem_1024[];
extern const OSSL_DISPATCH prov_signature[];
extern const OSSL_DISPATCH prov_asymcipher[];
extern const OSSL_DISPATCH prov_exchange[];
extern const OSSL_DISPATCH prov_kem[];
extern const OSSL_DISPATCH prov_rand[];
extern const OSSL_DISPATCH prov_store[];
extern const OSSL_DISPATCH prov_encode_text[];
extern const OSSL_DISPATCH prov_encode_spki_der[];
extern const OSSL_DISPATCH prov_encode_spki_pem[];
extern const OSSL_DISPATCH prov_encode_type_der[];
extern const OSSL_DISPATCH prov_encode_type_pem[];
extern const OSSL_DISPATCH prov_encode_private[];
extern const OSSL_DISPATCH prov_decode_pem[];
extern const OSSL_DISPATCH prov_decode_uri[];

#endif
