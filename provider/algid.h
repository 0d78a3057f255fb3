/* SPDX-License-Identifier: Apache-2.0 */
/* DER of AlgorithmIdentifiers without parameters (RFC 5758, RFC 8410). */
#ifndef PRIVYSEAL_PROV_ALGID_H
#define PRIVYSEAL_PROV_ALGID_H

#include <openssl/params.h>

/* Puts that of nid into param: 1, or 0 where there is none or no room. */
int prov_algid_set(OSSL_PARAM *param, int nid);

#endif
