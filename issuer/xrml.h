/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of the documents: XrML 1.2 as MS-RMPR 2.2.9 and real signed documents
 * have it (docs/formats/xrml.md). Pure: no files, sockets, clock or database;
 * libcrypto is used for hashes and RSA verification, in the library context
 * that the caller names. Thread-safe: documents are immutable after parsing.
 */
#ifndef PRIVYSEAL_XRML_H
#define PRIVYSEAL_XRML_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum {
    XRML_DOCUMENT_MAX = 256 * 1024,
    XRML_CHAIN_MAX = 1024 * 1024,
    XRML_CHAIN_DOCUMENTS = 16,
    XRML_DEPTH_MAX = 64,
    XRML_ATTRIBUTES_MAX = 16,
    XRML_NAME_MAX = 128,
    XRML_MODULUS_MAX = 1024, /* octets: RSA-8192 is read */
    XRML_DIGEST_MAX = 32,
    XRML_REVOKERS_MAX = 16
};

/* ---- one document ------------------------------------------------------ */

struct xrml_document; /* opaque, immutable */

enum xrml_type { /* by BODY type and DESCRIPTOR OBJECT type; place: see below */
                 XRML_CA_CERTIFICATE,     /* DRM-CA-Certificate */
                 XRML_SERVER_CERTIFICATE, /* Server-Licensor-Certificate */
                 XRML_MACHINE_CERTIFICATE,
                 XRML_RAC,
                 XRML_CLC,
                 XRML_PL,
                 XRML_UL,
                 XRML_TEMPLATE,
                 XRML_REVOCATION_LIST,
                 XRML_RIGHTS, /* Microsoft Rights Template: no SIGNATURE */
                 XRML_OTHER
};

struct xrml_object { /* absent parts are NULL; text unescaped, UTF-8 */
    const char *type, *id_type, *id, *name, *address;
    const char *address_type; /* "email_alias"; NULL: "URL" */
};

struct xrml_key {
    const uint8_t *modulus; /* big-endian, no leading zero; NULL: absent */
    size_t modulus_len;
    uint32_t exponent;
};

struct xrml_range { /* [from, until), seconds since 1970, UTC */
    bool present;
    int64_t from, until;
};

struct xrml_fields { /* everything borrowed from the document */
    enum xrml_type type;
    const char *body_type, *body_version;
    int64_t issued;
    struct xrml_range validity; /* VALIDITYTIME */
    struct xrml_range range;    /* RANGETIME of the right ISSUE, or of a UL */
    bool may_issue;             /* RIGHT ISSUE for PRINCIPAL internal-id 1 */
    struct xrml_object descriptor, issuer, principal, work;
    struct xrml_key issuer_key, principal_key;
    const char *server_version, *server_sku; /* of the principal */
    const char *issuer_text; /* inner text of ISSUER, as it stands */
    size_t issuer_text_len;
    const char *principal_text; /* inner text of PRINCIPAL, as it stands */
    size_t principal_text_len;
    /* Of one of the SLC family: who may revoke it beside its issuer, MS-RMPR
     * 2.2.9.3.5; 0: nobody. The issuer's own key is the first. */
    size_t revoker_count;
    const struct xrml_key *revokers;
};

/* Reads <XrML>BODY</XrML>, of a PL or of rights data; the latter need no
 * ISSUER. *out returns new; it verifies with no key. ISS_XML: else. */
ISS_CHECKED enum iss_status xrml_unsigned_parse(const char *text, size_t len,
                                                struct xrml_document **out,
                                                struct iss_error *error);
/* Reads the one document that begins at text and, where consumed is not NULL,
 * stops at its end and stores how many octets it took (leading white space and
 * XML declaration included); without consumed anything behind it but white
 * space is an error. UTF-8. *out returns new. Failure: ISS_XML. */
ISS_CHECKED enum iss_status xrml_parse(const char *text, size_t len,
                                       size_t *consumed,
                                       struct xrml_document **out,
                                       struct iss_error *error);
void xrml_document_free(struct xrml_document *document);
/* The same document once more, to be freed as often as it is had; for any
 * thread. Returns document. */
struct xrml_document *xrml_document_share(struct xrml_document *document);

const struct xrml_fields *xrml_fields(const struct xrml_document *document);
/* The whole document as received, and its BODY slice, tags included. */
const char *xrml_text(const struct xrml_document *document, size_t *len);
const char *xrml_body(const struct xrml_document *document, size_t *len);
/* SHA-256 over the UTF-16LE text of BODY: what names a certificate. */
void xrml_body_hash(const struct xrml_document *document,
                    uint8_t hash[static 32]);
/* "SLC", "CA certificate", ...: the type for people. Static. */
const char *xrml_type_text(enum xrml_type type);

/* ---- times and small forms ---------------------------------------------- */

enum { XRML_TIME_SIZE = 17, XRML_GUID_SIZE = 39 };

/* "YYYY-MM-DDThh:mm", UTC, seconds dropped; false: year outside 0001..9999. */
bool xrml_time_print(int64_t seconds, char out[static XRML_TIME_SIZE]);
bool xrml_time_parse(const char *text, size_t len, int64_t *seconds);
/* Calendar years later; 29 February goes to 28 February. */
int64_t xrml_time_add_years(int64_t seconds, int years);
/* Any of the accepted GUID forms to "{8-4-4-4-12}" lower case; false: none,
 * or nil. */
bool xrml_guid_normal(const char *text, char out[static XRML_GUID_SIZE]);

/* ---- building and signing ----------------------------------------------- */

struct xrml_certificate { /* one of the SLC family, MS-RMPR 2.2.9.3 */
    enum xrml_type type;  /* XRML_CA_CERTIFICATE or XRML_SERVER_CERTIFICATE */
    const char *guid;     /* of the document, "{...}" */
    int64_t issued;
    struct xrml_range range;
    struct xrml_object issuer, principal;
    struct xrml_key issuer_key, principal_key;
    const char *issuer_text; /* instead of issuer and issuer_key: the inner
                                text of the issuer's PRINCIPAL, verbatim */
    const char *server_version, *server_sku; /* NULL: none */
    /* Custom revocation: keys that may revoke it, the issuer's first, at most
     * XRML_REVOKERS_MAX; 0: standard revocation, by the issuer alone. */
    const struct xrml_key *revokers;
    size_t revoker_count;
};

/* The BODY text in server surface form (one line, no white space between
 * tags). *out returns new, NUL-terminated, to be freed with free(). The text
 * read back by xrml_parse gives the same fields (checked: else ISS_INTERNAL).
 */
ISS_CHECKED enum iss_status xrml_build(const struct xrml_certificate *fields,
                                       char **out, struct iss_error *error);

/* UTF-8 text to UTF-16LE octets, *out returns new, free(). Refuses what is not
 * well-formed UTF-8. These octets are what is hashed and signed. */
ISS_CHECKED enum iss_status xrml_utf16le(const char *text, size_t len,
                                         uint8_t **out, size_t *out_len,
                                         struct iss_error *error);

/* Signs body (SHA-256, RSASSA-PKCS1-v1_5 over UTF-16LE) with key. sig must
 * hold EVP_PKEY_get_size(key). Does not verify: xrml_check does. Failure of the
 * key: ISS_TOKEN, with libcrypto's error queue left for the caller to read. */
ISS_CHECKED enum iss_status xrml_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *key,
                                      const char *body, size_t body_len,
                                      uint8_t *sig, size_t *sig_len,
                                      struct iss_error *error);

/* Verifies such a signature in software with the public numbers alone:
 * ISS_SIGNATURE, or ISS_MALFORMED where key is no RSA public key. */
ISS_CHECKED enum iss_status xrml_check(OSSL_LIB_CTX *libctx,
                                       const struct xrml_key *key,
                                       const char *body, size_t body_len,
                                       const uint8_t *sig, size_t sig_len,
                                       struct iss_error *error);

struct xrml_verifier { /* borrowed */
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *key; /* in software */
    struct xrml_key numbers;
};
/* Gives a draft, which xrml_license_draft has read back, its signature: hashed
 * anew, verified, written, read again. The draft is nobody else's yet, and a
 * document as xrml_parse gives it afterwards. ISS_SIGNATURE: it does not
 * verify, and the draft is as before. */
ISS_CHECKED enum iss_status xrml_complete(struct xrml_document *draft,
                                          const struct xrml_verifier *by,
                                          const uint8_t *sig, size_t sig_len,
                                          struct iss_error *error);

/* <XrML>BODY SIGNATURE</XrML>, one line, DIGEST computed. *out returns new,
 * free(). The signature is not verified. */
ISS_CHECKED enum iss_status xrml_assemble(const char *body, size_t body_len,
                                          const uint8_t *sig, size_t sig_len,
                                          char **out, struct iss_error *error);

/* DER SubjectPublicKeyInfo of an RSA key; *out returns new, free(). */
ISS_CHECKED enum iss_status xrml_key_spki(const struct xrml_key *key,
                                          uint8_t **out, size_t *out_len,
                                          struct iss_error *error);
/* SHA-256 over that: what names a key. */
ISS_CHECKED enum iss_status xrml_key_hash(const struct xrml_key *key,
                                          uint8_t hash[static 32],
                                          struct iss_error *error);

/* ---- chains -------------------------------------------------------------- */

enum { XRML_ANCHORS_MAX = 64, XRML_TESTS = 6 };

struct xrml_anchors; /* pinned public keys with their names */

/* PEM public keys ("# NAME" before each), or XrML certificates (the key in
 * ISSUEDPRINCIPALS). *out returns new. Failure: ISS_USAGE. */
ISS_CHECKED enum iss_status xrml_anchors_parse(const char *text, size_t len,
                                               struct xrml_anchors **out,
                                               struct iss_error *error);
/* An empty set, new; keys are copied into it. More than XRML_ANCHORS_MAX:
 * ISS_USAGE. name may be "". */
ISS_CHECKED enum iss_status xrml_anchors_new(struct xrml_anchors **out,
                                             struct iss_error *error);
ISS_CHECKED enum iss_status xrml_anchors_add(struct xrml_anchors *anchors,
                                             const char *name,
                                             const struct xrml_key *key,
                                             struct iss_error *error);
void xrml_anchors_free(struct xrml_anchors *anchors);
size_t xrml_anchors_count(const struct xrml_anchors *anchors);
/* Borrowed; name "" where the file gave none. */
const char *xrml_anchor_name(const struct xrml_anchors *anchors, size_t n);
const struct xrml_key *xrml_anchor_key(const struct xrml_anchors *anchors,
                                       size_t n);

struct xrml_chain { /* leaf first */
    size_t count;
    struct xrml_document *documents[XRML_CHAIN_DOCUMENTS]; /* owned */
};

enum { XRML_PRETTY = 1 }; /* retry once without white space between tags */

/* Appends the documents of one file: XrML documents one after the other, an
 * EnrollResponse or a SubEnrollResponse; UTF-8, or UTF-16 by BOM or
 * declaration. Failure: ISS_XML, chain unchanged. */
ISS_CHECKED enum iss_status xrml_chain_append(struct xrml_chain *chain,
                                              const char *text, size_t len,
                                              unsigned flags,
                                              struct iss_error *error);
void xrml_chain_clear(struct xrml_chain *chain);

enum xrml_place { /* by position, docs/formats/verify.md */
                  XRML_PLACE_UNKNOWN,
                  XRML_PLACE_CA,
                  XRML_PLACE_ENROLLMENT_SERVICE,
                  XRML_PLACE_SLC,
                  XRML_PLACE_SUB_SLC,
                  XRML_PLACE_LEAF /* a license or an account or machine
                                     certificate */
};

enum xrml_verdict { XRML_NOT_RUN, XRML_PASSED, XRML_FAILED };

struct xrml_node { /* one document's report */
    enum xrml_place place;
    enum xrml_verdict tests[XRML_TESTS]; /* 1 XML .. 6 key, R118's order */
    char reasons[XRML_TESTS][160];       /* why failed, or a remark */
    bool ended;     /* own range or validity has ended since (no failure) */
    int64_t ends;   /* when, or 0 */
    bool legacy;    /* SHA-1 or a key under 2048 bits */
    bool rewritten; /* XRML_PRETTY removed white space */
};

struct xrml_report {
    enum iss_status status; /* first failure, leaf first; ISS_OK */
    size_t failed_node;
    unsigned failed_test; /* 1..6, 0: none */
    size_t count;
    struct xrml_node nodes[XRML_CHAIN_DOCUMENTS];
    size_t anchor; /* which anchor vouched, valid if status is ISS_OK */
};

struct xrml_revocations; /* xrml_revocation.h */

struct xrml_policy {
    bool legacy; /* accept SHA-1 and keys under 2048 bits */
    bool at_set; /* the leaf's own ranges must hold at this time */
    int64_t at;
    int64_t now; /* only to say what has ended since */
    /* The lists at hand; NULL: none, test 5 says so, and fails where a
     * condition asks for a list. */
    const struct xrml_revocations *revocations;
};

/* The name of test 1..6 for people: "XML", "signature", ... Static. */
const char *xrml_test_name(unsigned test);
const char *xrml_place_text(enum xrml_place place);

/* Runs the six tests over the chain, up to an anchor, and reports every one
 * that could be run. Returns report->status, error names the document. */
ISS_CHECKED enum iss_status
xrml_chain_verify(OSSL_LIB_CTX *libctx, const struct xrml_chain *chain,
                  const struct xrml_anchors *anchors,
                  const struct xrml_policy *policy, struct xrml_report *report,
                  struct iss_error *error);

#endif
