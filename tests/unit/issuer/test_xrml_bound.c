/* SPDX-License-Identifier: Apache-2.0 */
/* What a sealed key is bound to: cut out of real documents by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "issuer/sealed.h"
#include "issuer/xrml_license.h"
#include "unit.h"

static char *example(const char *name)
{
    char path[128];
    size_t len = 0;

    (void)snprintf(path, sizeof(path), "spec-examples/MS-RMPR-4.5.%s.xml",
                   name);
    char *text = fixture_sample(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    return text;
}

/* From the first start tag to behind the first end tag; free(). */
static char *between(const char *text, const char *start, const char *end)
{
    const char *from = strstr(text, start);
    CU_ASSERT_PTR_NOT_NULL_FATAL(from);
    const char *to = strstr(from, end);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    return strndup(from, (size_t)(to - from) + strlen(end));
}

static void it_is_issuer_and_of_a_label_the_principal(void)
{
    static const struct {
        const char *name;
        enum xrml_type type;
    } rows[] = {{"2-RAC", XRML_RAC},
                {"3-CLC", XRML_CLC},
                {"6-UL", XRML_UL},
                {"4-PL", XRML_PL}};

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = example(rows[i].name);
        bool label = rows[i].type == XRML_PL;
        char *wanted = between(text, label ? "<ISSUEDPRINCIPALS>" : "<ISSUER>",
                               label ? "</ISSUEDPRINCIPALS>" : "</ISSUER>");
        struct xrml_document *document = NULL;
        struct xrml_reading *reading = NULL;
        char *bound = NULL;
        size_t len = 0;

        if (label) { /* less its own ENABLINGBITS */
            char *bits = strstr(wanted, "<ENABLINGBITS");
            const char *behind = strstr(wanted, "</PRINCIPAL>");
            CU_ASSERT_PTR_NOT_NULL_FATAL(bits);
            memmove(bits, behind, strlen(behind) + 1);
        }
        CU_ASSERT_EQUAL_FATAL(
            xrml_parse(text, strlen(text), NULL, &document, NULL), ISS_OK);
        const char *body = xrml_body(document, &len);
        CU_ASSERT_EQUAL_FATAL(
            xrml_license_bound(body, len, rows[i].type, &bound, NULL), ISS_OK);
        CU_ASSERT_STRING_EQUAL(bound, wanted);
        free(bound);
        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL),
                              ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            xrml_license_binding(xrml_reading_license(reading), &bound, NULL),
            ISS_OK);
        CU_ASSERT_STRING_EQUAL(bound, wanted);
        free(bound);
        free(wanted);
        xrml_reading_free(reading);
        xrml_document_free(document);
        free(text);
    }
}

static void other_kinds_hold_no_sealed_key(void)
{
    static const enum xrml_type types[] = {
        XRML_MACHINE_CERTIFICATE, XRML_TEMPLATE, XRML_REVOCATION_LIST,
        XRML_SERVER_CERTIFICATE,  XRML_RIGHTS,   XRML_OTHER};
    static const char body[] = "<BODY><ISSUER></ISSUER></BODY>";
    char *bound = NULL;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        CU_ASSERT_EQUAL(
            xrml_license_bound(body, strlen(body), types[i], &bound, NULL),
            ISS_MALFORMED);
    CU_ASSERT_PTR_NULL(bound);
}

static void it_stands_there_once(void)
{
    static const struct {
        const char *body;
        enum xrml_type type;
        const char *bound; /* NULL: refused */
    } rows[] = {
        {"<BODY><ISSUER>a</ISSUER></BODY>", XRML_UL, "<ISSUER>a</ISSUER>"},
        {"<BODY></BODY>", XRML_UL, NULL},
        {"<BODY><ISSUER>a</ISSUER><ISSUER>b</ISSUER></BODY>", XRML_UL, NULL},
        {"<BODY><WORK><ISSUER>a</ISSUER></WORK></BODY>", XRML_RAC, NULL},
        {"<BODY><ISSUER>a</ISSUER></BODY>", XRML_PL, NULL},
        {"<BODY><ISSUER>a</ISSUER>", XRML_UL, NULL},
        {"", XRML_UL, NULL},
        {"<BODY><ISSUEDPRINCIPALS><PRINCIPAL></PRINCIPAL></ISSUEDPRINCIPALS>"
         "</BODY>",
         XRML_PL,
         "<ISSUEDPRINCIPALS><PRINCIPAL></PRINCIPAL></ISSUEDPRINCIPALS>"},
        {"<BODY><ISSUEDPRINCIPALS><PRINCIPAL><ENABLINGBITS type=\"x\">"
         "<VALUE>x</VALUE></ENABLINGBITS></PRINCIPAL></ISSUEDPRINCIPALS>"
         "</BODY>",
         XRML_PL,
         "<ISSUEDPRINCIPALS><PRINCIPAL></PRINCIPAL></ISSUEDPRINCIPALS>"},
        {"<BODY><ISSUEDPRINCIPALS><PRINCIPAL><ENABLINGBITS type=\"x\">"
         "</ENABLINGBITS><ENABLINGBITS type=\"y\"></ENABLINGBITS></PRINCIPAL>"
         "</ISSUEDPRINCIPALS></BODY>",
         XRML_PL, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *bound = NULL;
        enum iss_status status = xrml_license_bound(
            rows[i].body, strlen(rows[i].body), rows[i].type, &bound, NULL);

        CU_ASSERT_EQUAL(status, rows[i].bound == NULL ? ISS_XML : ISS_OK);
        if (rows[i].bound == NULL)
            CU_ASSERT_PTR_NULL(bound)
        else if (bound != NULL)
            CU_ASSERT_STRING_EQUAL(bound, rows[i].bound)
        free(bound);
    }
}

/* RFC 4648, section 10. */
static void octets_are_canonical_base64(void)
{
    static const struct {
        const char *plain, *base64;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};
    static const char *const none[] = {"Zg", "Zg=", "Zh==", "Z m9v", "Zm9v\n"};
    uint8_t out[6];
    size_t len = 1;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = NULL;
        const size_t plain = strlen(rows[i].plain);

        CU_ASSERT_EQUAL_FATAL(xrml_bits_encode((const uint8_t *)rows[i].plain,
                                               plain, &text, NULL),
                              ISS_OK);
        CU_ASSERT_STRING_EQUAL(text, rows[i].base64);
        CU_ASSERT_EQUAL(
            xrml_bits_decode(rows[i].base64, out, sizeof(out), &len, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL(len, plain);
        CU_ASSERT_EQUAL(memcmp(out, rows[i].plain, plain), 0);
        free(text);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CU_ASSERT_EQUAL(xrml_bits_decode(none[i], out, sizeof(out), &len, NULL),
                        ISS_XML);
    CU_ASSERT_EQUAL(xrml_bits_decode("Zm9vYmFy", out, 5, &len, NULL), ISS_XML);
    CU_ASSERT_EQUAL(len, 0);
}

/* A label for the server, its key sealed to it and bound by the fields before
 * there is a text; opened with what is cut out of the text. */
static void a_key_sealed_before_the_text_opens_with_the_text(void)
{
    struct xrml_license l = {
        .type = XRML_PL,
        .issued = HIERARCHY_TIME,
        .issuer = {.object = {.type = "Group-Identity",
                              .id_type = "Windows",
                              .id = "S-1-5-21-1"},
                   .key = *hierarchy_numbers(CLC_KEY)},
        .principal = {.object = {.type = "MS-DRM-Server",
                                 .id_type = "MS-GUID",
                                 .id = "{96c4ca87-b3ff-4ded-9c15-53272e26396f}",
                                 .name = "A & B"},
                      .key = *hierarchy_numbers(SLC_KEY)},
        .work = {.id_type = "MS-GUID",
                 .id = "{09d39708-df09-4554-bd2b-d6421346dd30}"},
        .data_count = 1,
        .data = {{.id = "Encrypted-Rights-Data", .text = "cmlnaHRz"}}};
    struct sealed_lid lid = {.form = SEALED_V2, .kind = SEALED_CONTENT_KEY};
    struct sealed_secret secret = {.octets = {1, 2, 3}, .len = 32};
    struct sealed_secret opened;
    uint8_t data[SEALED_MAX];
    size_t len = 0;
    char *element = NULL;
    char *bits = NULL;
    char *body = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_license_binding(&l, &element, NULL), ISS_OK);
    lid.element = element;
    lid.element_len = strlen(element);
    CU_ASSERT_EQUAL_FATAL(
        sealed_close(&lid, &l.principal.key, &secret, data, &len, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(xrml_bits_encode(data, len, &bits, NULL), ISS_OK);
    l.principal.bits = (struct xrml_bits){sealed_form_name(SEALED_V2), bits};
    CU_ASSERT_EQUAL_FATAL(xrml_license_build(&l, &body, NULL), ISS_OK);
    free(element);
    for (int altered = 0; altered < 2; altered++) {
        char *name = strstr(body, "A &amp; B");

        CU_ASSERT_PTR_NOT_NULL_FATAL(name);
        name[0] = (char)('A' + altered);
        CU_ASSERT_EQUAL_FATAL(
            xrml_license_bound(body, strlen(body), XRML_PL, &element, NULL),
            ISS_OK);
        name[0] = 'A';
        lid.element = element;
        lid.element_len = strlen(element);
        CU_ASSERT_EQUAL(
            sealed_open(&lid, hierarchy_key(SLC_KEY), data, len, &opened, NULL),
            altered ? ISS_REFUSED : ISS_OK);
        CU_ASSERT_EQUAL(opened.len, altered ? 0 : secret.len);
        CU_ASSERT_EQUAL(memcmp(opened.octets, secret.octets, opened.len), 0);
        free(element);
    }
    free(bits);
    free(body);
}

UNIT_MAIN("xrml_bound", UNIT(it_is_issuer_and_of_a_label_the_principal),
          UNIT(other_kinds_hold_no_sealed_key), UNIT(it_stands_there_once),
          UNIT(a_key_sealed_before_the_text_opens_with_the_text),
          UNIT(octets_are_canonical_base64))
