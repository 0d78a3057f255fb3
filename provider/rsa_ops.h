/* SPDX-License-Identifier: Apache-2.0 */
/* What the key types RSA and RSA-PSS have in common, and their operations. */
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

/* rsa_soft.c: as the operations of struct prov_sig_ops. */
int prov_rsa_verify(struct prov_scheme *scheme, const uint8_t *sig,
                    size_t sig_len, const uint8_t *data, size_t len);
int prov_rsa_recover(struct prov_scheme *scheme, uint8_t *out, size_t *out_len,
                     const uint8_t *sig, size_t sig_len);
int prov_rsa_sign_soft(struct prov_scheme *scheme,
                       const struct prov_input *input, uint8_t *sig,
                       size_t *sig_len);

/* key_rsa.c: functions of both tables. */
OSSL_PARAM *prov_rsa_numbers(const struct p11_object *object);
bool prov_rsa_measure(struct prov_key *key);
int prov_rsa_prepare(struct prov_gen *gen);

/* key_rsa_pss.c. Whether CKA_ALLOWED_MECHANISMS names PSS and nothing else. */
bool prov_rsa_only_pss(const struct p11_object *object);

/* What RSA-PSS keys may be bound to (RFC 4055). */
struct prov_rsa_bound {
    const struct prov_digest *digest, *mgf1;
    int saltlen; /* octets, at least */
};

/* Fills bound; false where the key is bound to nothing. */
bool prov_rsa_bound_of(const struct prov_key *key,
                       struct prov_rsa_bound *bound);

#endif
