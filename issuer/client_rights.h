/* SPDX-License-Identifier: Apache-2.0 */
/* What an author allows as encrypted rights data (MS-RMPR 2.2.9.8). Internal to
 * client. */
#ifndef PRIVYSEAL_CLIENT_RIGHTS_H
#define PRIVYSEAL_CLIENT_RIGHTS_H

#include "client.h"
#include "rights.h"

struct client_rights { /* client_rights_clear; license points into it */
    struct xrml_license license;
    struct iss_rights rights;
    char content[XRML_GUID_SIZE];
    char *sealed; /* base64, encrypted with the content key */
};
void client_rights_clear(struct client_rights *rights);

/* The terms of a publication as rights data; author stands for an owner that
 * they do not name. ISS_MALFORMED: terms that cannot be said so. */
ISS_CHECKED enum iss_status
client_rights_make(OSSL_LIB_CTX *libctx, const struct client_publication *what,
                   const struct xrml_object *author,
                   struct client_rights *rights, struct iss_error *error);

#endif
