/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licenses and what is like them: account certificate (RAC), client licensor
 * certificate (CLC), publishing license (PL), use license (UL), rights policy
 * template, encrypted rights data (ERD), machine certificate (SPC), revocation
 * list. MS-RMPR 2.2.9.4 to 2.2.9.10, docs/formats/license.md. Pure, like
 * xrml.h.
 */
#ifndef PRIVYSEAL_XRML_LICENSE_H
#define PRIVYSEAL_XRML_LICENSE_H

#include "xrml.h"

enum {
    XRML_POINTS_MAX = 8,
    XRML_LEVELS_MAX = 8,
    XRML_RIGHTS_MAX = 128,
    XRML_DATA_MAX = 8,
    XRML_REVOKED_MAX = 4096,
    /* Of what is built: SIGNATURE must have room beside it. */
    XRML_BODY_MAX = XRML_DOCUMENT_MAX - 4096
};

struct xrml_level { /* SECURITYLEVEL */
    const char *name, *value;
};

struct xrml_interval { /* INTERVALTIME, since first use or last refresh */
    bool present;
    uint32_t days, hours, minutes, seconds;
};

struct xrml_point { /* DISTRIBUTIONPOINT */
    struct xrml_object object;
    struct xrml_key key; /* with type "Revocation" only */
};

struct xrml_refresh { /* who may revoke, and how old their list may be */
    size_t count;     /* 0: no such condition */
    struct xrml_point points[XRML_POINTS_MAX];
    struct xrml_interval interval;
};

struct xrml_bits {    /* ENABLINGBITS */
    const char *form; /* "sealed-key-v2"; NULL: none */
    const char *text; /* base64 of what sealed.h opens */
};

struct xrml_right {
    const char *name;        /* "VIEW", "OWNER", ... */
    bool first;              /* granted to PRINCIPAL internal-id="1" */
    struct xrml_object user; /* else to whom; ID type Internal: Owner, ANYONE */
    struct xrml_bits bits;
    struct xrml_range range;
    struct xrml_interval interval;
};

struct xrml_data {                /* AUTHENTICATEDDATA */
    const char *id, *name, *text; /* name may be NULL */
};

struct xrml_principal {
    struct xrml_object object;
    struct xrml_key key;
    const char *digest; /* of the hardware: "SHA256", of an SPC; NULL: none */
    const char *hash;   /* its base64 */
    size_t level_count;
    struct xrml_level levels[XRML_LEVELS_MAX];
    struct xrml_bits bits;
};

enum xrml_revoked { /* what a REVOKE names */
                    XRML_REVOKED_KEY,
                    XRML_REVOKED_ID,
                    XRML_REVOKED_HASH,
                    XRML_REVOKED_ISSUER_KEY,
                    XRML_REVOKED_ISSUER_ID,
                    XRML_REVOKED_CONTENT_ID,
                    XRML_REVOKED_PRINCIPAL_ID,
                    XRML_REVOKED_KINDS
};

struct xrml_revoke {
    enum xrml_revoked kind;
    struct xrml_object object; /* of an ID */
    struct xrml_key key;       /* of a key */
    const char *digest;        /* "SHA256" with a hash, base64 below */
    const char *hash;
};

/* Everything borrowed: from the caller when built, from the document when
 * read. What a kind does not have is empty. */
struct xrml_license {
    enum xrml_type type;
    const char *descriptor_type; /* read only: built ones have their kind's */
    const char *guid;            /* of DESCRIPTOR; NULL: no DESCRIPTOR */
    const char *text;            /* NAME there: of a template */
    int64_t issued;
    struct xrml_range validity;
    const char *issuer_text; /* inner text of ISSUER as the issuer's own
                                principal has it; NULL: issuer below, or none */
    size_t issuer_text_len;
    struct xrml_principal issuer;
    size_t point_count; /* before ISSUEDPRINCIPALS */
    struct xrml_point points[XRML_POINTS_MAX];
    struct xrml_principal principal; /* object.type NULL and no key: none */
    struct xrml_object referral;     /* type NULL: none */
    struct xrml_object work;  /* type may be NULL; id_type NULL: no WORK */
    struct xrml_object owner; /* id_type NULL: none */
    /* PRECONDITIONLIST: when any right may be exercised at all. */
    struct xrml_range when;
    struct xrml_interval how_long;
    struct xrml_refresh refresh;
    size_t right_count;
    struct xrml_right *rights;
    size_t data_count;
    struct xrml_data data[XRML_DATA_MAX];
    struct xrml_principal machine; /* FEDERATIONPRINCIPALS, of a RAC */
    size_t revoked_count;
    struct xrml_revoke *revoked;
    /* Read only: the first element that this structure does not show, such as
     * POLICYLIST. NULL: none; else nothing is built from it, which would lose
     * that element. */
    const char *beyond;
};

/* The BODY text in server surface form; *out returns new, free(). What was
 * written is read back and compared: else ISS_INTERNAL. ISS_MALFORMED: a part
 * that the kind must have is missing, one it has not is there, one is not
 * whole, a text is not UTF-8 or has a control character, or the whole is longer
 * than XRML_BODY_MAX. */
ISS_CHECKED enum iss_status
xrml_license_build(const struct xrml_license *fields, char **out,
                   struct iss_error *error);

/* The same, and the document that was read back, its SIGNATURE zeros, for
 * xrml_complete; *draft returns new. */
ISS_CHECKED enum iss_status
xrml_license_draft(const struct xrml_license *fields, char **out,
                   struct xrml_document **draft, struct iss_error *error);

struct xrml_reading; /* owns what a struct xrml_license that was read points to,
                        beside the document */

/* Reads a document of any kind; *reading returns new, xrml_reading_free, and
 * borrows from document. ISS_XML: a part has not its form. */
ISS_CHECKED enum iss_status
xrml_license_read(const struct xrml_document *document,
                  struct xrml_reading **reading, struct iss_error *error);
void xrml_reading_free(struct xrml_reading *reading);
const struct xrml_license *
xrml_reading_license(const struct xrml_reading *reading);

/* Whether two say the same. */
bool xrml_license_same(const struct xrml_license *a,
                       const struct xrml_license *b);

/* ---- sealed keys -----------------------------------------------------------
 */

/* The element that a sealed key is bound to, as it stands in the document:
 * ISSUER; of a PL ISSUEDPRINCIPALS with its own ENABLINGBITS cut out. *out
 * returns new, free(). ISS_XML: the element is not there once; ISS_MALFORMED: a
 * kind that holds no sealed key. */
ISS_CHECKED enum iss_status xrml_license_bound(const char *body, size_t len,
                                               enum xrml_type type, char **out,
                                               struct iss_error *error);
/* The same, of a license that is yet to be built. */
ISS_CHECKED enum iss_status
xrml_license_binding(const struct xrml_license *fields, char **out,
                     struct iss_error *error);

/* The octets of ENABLINGBITS or AUTHENTICATEDDATA, at most size of them.
 * ISS_XML: not canonical base64, or longer. */
ISS_CHECKED enum iss_status xrml_bits_decode(const char *text, uint8_t *out,
                                             size_t size, size_t *len,
                                             struct iss_error *error);
/* As base64; *out returns new, free(). */
ISS_CHECKED enum iss_status xrml_bits_encode(const uint8_t *data, size_t len,
                                             char **out,
                                             struct iss_error *error);

#endif
