/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of the types of elliptic curves, for their tables. */
#ifndef PRIVYSEAL_PROV_EC_OPS_H
#define PRIVYSEAL_PROV_EC_OPS_H

#include "keytype.h"

/* Values of prov_scheme.variant. */
enum { PROV_EDDSA_PURE, PROV_EDDSA_CONTEXT, PROV_EDDSA_HASHED };

extern const struct prov_sig_ops prov_ecdsa;          /* ecdsa.c */
extern const struct prov_sig_ops prov_eddsa;          /* eddsa.c */
extern const struct prov_exchange_ops prov_ecdh;      /* ecdh.c */
extern const struct prov_exchange_ops prov_ecdh_safe; /* ecdh.c: X25519, X448 */

/* For prov_keytype.pairwise: by a signature that is verified, or where the
 * token does not let the key sign, by an agreement made from both ends. */
int prov_ec_pairwise(struct prov_key *key);

#endif
