/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of the RSA key type, for its table in key_rsa.c. */
#ifndef PRIVYSEAL_PROV_RSA_OPS_H
#define PRIVYSEAL_PROV_RSA_OPS_H

#include "keytype.h"

extern const struct prov_sig_ops prov_rsa_signature; /* rsa_sign.c */
extern const struct prov_cipher_ops prov_rsa_cipher; /* rsa_cipher.c */

#endif
