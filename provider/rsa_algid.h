/* SPDX-License-Identifier: Apache-2.0 */
/* DER of the AlgorithmIdentifiers of RSA signatures (RFC 4055). */
#ifndef PRIVYSEAL_PROV_RSA_ALGID_H
#define PRIVYSEAL_PROV_RSA_ALGID_H

#include <stdint.h>

#include "digest.h"

/* Both return the length of *der, to be freed by OPENSSL_free; -1 where the
 * combination has no identifier. */
int prov_rsa_pkcs1_algid(const struct prov_digest *digest, uint8_t **der);
int prov_rsa_pss_algid(const struct prov_digest *digest,
                       const struct prov_digest *mgf1, int salt_len,
                       uint8_t **der);

#endif
