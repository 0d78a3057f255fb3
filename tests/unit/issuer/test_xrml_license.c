/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licenses against the examples of MS-RMPR 4.5 and a real chain: what is read
 * is what stands there; what is built from it again is the same text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "issuer/xrml_license.h"
#include "unit.h"

static struct xrml_document *parsed(const char *path)
{
    struct xrml_document *document = NULL;
    size_t len = 0;
    char *text = fixture_sample(path, &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, len, NULL, &document, NULL), ISS_OK);
    free(text);
    return document;
}

static struct xrml_document *sample(const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "spec-examples/MS-RMPR-4.5.%s.xml",
                   name);
    return parsed(path);
}

/* Read off the printed examples by eye. */
static void examples_are_read_as_they_stand(void)
{
    static const struct {
        const char *name;
        enum xrml_type type;
        size_t points, levels, rights, data;
        const char *principal, *owner, *machine;
        const char *bits; /* form of the principal's */
    } rows[] = {
        {"1-SPC", XRML_MACHINE_CERTIFICATE, 1, 3, 0, 0, "Machine", NULL, NULL,
         NULL},
        {"2-RAC", XRML_RAC, 1, 3, 0, 0, "owner@contoso.com", NULL, "Machine",
         NULL},
        {"3-CLC", XRML_CLC, 2, 0, 1, 0, "owner@contoso.com", NULL, NULL, NULL},
        {"4-PL", XRML_PL, 2, 2, 0, 1, "CONTOSO-RMS", "owner@contoso.com", NULL,
         "sealed-key"},
        {"6-UL", XRML_UL, 0, 0, 1, 0, "user@contoso.com", "owner@contoso.com",
         NULL, NULL},
        {"7-TEMPLATE", XRML_TEMPLATE, 1, 0, 7, 0, NULL, NULL, NULL, NULL},
    };

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_document *document = sample(rows[i].name);
        struct xrml_reading *reading = NULL;
        struct iss_error error = {.status = ISS_OK};

        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, &error),
                              ISS_OK);
        const struct xrml_license *l = xrml_reading_license(reading);
        CU_ASSERT_EQUAL(l->type, rows[i].type);
        CU_ASSERT_EQUAL(l->point_count, rows[i].points);
        CU_ASSERT_EQUAL(l->principal.level_count, rows[i].levels);
        CU_ASSERT_EQUAL(l->right_count, rows[i].rights);
        CU_ASSERT_EQUAL(l->data_count, rows[i].data);
        if (rows[i].principal != NULL)
            CU_ASSERT_STRING_EQUAL(l->principal.object.name, rows[i].principal);
        if (rows[i].owner != NULL)
            CU_ASSERT_STRING_EQUAL(l->owner.name, rows[i].owner);
        if (rows[i].machine != NULL)
            CU_ASSERT_STRING_EQUAL(l->machine.object.name, rows[i].machine);
        if (rows[i].bits != NULL)
            CU_ASSERT_STRING_EQUAL(l->principal.bits.form, rows[i].bits);
        xrml_reading_free(reading);
        xrml_document_free(document);
    }
}

/* What is built from what was read is the same octets, where a server wrote
 * them or a client did as servers do. */
static void what_is_read_is_built_again_to_the_octet(void)
{
    static const char *const names[] = {
        "spec-examples/MS-RMPR-4.5.1-SPC.xml",
        "spec-examples/MS-RMPR-4.5.2-RAC.xml",
        "spec-examples/MS-RMPR-4.5.3-CLC.xml",
        "spec-examples/MS-RMPR-4.5.4-PL.xml",
        "spec-examples/MS-RMPR-4.5.6-UL.xml",
        "spec-examples/MS-RMPR-4.5.7-TEMPLATE.xml",
        "mode1-chain/chain-1.xml",
        "mode1-chain/chain-3.xml"};

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct xrml_document *document = parsed(names[i]);
        struct xrml_reading *reading = NULL;
        char *body = NULL;
        size_t len = 0;

        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL),
                              ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            xrml_license_build(xrml_reading_license(reading), &body, NULL),
            ISS_OK);
        const char *wanted = xrml_body(document, &len);
        CU_ASSERT_EQUAL(strlen(body), len);
        CU_ASSERT_EQUAL(strncmp(body, wanted, len), 0);
        free(body);
        xrml_reading_free(reading);
        xrml_document_free(document);
    }
}

/* A publishing and an owner's use license of a real client, which writes
 * blanks, empty elements and ACCESS otherwise: another text, the same said. */
static void what_clients_write_otherwise_says_the_same(void)
{
    static const char *const names[] = {"mode1-chain/chain-0.xml",
                                        "mode1-chain/chain-2.xml"};
    static const uint8_t sig[128] = {1};

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct xrml_document *document = parsed(names[i]);
        struct xrml_document *again = NULL;
        struct xrml_reading *readings[2] = {NULL, NULL};
        char *body = NULL;
        char *text = NULL;

        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &readings[0], NULL),
                              ISS_OK);
        const struct xrml_license *license = xrml_reading_license(readings[0]);
        CU_ASSERT_PTR_NULL(license->beyond);
        CU_ASSERT_STRING_EQUAL(license->owner.name, "v-vlshch@microsoft.com");
        CU_ASSERT_EQUAL_FATAL(xrml_license_build(license, &body, NULL), ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            xrml_assemble(body, strlen(body), sig, sizeof(sig), &text, NULL),
            ISS_OK);
        CU_ASSERT_EQUAL_FATAL(
            xrml_parse(text, strlen(text), NULL, &again, NULL), ISS_OK);
        CU_ASSERT_EQUAL_FATAL(xrml_license_read(again, &readings[1], NULL),
                              ISS_OK);
        CU_ASSERT_TRUE(
            xrml_license_same(license, xrml_reading_license(readings[1])));
        xrml_reading_free(readings[0]);
        xrml_reading_free(readings[1]);
        xrml_document_free(document);
        xrml_document_free(again);
        free(body);
        free(text);
    }
}

/* Nothing is lost in silence: what the structure does not show is named, and
 * such a document is not built again. */
static void what_is_not_shown_is_named_and_not_built(void)
{
    static const struct {
        const char *more, *named;
    } rows[] = {
        {"<POLICYLIST type=\"exclusion\"></POLICYLIST></BODY>", "POLICYLIST"},
        {"<CONDITIONLIST><CONDITION>1-2</CONDITION></CONDITIONLIST></BODY>",
         "CONDITION"},
        {"<SOMETHING></SOMETHING></BODY>", "SOMETHING"},
    };
    static const char end[] = "</BODY>";

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    size_t len = 0;
    char *text = fixture_sample("spec-examples/MS-RMPR-4.5.6-UL.xml", &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    const char *at = strstr(text, end);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_document *document = NULL;
        struct xrml_reading *reading = NULL;
        struct iss_error error = {.status = ISS_OK};
        char *body = NULL;
        char more[8192];

        (void)snprintf(more, sizeof(more), "%.*s%s%s", (int)(at - text), text,
                       rows[i].more, at + strlen(end));
        enum iss_status status =
            xrml_parse(more, strlen(more), NULL, &document, &error);
        if (strcmp(rows[i].named, "SOMETHING") == 0) {
            CU_ASSERT_EQUAL(status, ISS_XML); /* BODY knows its children */
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(status, ISS_OK);
        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, NULL),
                              ISS_OK);
        CU_ASSERT_STRING_EQUAL(xrml_reading_license(reading)->beyond,
                               rows[i].named);
        CU_ASSERT_EQUAL(
            xrml_license_build(xrml_reading_license(reading), &body, &error),
            ISS_MALFORMED);
        CU_ASSERT_PTR_NULL(body);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, rows[i].named));
        xrml_reading_free(reading);
        xrml_document_free(document);
    }
    free(text);
}

UNIT_MAIN("xrml_license", UNIT(examples_are_read_as_they_stand),
          UNIT(what_is_read_is_built_again_to_the_octet),
          UNIT(what_clients_write_otherwise_says_the_same),
          UNIT(what_is_not_shown_is_named_and_not_built))
