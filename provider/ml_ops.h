/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of ML-DSA and ML-KEM, for the tables in key_ml.c. */
#ifndef PRIVYSEAL_PROV_ML_OPS_H
#define PRIVYSEAL_PROV_ML_OPS_H

#include "keytype.h"

enum { PROV_ML_KEM_SECRET = 32 };

extern const struct prov_sig_ops prov_ml_dsa; /* mldsa.c */
extern const struct prov_kem_ops prov_ml_kem; /* mlkem.c */

/* Signs and verifies, encapsulates and decapsulates. */
int prov_ml_dsa_pairwise(struct prov_key *key);
int prov_ml_kem_pairwise(struct prov_key *key);

#endif
