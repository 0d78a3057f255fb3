/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates from fields, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "issuer/xml_text.h"
#include "unit.h"

enum { DOCUMENTS = 10000, NAME_SIZE = 260 };

static uint64_t state = 1;

static uint32_t chance(uint32_t below)
{
    state =
        state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

/* Any text that a document may hold: escapes, other scripts, astral planes. */
static void random_text(char out[NAME_SIZE])
{
    static const uint32_t tops[] = {0x80,   0x80,    0x250,
                                    0x3000, 0x10000, 0x110000};
    size_t count = 1 + chance(60);
    size_t used = 0;

    while (count-- > 0) {
        uint32_t c = 0x20 + chance(tops[chance(6)] - 0x20);
        if (chance(4) == 0)
            c = (uint32_t) "&<>\"'"[chance(5)];
        if (xml_char_allowed(c))
            used += xml_utf8_put(c, out + used);
    }
    out[used] = '\0';
    /* White space alone is no text beside nothing. */
    if (strspn(out, " \n\t") == used)
        (void)snprintf(out, NAME_SIZE, "x");
}

static struct xrml_document *round_trip(const struct xrml_certificate *fields)
{
    static const uint8_t zeros[256];
    struct xrml_document *document = NULL;
    struct iss_error error = {0};
    char *body = NULL;
    char *text = NULL;

    if (xrml_build(fields, &body, &error) != ISS_OK ||
        xrml_assemble(body, strlen(body), zeros, sizeof(zeros), &text,
                      &error) != ISS_OK ||
        xrml_parse(text, strlen(text), NULL, &document, &error) != ISS_OK)
        (void)fprintf(stderr, "%s\n%s\n", error.text, body);
    free(body);
    free(text);
    return document;
}

static void ten_thousand_random_documents_are_accepted(void)
{
    size_t wrong = 0;

    for (int i = 0; i < DOCUMENTS; i++) {
        struct hierarchy_row rows[HIERARCHY_ROWS];
        char name[NAME_SIZE];
        char issuer[NAME_SIZE];
        char sku[NAME_SIZE];
        hierarchy_rows(rows);
        struct xrml_certificate *c = &rows[chance(HIERARCHY_ROWS)].fields;
        random_text(name);
        random_text(issuer);
        random_text(sku);
        c->principal.name = name;
        c->issuer.name = chance(2) == 0 ? issuer : NULL;
        c->server_sku = chance(2) == 0 ? sku : NULL;
        c->issuer_key = *hierarchy_numbers((int)chance(HIERARCHY_KEYS));
        c->principal_key = *hierarchy_numbers((int)chance(HIERARCHY_KEYS));
        c->issued = (int64_t)chance(UINT32_C(4000000000));
        c->range.from = c->issued;
        c->range.until = c->issued + 60 + chance(1000000000);
        struct xrml_document *document = round_trip(c);
        if (document == NULL) {
            wrong++;
            continue;
        }
        const struct xrml_fields *f = xrml_fields(document);
        wrong += strcmp(f->principal.name, name) != 0 || f->type != c->type ||
                 f->issued != c->issued - c->issued % 60 ||
                 (c->server_sku != NULL && strcmp(f->server_sku, sku) != 0);
        xrml_document_free(document);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* The known document is in server surface form: built from its fields, its BODY
 * comes out octet for octet. */
static void the_known_body_is_built_to_the_octet(void)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {0};
    size_t len = 0;
    char *body = NULL;

    CU_ASSERT_EQUAL_FATAL(xrml_parse(fixture_known_answer,
                                     strlen(fixture_known_answer), NULL,
                                     &document, &error),
                          ISS_OK);
    const struct xrml_fields *f = xrml_fields(document);
    const struct xrml_certificate c = {.type = f->type,
                                       .guid = f->descriptor.id,
                                       .issued = f->issued,
                                       .range = f->range,
                                       .issuer = f->issuer,
                                       .issuer_key = f->issuer_key,
                                       .principal = f->principal,
                                       .principal_key = f->principal_key,
                                       .server_version = f->server_version,
                                       .server_sku = f->server_sku};
    CU_ASSERT_EQUAL_FATAL(xrml_build(&c, &body, &error), ISS_OK);
    const char *known = xrml_body(document, &len);
    CU_ASSERT_EQUAL(strlen(body), len);
    CU_ASSERT_EQUAL(strncmp(body, known, len), 0);
    free(body);
    xrml_document_free(document);
}

static void issuer_text_is_taken_verbatim(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_document *above = NULL;
    struct iss_error error = {0};

    hierarchy_rows(rows);
    rows[SLC_ROW].fields.server_version = "1.0 & <more>";
    char *text = hierarchy_text(&rows[SLC_ROW]);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, strlen(text), NULL, &above, &error),
                          ISS_OK);
    char *inner = strndup(xrml_fields(above)->principal_text,
                          xrml_fields(above)->principal_text_len);
    struct xrml_certificate *c = &rows[SUB_ROW].fields;
    c->issuer_text = inner;
    c->principal_key = *hierarchy_numbers(SUB_KEY);
    struct xrml_document *document = round_trip(c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT_EQUAL(xrml_fields(document)->issuer_text_len, strlen(inner));
    CU_ASSERT_EQUAL(
        strncmp(xrml_fields(document)->issuer_text, inner, strlen(inner)), 0);
    xrml_document_free(document);
    xrml_document_free(above);
    free(inner);
    free(text);
}

static void what_would_mean_something_else_is_not_built(void)
{
    static const char *const texts[] = {"a\nb\x01", "\xff", "a\r",
                                        "\xef\xbb\xbf"};
    static const char *const inner[] = {
        "</ISSUER><ISSUER>", "", "x", "<OBJECT/>",
        "<!-- --><OBJECT type=\"a\"><ID type=\"b\">c</ID></OBJECT>"};
    struct hierarchy_row rows[HIERARCHY_ROWS];
    char *body = NULL;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        hierarchy_rows(rows);
        struct xrml_certificate c = rows[SLC_ROW].fields;
        c.issuer_key = *hierarchy_numbers(ESC_KEY);
        c.principal_key = *hierarchy_numbers(SLC_KEY);
        c.principal.name = texts[i];
        CU_ASSERT_NOT_EQUAL(xrml_build(&c, &body, NULL), ISS_OK);
        CU_ASSERT_PTR_NULL(body);
    }
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        hierarchy_rows(rows);
        struct xrml_certificate c = rows[SLC_ROW].fields;
        c.principal_key = *hierarchy_numbers(SLC_KEY);
        c.issuer_text = inner[i];
        CU_ASSERT_NOT_EQUAL(xrml_build(&c, &body, NULL), ISS_OK);
    }
}

static void missing_or_impossible_parts_are_malformed(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    char *body = NULL;

    hierarchy_rows(rows);
    struct xrml_certificate good = rows[SLC_ROW].fields;
    good.issuer_key = *hierarchy_numbers(ESC_KEY);
    good.principal_key = *hierarchy_numbers(SLC_KEY);
    struct xrml_certificate c = good;
    c.guid = "no guid";
    CU_ASSERT_EQUAL(xrml_build(&c, &body, NULL), ISS_MALFORMED);
    c = good;
    c.type = XRML_PL;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, NULL), ISS_MALFORMED);
    c = good;
    c.principal_key.exponent = 3;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, NULL), ISS_MALFORMED);
    c = good;
    c.principal.id = NULL;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, NULL), ISS_MALFORMED);
    c = good;
    c.range.until = c.range.from;
    CU_ASSERT_NOT_EQUAL(xrml_build(&c, &body, NULL), ISS_OK);
    c = good;
    c.issued = INT64_C(253402300800);
    CU_ASSERT_NOT_EQUAL(xrml_build(&c, &body, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_build(&good, &body, NULL), ISS_OK);
    free(body);
}

/* MS-RMPR 2.2.9.3.5: the last child of BODY, issuer's key first. */
static void custom_revocation_is_a_condition_at_the_end(void)
{
    static const char *const form[] = {
        "</RIGHTSGROUP></WORK><CONDITIONLIST><REFRESH><DISTRIBUTIONPOINT>"
        "<OBJECT type=\"Revocation\"><ID type=\"ascii-tag\">External "
        "revocation authority</ID></OBJECT><PUBLICKEY><ALGORITHM>RSA",
        "</PUBLICKEY></DISTRIBUTIONPOINT><DISTRIBUTIONPOINT><OBJECT "
        "type=\"Revocation\">",
        "</PUBLICKEY></DISTRIBUTIONPOINT><INTERVALTIME /></REFRESH>"
        "</CONDITIONLIST></BODY>"};
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_key keys[XRML_REVOKERS_MAX + 1];
    struct iss_error error = {0};
    char *body = NULL;

    hierarchy_rows(rows);
    struct xrml_certificate c = rows[SLC_ROW].fields;
    c.issuer_key = *hierarchy_numbers(ESC_KEY);
    c.principal_key = *hierarchy_numbers(SLC_KEY);
    for (int i = 0; i <= XRML_REVOKERS_MAX; i++)
        keys[i] = *hierarchy_numbers(i == 0 ? ESC_KEY : CA_KEY);
    c.revokers = keys;
    c.revoker_count = 2;
    CU_ASSERT_EQUAL_FATAL(xrml_build(&c, &body, &error), ISS_OK);
    const char *at = body;
    for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
        at = strstr(at, form[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    }
    CU_ASSERT_STRING_EQUAL(at, form[2]);
    free(body);
    struct xrml_document *document = round_trip(&c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(document);
    CU_ASSERT_EQUAL(xrml_fields(document)->revoker_count, 2);
    CU_ASSERT_EQUAL(memcmp(xrml_fields(document)->revokers[1].modulus,
                           keys[1].modulus, keys[1].modulus_len),
                    0);
    xrml_document_free(document);
    c.revoker_count = XRML_REVOKERS_MAX;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, &error), ISS_OK);
    free(body);
    c.revoker_count++;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, &error), ISS_MALFORMED);
    c.revoker_count = 1;
    keys[0].exponent = 3;
    CU_ASSERT_EQUAL(xrml_build(&c, &body, &error), ISS_MALFORMED);
}

UNIT_MAIN("xrml_build", UNIT(ten_thousand_random_documents_are_accepted),
          UNIT(the_known_body_is_built_to_the_octet),
          UNIT(issuer_text_is_taken_verbatim),
          UNIT(what_would_mean_something_else_is_not_built),
          UNIT(missing_or_impossible_parts_are_malformed),
          UNIT(custom_revocation_is_a_condition_at_the_end))
