/* SPDX-License-Identifier: Apache-2.0 */
/* What sealed keys are bound to, and their text: see xrml_license.h. */
#include <stdlib.h>
#include <string.h>

#include "xml_scan.h"
#include "xrml_base64.h"
#include "xrml_license.h"

static const struct xml_options options = {
    .failure = ISS_XML, .object = "XrML document", .flags = XML_REFUSE_CR};

enum watched { ISSUER, PRINCIPALS, BITS, WATCHED };

/* Which element, MS-RMPR 2.2.9.1.13; WATCHED: none. */
static enum watched bound_to(enum xrml_type type)
{
    static const struct {
        enum xrml_type type;
        enum watched element;
    } rows[] = {{XRML_RAC, ISSUER},
                {XRML_CLC, ISSUER},
                {XRML_UL, ISSUER},
                {XRML_PL, PRINCIPALS}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].type == type)
            return rows[i].element;
    return WATCHED;
}

/* text[start, end) less what of [cut, cut_end) lies in it. */
static char *copy_less(const char *text, const struct xml_watch *whole,
                       const struct xml_watch *cut)
{
    size_t end = cut == NULL ? whole->end : cut->start;
    size_t head = end - whole->start;
    size_t tail = cut == NULL ? 0 : whole->end - cut->end;
    char *copy = malloc(head + tail + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text + whole->start, head);
    if (cut != NULL)
        memcpy(copy + head, text + cut->end, tail);
    copy[head + tail] = '\0';
    return copy;
}

enum iss_status xrml_license_bound(const char *body, size_t len,
                                   enum xrml_type type, char **out,
                                   struct iss_error *error)
{
    struct xml_watch watches[WATCHED] = {
        [ISSUER] = {.path = "BODY/ISSUER"},
        [PRINCIPALS] = {.path = "BODY/ISSUEDPRINCIPALS"},
        [BITS] = {.path = "BODY/ISSUEDPRINCIPALS/PRINCIPAL/ENABLINGBITS"}};
    const enum watched which = bound_to(type);
    struct xml_span span;

    *out = NULL;
    if (which == WATCHED)
        return iss_fail(error, ISS_MALFORMED, "a %s holds no sealed key",
                        xrml_type_text(type));
    enum iss_status status =
        xml_scan(body, len, 0, &options, watches, WATCHED, &span, error);
    if (status != ISS_OK)
        return status;
    if (watches[which].count != 1 || watches[BITS].count > 1)
        return iss_fail(error, ISS_XML,
                        "XrML document: what its sealed key is bound to does "
                        "not stand there once");
    bool cut = which == PRINCIPALS && watches[BITS].count == 1;
    *out = copy_less(body, &watches[which], cut ? &watches[BITS] : NULL);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

enum iss_status xrml_bits_decode(const char *text, uint8_t *out, size_t size,
                                 size_t *len, struct iss_error *error)
{
    *len = xrml_base64_decode(text, strlen(text), out, size);
    if (*len != SIZE_MAX)
        return ISS_OK;
    *len = 0;
    return iss_fail(error, ISS_XML,
                    "XrML document: not canonical base64 of at most %zu octets",
                    size);
}

enum iss_status xrml_bits_encode(const uint8_t *data, size_t len, char **out,
                                 struct iss_error *error)
{
    *out = malloc(XRML_BASE64_SIZE(len));
    if (*out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    (void)xrml_base64_encode(data, len, *out);
    return ISS_OK;
}
