/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of the RSA key type, for its table in key_rsa.c. */
#ifndef PRIVYSEAL_PROV_RSA_OPS_H
#define PRIVYSEAL_PROV_RSA_OPS_H

#include "keytype.h"

extern const struct prov_sig_ops prov_rsa_signature; /* rsa_sign.c */
extern const struct prov_cipher_ops prov_rsa_cipher; /* rsa_cipher.c */

/* Decrypts in the token, padding->key being a private key there. */
int prov_rsa_decrypt(struct prov_padding *padding, uint8_t *out,
                     size_t *out_len, const uint8_t *in, size_t in_len);

/* What OAEP is made with where it was not said: SHA-1, and the same in MGF1. */
const struct prov_digest *
prov_rsa_oaep_digest(const struct prov_padding *padding);
const struct prov_digest *
prov_rsa_oaep_mgf1(const struct prov_padding *padding);

#endif
