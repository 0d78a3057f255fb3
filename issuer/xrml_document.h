/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parsed document is, for the files of xrml that read, judge and rebuild
 * it. Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_DOCUMENT_H
#define PRIVYSEAL_XRML_DOCUMENT_H

#include <stdatomic.h>

#include "xml.h"
#include "xrml.h"
#include "xrml_hash.h"

struct xrml_signature { /* the SIGNATURE element, MS-RMPR 2.2.9.1.12 */
    enum xrml_digest digest;
    uint8_t hash[XRML_HASH_MAX]; /* as the document says */
    uint8_t value[XRML_MODULUS_MAX];
    size_t value_len;
};

struct xrml_revokers {
    struct xrml_key keys[XRML_REVOKERS_MAX];
    uint8_t moduli[XRML_REVOKERS_MAX][XRML_MODULUS_MAX];
};

struct xrml_document {
    char *text; /* from "<XrML" to "</XrML>", as received */
    size_t len;
    size_t body, body_end;
    struct xml_tree *tree; /* of BODY */
    struct xrml_fields fields;
    uint8_t issuer_modulus[XRML_MODULUS_MAX];
    uint8_t principal_modulus[XRML_MODULUS_MAX];
    struct xrml_revokers *revokers; /* NULL: none */
    struct xrml_signature signature;
    uint8_t body_hash[XRML_HASH_MAX]; /* SHA-256 */
    bool rewritten;                   /* by XRML_PRETTY */
    /* What changes in a document, for as many threads as share it. */
    struct xrml_shared {
        atomic_uint uses;
        /* Its signature has been verified with the key that its ISSUER names:
         * that holds for ever. */
        atomic_bool genuine;
    } * shared;
};

/* The certificates that issue servers, MS-RMPR 2.2.9.3: no element is unknown
 * in them, and their order is fixed. */
bool xrml_in_family(enum xrml_type type);
enum xrml_type xrml_type_of(const char *body_type, const char *descriptor_type);

/* Every element of BODY against the table of elements. Failure: ISS_XML. */
ISS_CHECKED enum iss_status xrml_grammar_check(const struct xml_tree *tree,
                                               bool family,
                                               struct iss_error *error);

/* Fills document->fields from its tree. Failure: ISS_XML. */
ISS_CHECKED enum iss_status xrml_fields_read(struct xrml_document *document,
                                             struct iss_error *error);

/* Reads the SIGNATURE element: one of two literal forms, no octet else. */
ISS_CHECKED enum iss_status xrml_signature_read(const char *text, size_t len,
                                                struct xrml_signature *out,
                                                struct iss_error *error);
/* Writes it, DIGEST first, as servers do. */
void xrml_signature_write(struct xml_out *out,
                          const struct xrml_signature *signature);

/* DIGEST against the text of BODY. ISS_SIGNATURE: it says something else. */
ISS_CHECKED enum iss_status
xrml_digest_check(const struct xrml_document *document,
                  struct iss_error *error);

/* The software verification under xrml_check and the chain's test 2. hash is
 * the one of signature's digest. Failure: ISS_SIGNATURE. */
ISS_CHECKED enum iss_status
xrml_signature_verify(OSSL_LIB_CTX *libctx, const struct xrml_key *key,
                      const struct xrml_signature *signature,
                      struct iss_error *error);

/* A BODY as a document with a SIGNATURE of zeros. *out returns new, free(). */
ISS_CHECKED enum iss_status xrml_draft_assemble(const char *body, size_t len,
                                                char **out,
                                                struct iss_error *error);

/* Objects are equal: types, ID (a GUID in any form), NAME and ADDRESS. */
bool xrml_object_same(const struct xrml_object *a, const struct xrml_object *b);

#endif
