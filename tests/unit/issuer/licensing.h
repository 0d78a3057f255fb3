/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root that is enrolled and may issue licenses, a user's machine that it
 * trusts, and an opener of sealed keys that shares nothing with sealed.c but
 * libcrypto.
 */
#ifndef PRIVYSEAL_TEST_LICENSING_H
#define PRIVYSEAL_TEST_LICENSING_H

#include "issuer/client.h"
#include "issuer/license.h"
#include "stores.h"

struct licensing {
    struct stores stores;
    struct iss *root; /* open */
    struct client_machine machine;
    EVP_PKEY *machine_key;
    struct iss_error error; /* of the last order */
};

/* Aborts on failure. */
void licensing_new(struct licensing *licensing);
void licensing_free(struct licensing *licensing);
/* Closes the root and opens it again, as another process would. */
void licensing_again(struct licensing *licensing);
/* A further line of the root's configuration. Opens it again. */
void licensing_configure(struct licensing *licensing, const char *text);
/* Another machine, trusted under this name; to be freed by the caller. */
void licensing_machine(struct licensing *licensing, const char *name,
                       struct client_machine *machine, EVP_PKEY **key);

/* Orders that are good; whatever they point to is the caller's. */
struct iss_license_order licensing_rac(const struct licensing *licensing,
                                       const char *mail);
struct iss_license_order licensing_clc(const struct iss_licensed *rac);
/* iss_license with the error kept. */
enum iss_status licensing_issue(struct licensing *licensing,
                                const struct iss_license_order *order,
                                struct iss_licensed *licensed);
/* The same, which must succeed. */
void licensing_must(struct licensing *licensing,
                    const struct iss_license_order *order,
                    struct iss_licensed *licensed);
/* Whether the error of the last order says this. */
bool licensing_said(const struct licensing *licensing, const char *what);

/* The text between the first begin behind at and the end behind that; free().
 * NULL: not there. */
char *licensing_between(const char *text, const char *at, const char *begin,
                        const char *end);
/* The private key in the first ENABLINGBITS of a document, opened with a key:
 * OAEP, AES-128-ECB, header and hash of <ISSUER> compared, PRIVATEKEYBLOB.
 * NULL: one of them is not as docs/formats/sealed.md says. */
EVP_PKEY *licensing_open(const char *document, EVP_PKEY *with);
/* Whether the two halves are those of the key that stands in a document behind
 * at. */
bool licensing_certifies(const char *document, const char *at, EVP_PKEY *key);

#endif
