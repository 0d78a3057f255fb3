/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the user's side share: GUIDs, public numbers, a document
 * from its fields to its signed text. Internal to client.
 */
#ifndef PRIVYSEAL_CLIENT_PART_H
#define PRIVYSEAL_CLIENT_PART_H

#include "client.h"

/* A random GUID of RFC 9562, version 4, in its normal form. ISS_INTERNAL. */
ISS_CHECKED enum iss_status client_guid(char out[static XRML_GUID_SIZE],
                                        struct iss_error *error);

struct client_numbers { /* key points into it: is not copied */
    uint8_t modulus[XRML_MODULUS_MAX];
    struct xrml_key key;
};
/* The public numbers of an RSA key. ISS_INTERNAL: it is none. */
ISS_CHECKED enum iss_status client_numbers(const EVP_PKEY *key,
                                           struct client_numbers *out,
                                           struct iss_error *error);

/* What bits of a document of that kind hold, opened with a private key: an
 * account's, a machine's. ISS_REFUSED: not for this key, or another form than
 * sealed-key-v2, which is the only one that is taken from a user. */
ISS_CHECKED enum iss_status client_unseal(OSSL_LIB_CTX *libctx,
                                          const struct xrml_document *document,
                                          const struct xrml_bits *bits,
                                          enum sealed_kind kind, EVP_PKEY *with,
                                          struct sealed_secret *secret,
                                          struct iss_error *error);

/* Seals a secret for the element that bound is; *out returns new, free(). */
ISS_CHECKED enum iss_status client_seal(OSSL_LIB_CTX *libctx, const char *bound,
                                        const struct xrml_key *to,
                                        const struct sealed_secret *secret,
                                        char **out, struct iss_error *error);

/* Builds, signs with key, verifies with its public half, assembles; *out
 * returns new, free(). */
ISS_CHECKED enum iss_status client_sign(OSSL_LIB_CTX *libctx,
                                        const struct xrml_license *fields,
                                        EVP_PKEY *key, char **out,
                                        struct iss_error *error);

#endif
