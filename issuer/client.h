/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's side, in software: machine key and certificate, what RAC, CLC and
 * UL hold for it, offline publishing (MS-RMPR 3.8). No store, no token. What a
 * program on the user's own machine is told it cannot be kept from telling:
 * these functions judge, they do not guard.
 *
 * Pure, like xrml.h; thread-safe.
 */
#ifndef PRIVYSEAL_CLIENT_H
#define PRIVYSEAL_CLIENT_H

#include "license.h"
#include "sealed.h"

struct client_machine { /* owned; client_machine_clear wipes */
    char *key;          /* PEM, PKCS#8, unencrypted: the machine's key */
    size_t key_len;
    char *certificate; /* SPC and the certificates above it, as a file */
    size_t certificate_len;
    char *authority; /* PEM of the key that issued it: for "trust machines" */
    size_t authority_len;
};
void client_machine_clear(struct client_machine *machine);
/* A machine's key, and an SPC of it issued by an authority that exists for this
 * machine alone: whoever trusts it trusts this machine. */
ISS_CHECKED enum iss_status client_machine_make(OSSL_LIB_CTX *libctx,
                                                const char *name, int64_t now,
                                                struct client_machine *machine,
                                                struct iss_error *error);

/* The private key that a RAC holds for a machine, or a CLC for a RAC's key;
 * *out returns new. ISS_REFUSED: not for this key. */
ISS_CHECKED enum iss_status client_open_key(OSSL_LIB_CTX *libctx,
                                            const struct xrml_document *holder,
                                            EVP_PKEY *with, EVP_PKEY **out,
                                            struct iss_error *error);

struct client_publication { /* all borrowed */
    const struct xrml_chain *clc;
    EVP_PKEY *key; /* of the CLC */
    const struct iss_terms *terms;
    const uint8_t *content_key;
    size_t content_key_len;
    int64_t now;
};
/* A PL signed with the CLC's key, its chain behind it, as a file; *out returns
 * new, free(). ISS_REFUSED: the CLC has ended. */
ISS_CHECKED enum iss_status
client_publish(OSSL_LIB_CTX *libctx, const struct client_publication *what,
               char **out, size_t *len, struct iss_error *error);

/* The owner's own use license of what was published (MS-RMPR 3.8.4.4), signed
 * with the CLC's key, its chain behind it; *out returns new, free().
 * ISS_REFUSED: rac is of another user than the CLC, or as client_publish. */
ISS_CHECKED enum iss_status client_license_owner(
    OSSL_LIB_CTX *libctx, const struct client_publication *what,
    const struct xrml_document *pl, const struct xrml_document *rac, char **out,
    size_t *len, struct iss_error *error);

struct client_use { /* all borrowed */
    const struct xrml_chain *ul, *pl;
    const struct xrml_chain *rac;
    EVP_PKEY *key; /* of the RAC */
    const struct xrml_anchors *anchors;
    const struct xrml_revocations *lists; /* or NULL */
    const char *right;                    /* "VIEW" */
    int64_t now;
    int64_t first_use; /* 0: this is the first; for INTERVALTIME */
};
/* The content key, where the UL grants the right now: to this account, for
 * this PL's content. ISS_REFUSED with the reason; 20 to 25: a test failed. */
ISS_CHECKED enum iss_status client_open_content(OSSL_LIB_CTX *libctx,
                                                const struct client_use *use,
                                                struct sealed_secret *key,
                                                struct iss_error *error);

#endif
