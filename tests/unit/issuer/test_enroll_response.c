/* SPDX-License-Identifier: Apache-2.0 */
/* Responses: both forms, every published variant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hierarchy.h"
#include "issuer/enroll.h"
#include "issuer/xml_text.h"
#include "unit.h"

struct documents {
    char *owned[4];
    const char *texts[4];
};

static struct documents make(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct documents made;

    hierarchy_rows(rows);
    for (int i = 0; i < 4; i++)
        made.texts[i] = made.owned[i] = hierarchy_text(&rows[SLC_ROW + i]);
    return made;
}

static void release(struct documents *made)
{
    for (int i = 0; i < 4; i++)
        free(made->owned[i]);
}

static char *print(enum enroll_response_form form, const struct documents *made)
{
    struct iss_error error = {0};
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        enroll_response_print(form, made->texts, 4, &text, &len, &error),
        ISS_OK);
    CU_ASSERT_EQUAL(strlen(text), len);
    return text;
}

static enum iss_status parse(const char *text, size_t len, size_t *count)
{
    struct xrml_chain chain = {.count = 0};
    struct iss_error error = {0};
    enum iss_status status = enroll_response_parse(text, len, &chain, &error);

    CU_ASSERT_EQUAL(status == ISS_OK, error.text[0] == '\0');
    *count = chain.count;
    xrml_chain_clear(&chain);
    return status;
}

static void documents_come_back_to_the_octet(void)
{
    struct documents made = make();

    for (int form = ENROLL_RESPONSE; form <= SUB_ENROLL_RESPONSE; form++) {
        struct xrml_chain chain = {.count = 0};
        char *text = print((enum enroll_response_form)form, &made);
        CU_ASSERT_EQUAL(enroll_response_parse(text, strlen(text), &chain, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL_FATAL(chain.count, 4);
        for (size_t i = 0; i < 4; i++) {
            size_t len = 0;
            CU_ASSERT_STRING_EQUAL(xrml_text(chain.documents[i], &len),
                                   made.texts[i]);
        }
        xrml_chain_clear(&chain);
        free(text);
    }
    release(&made);
}

static void authority_names_each_certificate(void)
{
    static const char *const parts[] = {
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<EnrollResponse "
         "xmlns=\"http://microsoft.com/DRM/EnrollmentService\">"),
        "<LicensorCertificateChain>",
        "<SLC>&lt;XrML xmlns=\"\" version=",
        "</SLC>",
        "<EnrollmentServiceCert>&lt;",
        "<EnrollmentCACert>&lt;",
        "<CACert>&lt;",
        "</LicensorCertificateChain>",
        "</EnrollResponse>\n"};
    struct documents made = make();
    char *text = print(ENROLL_RESPONSE, &made);
    const char *at = text;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        at = strstr(at, parts[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    }
    free(text);
    release(&made);
}

static char *replaced(const char *text, const char *find, const char *replace)
{
    size_t len = strlen(text) + 8 * (strlen(replace) + 1);
    char *out = malloc(len);
    char *end = out;
    const char *at = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    while ((at = strstr(text, find)) != NULL) {
        end += snprintf(end, len, "%.*s%s", (int)(at - text), text, replace);
        text = at + strlen(find);
    }
    (void)snprintf(end, len - (size_t)(end - out), "%s", text);
    return out;
}

static void published_variants_are_read(void)
{
    static const struct {
        enum enroll_response_form form;
        const char *find, *replace;
    } rows[] = {
        {ENROLL_RESPONSE, "encoding=\"utf-8\"", "encoding=\"utf-16\""},
        {ENROLL_RESPONSE,
         " xmlns=\"http://microsoft.com/DRM/"
         "EnrollmentService\"",
         ""},
        {ENROLL_RESPONSE, "\n", "\r\n"},
        {SUB_ENROLL_RESPONSE, "SubEnrollRes", "EnrollRes"},
    };
    struct documents made = make();
    size_t count = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = print(rows[i].form, &made);
        char *other = replaced(text, rows[i].find, rows[i].replace);
        /* One name is not ASCII, and then UTF-16 would be a lie. */
        char *ascii = replaced(other, "\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s", "");
        CU_ASSERT_EQUAL(parse(ascii, strlen(ascii), &count), ISS_OK);
        CU_ASSERT_EQUAL(count, 4);
        free(ascii);
        free(other);
        free(text);
    }
    release(&made);
}

static void utf_16_and_concatenation_are_read(void)
{
    struct documents made = make();
    char *text = print(ENROLL_RESPONSE, &made);
    char *other = replaced(text, "utf-8", "utf-16");
    uint8_t *wide = malloc(2 * strlen(other) + 2);
    size_t count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
    memcpy(wide, "\xff\xfe", 2);
    size_t len = xml_utf16le(other, strlen(other), wide + 2);
    CU_ASSERT_EQUAL(parse((const char *)wide, len + 2, &count), ISS_OK);
    CU_ASSERT_EQUAL(count, 4);
    CU_ASSERT_EQUAL(parse(other, strlen(other), &count), ISS_MALFORMED);
    (void)snprintf(text, strlen(text), "%s\n%s\n", made.texts[0],
                   made.texts[1]);
    CU_ASSERT_EQUAL(parse(text, strlen(text), &count), ISS_OK);
    CU_ASSERT_EQUAL(count, 2);
    free(wide);
    free(other);
    free(text);
    release(&made);
}

static void other_forms_are_refused(void)
{
    static const struct {
        enum enroll_response_form form;
        const char *find, *replace;
    } rows[] = {
        {ENROLL_RESPONSE, "CACert>", "Other>"},
        {ENROLL_RESPONSE, "SLC>", "string>"},
        {ENROLL_RESPONSE, "<SLC>", "<SLC a=\"b\">"},
        {ENROLL_RESPONSE, "<SLC>", "<SLC/><SLC>"},
        {ENROLL_RESPONSE, "EnrollResponse", "Response"},
        {ENROLL_RESPONSE, "DRM/EnrollmentService", "DRM/Other"},
        {ENROLL_RESPONSE, "&lt;BODY", "&lt;BOD"},
        {ENROLL_RESPONSE, "&lt;/XrML&gt;", "&lt;/XrML&gt;x"},
        {ENROLL_RESPONSE, "<LicensorCertificateChain>",
         "<a/><LicensorCertificateChain>"},
        {ENROLL_RESPONSE, "</EnrollResponse>", "</EnrollResponse><a/>"},
        {SUB_ENROLL_RESPONSE, "SubEnrollResult", "EnrollResult"},
        {SUB_ENROLL_RESPONSE, "<string>", "<string xmlns=\"\">"},
        {SUB_ENROLL_RESPONSE, "<?xml", "<!DOCTYPE a><?xml"},
    };
    struct documents made = make();
    size_t count = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = print(rows[i].form, &made);
        char *other = replaced(text, rows[i].find, rows[i].replace);
        enum iss_status status = parse(other, strlen(other), &count);
        if (status != ISS_MALFORMED)
            (void)fprintf(stderr, "accepted: %s\n", rows[i].replace);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, rows[i].find));
        CU_ASSERT_EQUAL(status, ISS_MALFORMED);
        free(other);
        free(text);
    }
    CU_ASSERT_EQUAL(parse("", 0, &count), ISS_MALFORMED);
    release(&made);
}

static void response_cut_anywhere_is_refused(void)
{
    struct documents made = make();
    char *text = print(SUB_ENROLL_RESPONSE, &made);
    size_t count = 0;

    for (size_t cut = 0; cut < strlen(text) - 1; cut += 3)
        CU_ASSERT_EQUAL(parse(text, cut, &count), ISS_MALFORMED);
    free(text);
    release(&made);
}

UNIT_MAIN("enroll_response", UNIT(documents_come_back_to_the_octet),
          UNIT(authority_names_each_certificate),
          UNIT(published_variants_are_read),
          UNIT(utf_16_and_concatenation_are_read),
          UNIT(other_forms_are_refused), UNIT(response_cut_anywhere_is_refused))
