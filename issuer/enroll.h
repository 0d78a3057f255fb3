/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Façade of the enrollment messages: MS-RMPR 3.6.4 (Enroll, offline form) and
 * MS-RMPRS 3.3.4.1 (SubEnroll), to the octet as docs/formats/request.md says.
 * Pure, like xrml.h.
 */
#ifndef PRIVYSEAL_ENROLL_H
#define PRIVYSEAL_ENROLL_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "xrml.h"

enum {
    ENROLL_REQUEST_MAX = 64 * 1024,
    ENROLL_NAME_MAX = 64, /* characters */
    ENROLL_URL_MAX = 512,
    ENROLL_SKU_MAX = 128,
    ENROLL_VERSION_MAX = 64,
    ENROLL_AUTHORITIES_MAX = 8
};

enum enroll_revocation { ENROLL_STANDARD, ENROLL_CUSTOM };

struct enroll_key { /* RSA public numbers, big-endian modulus */
    uint8_t modulus[XRML_MODULUS_MAX];
    size_t modulus_len;
    uint32_t exponent;
};

struct enroll_request {
    enum enroll_revocation revocation;
    size_t authority_count; /* at least one with ENROLL_CUSTOM, else none */
    struct enroll_key authorities[ENROLL_AUTHORITIES_MAX];
    struct enroll_key key;
    char guid[XRML_GUID_SIZE]; /* normal form, with braces */
    char sku[ENROLL_SKU_MAX + 1];
    char version[ENROLL_VERSION_MAX + 1];
    char name[4 * ENROLL_NAME_MAX + 1]; /* UTF-8 */
    char url[ENROLL_URL_MAX + 1];
};

/* The file, octet for octet; *out returns new, NUL-terminated, free(). */
ISS_CHECKED enum iss_status
enroll_request_print(const struct enroll_request *request, char **out,
                     size_t *len, struct iss_error *error);

/* Strict: unknown, double, missing or misplaced elements, a second encoding of
 * a value, a form outside the limits are ISS_MALFORMED, citing the clause. */
ISS_CHECKED enum iss_status enroll_request_parse(const char *text, size_t len,
                                                 struct enroll_request *request,
                                                 struct iss_error *error);

/* One SLC name or URL by the rules of docs/formats/request.md; ISS_MALFORMED.
 */
ISS_CHECKED enum iss_status enroll_name_check(const char *name,
                                              struct iss_error *error);
ISS_CHECKED enum iss_status enroll_url_check(const char *url,
                                             struct iss_error *error);

enum enroll_response_form { ENROLL_RESPONSE, SUB_ENROLL_RESPONSE };

/* documents: whole XrML texts, leaf first. *out returns new, free(). */
ISS_CHECKED enum iss_status
enroll_response_print(enum enroll_response_form form,
                      const char *const *documents, size_t count, char **out,
                      size_t *len, struct iss_error *error);

/* Reads either form, either child naming, UTF-8 or UTF-16, and plain
 * concatenation into chain (empty before). Failure: ISS_MALFORMED. */
ISS_CHECKED enum iss_status enroll_response_parse(const char *text, size_t len,
                                                  struct xrml_chain *chain,
                                                  struct iss_error *error);

#endif
