/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents without SIGNATURE: encrypted rights data (ERD, MS-RMPR 2.2.9.8),
 * and a publishing license on its way to the server that will sign it. Neither
 * is ever part of a chain: xrml_parse refuses what these functions read.
 * docs/formats/license.md. Pure, like xrml.h; thread-safe.
 */
#ifndef PRIVYSEAL_XRML_RIGHTS_H
#define PRIVYSEAL_XRML_RIGHTS_H

#include "xrml_license.h"

enum {
    XRML_RIGHTS_DATA_MAX = 128 * 1024 /* octets of ERD, encrypted or not */
};

/* <XrML>BODY</XrML> of a BODY that xrml_license_build has made. *out returns
 * new, free(). */
ISS_CHECKED enum iss_status xrml_unsigned_assemble(const char *body, size_t len,
                                                   char **out,
                                                   struct iss_error *error);

/* The base64 of a PL's rights data; NULL: it has none. Borrowed. */
const char *xrml_rights_of(const struct xrml_license *license);

/* Encrypts a document, <XrML> to </XrML>, with a content key (AES-128 or
 * AES-256, octets): base64 for AUTHENTICATEDDATA id="Encrypted-Rights-Data".
 * *out returns new, free(). ISS_USAGE: no such key, or too long a text;
 * ISS_XML: neither rights data without SIGNATURE nor a signed template. */
ISS_CHECKED enum iss_status xrml_rights_seal(OSSL_LIB_CTX *libctx,
                                             const uint8_t *key, size_t key_len,
                                             const char *text, char **out,
                                             struct iss_error *error);

/* The same of a document that has been read, or drafted. */
ISS_CHECKED enum iss_status
xrml_rights_close(OSSL_LIB_CTX *libctx, const uint8_t *key, size_t key_len,
                  const struct xrml_document *document, char **out,
                  struct iss_error *error);

/* Decrypts what it says and reads it: rights data (type XRML_RIGHTS), or a
 * template with its SIGNATURE, which is not verified here (type XRML_TEMPLATE).
 * *out returns new; its text is in xrml_text. ISS_REFUSED: not encrypted with
 * this key, or damaged, with one text whatever the cause. */
ISS_CHECKED enum iss_status xrml_rights_open(OSSL_LIB_CTX *libctx,
                                             const uint8_t *key, size_t key_len,
                                             const char *rights,
                                             struct xrml_document **out,
                                             struct iss_error *error);

#endif
