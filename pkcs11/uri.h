/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 URIs (RFC 7512), by p11-kit. */
#ifndef PRIVYSEAL_P11_URI_H
#define PRIVYSEAL_P11_URI_H

#include "p11.h"

struct p11_uri;

/* Returns new, or P11R_URI_INVALID with the cause: another scheme, a bad
 * percent encoding (and where), an attribute without "=" or given twice. Blanks
 * and line ends are ignored. pin-value and pin-source may stand in the path
 * too, as older programs write them. */
P11_CHECKED CK_RV p11_uri_parse(const char *text, struct p11_uri **out,
                                struct p11_diag *diag);
void p11_uri_free(struct p11_uri *uri); /* wipes a PIN */

/* The first attribute that RFC 7512 does not define, or "type" with a value
 * that it does not; a vendor's, too: then nothing matches. NULL: there is none.
 * Borrowed. */
const char *p11_uri_unknown(const struct p11_uri *uri);

/* The attributes that say what matches, so without PINs and unknown ones: for
 * messages, and the same for URIs that mean the same. */
const char *p11_uri_key(const struct p11_uri *uri);

/* True where the URI says anything of token, slot or module. */
bool p11_uri_narrows(const struct p11_uri *uri);

/* By module-path and module-name; then, initialised, by library-*. */
bool p11_uri_matches_file(const struct p11_uri *uri, const char *path,
                          const char *name);
bool p11_uri_matches_library(const struct p11_uri *uri, const CK_INFO *info);
bool p11_uri_matches_slot(const struct p11_uri *uri, const CK_SLOT_INFO *info);
bool p11_uri_matches_token(const struct p11_uri *uri, CK_SLOT_ID slot,
                           const CK_TOKEN_INFO *token);

/* False where these match whatever the library or slot says of itself. */
bool p11_uri_asks_library(const struct p11_uri *uri);
bool p11_uri_asks_slot(const struct p11_uri *uri);

/* type= as one of P11_PRIVATE_KEY..., 0 where the URI has none. */
unsigned p11_uri_class(const struct p11_uri *uri);

/* CKA_ID, CKA_LABEL, or NULL. Borrowed. */
const CK_ATTRIBUTE *p11_uri_attr(const struct p11_uri *uri,
                                 CK_ATTRIBUTE_TYPE type);

/* Borrowed, or NULL. */
const char *p11_uri_pin_value(const struct p11_uri *uri);
const char *p11_uri_pin_source(const struct p11_uri *uri);

/* Returns new: the URI of an object in a token; id and label may be NULL. NULL
 * where out of memory. */
char *p11_uri_of_object(const CK_TOKEN_INFO *token, CK_OBJECT_CLASS class,
                        const CK_ATTRIBUTE *id, const CK_ATTRIBUTE *label);

#endif
