/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Licences against the examples of MS-RMPR 4.5 and a real chain: what is read
 * is what stands there; what is built from it again is the same text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "issuer/xrml_license.h"
#include "unit.h"

static const char spec[] = "spec-examples/MS-RMPR-4.5.";

static struct xrml_document *sample(const char *name)
{
    struct xrml_document *document = NULL;
    char path[128];
    size_t len = 0;

    (void)snprintf(path, sizeof(path), "%s%s.xml", spec, name);
    char *text = fixture_sample(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL_FATAL(xrml_parse(text, len, NULL, &document, NULL), ISS_OK);
    free(text);
    return document;
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

/* A document of a server has one form: what is built from what was read is the
 * same octets. Clients write otherwise (4.5.1, 4.5.4), which is read only. */
static void what_is_read_is_built_again_to_the_octet(void)
{
    static const char *const names[] = {"1-SPC", "2-RAC", "3-CLC", "4-PL", "6-UL", "7-TEMPLATE"};

    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct xrml_document *document = sample(names[i]);
        struct xrml_reading *reading = NULL;
        struct iss_error error = {.status = ISS_OK};
        char *body = NULL;
        size_t len = 0;

        CU_ASSERT_EQUAL_FATAL(xrml_license_read(document, &reading, &error),
                              ISS_OK);
        CU_ASSERT_EQUAL(xrml_license_build(xrml_reading_license(reading), &body,
                                           &error),
                        ISS_OK);
        const char *wanted = xrml_body(document, &len);
        if (body == NULL || strlen(body) != len ||
            memcmp(body, wanted, len) != 0) {
            CU_FAIL("another text");
            printf("%s: %s\n%.*s\n%s\n", names[i], error.text, (int)len, wanted,
                   body == NULL ? "" : body);
        }
        free(body);
        xrml_reading_free(reading);
        xrml_document_free(document);
    }
}

UNIT_MAIN("xrml_license", UNIT(examples_are_read_as_they_stand),
          UNIT(what_is_read_is_built_again_to_the_octet))
