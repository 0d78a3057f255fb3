/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of elliptic curves in the fixture's token, and what software makes of
 * them. */
#ifndef PRIVYSEAL_TEST_CURVES_H
#define PRIVYSEAL_TEST_CURVES_H

#include <openssl/evp.h>
#include <openssl/types.h>

/* A new private key of type ("EC", "ED25519") in the token, called label; group
 * may be NULL. NULL where none is made. */
EVP_PKEY *curves_generate(OSSL_LIB_CTX *libctx, const char *type,
                          const char *group, const char *label);

/* The same of software alone, where our key management is asked for it. */
EVP_PKEY *curves_forced(OSSL_LIB_CTX *libctx, const char *type,
                        const char *group);

/* The key called label, searched for anew. */
EVP_PKEY *curves_load(OSSL_LIB_CTX *libctx, const char *label);

/* Its public half as the default provider alone knows it. */
EVP_PKEY *curves_software(EVP_PKEY *pkey);

/* A software key of the same type and group, made by the default provider. */
EVP_PKEY *curves_peer(const char *type, const char *group);

#endif
