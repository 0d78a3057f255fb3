/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the real documents of each kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "issuer/xrml_document.h"
#include "unit.h"

#define S "spec-examples/MS-RMPR-4.5."

/* What the specification and the documents say; "" for absent. */
static const struct {
    const char *file;
    enum xrml_type type;
    const char *issuer, *principal;
    bool may_issue, validity, range;
    size_t issuer_octets, principal_octets;
} rows[] = {
    {"mode1-chain/chain-7.xml", XRML_CA_CERTIFICATE,
     "Microsoft DRM Production Root", "Microsoft DRM Production CA", true,
     false, true, 256, 256},
    {"mode1-chain/chain-6.xml", XRML_CA_CERTIFICATE,
     "Microsoft DRM Production CA",
     "Microsoft DRM Production Server Enrollment CA", true, false, true, 256,
     128},
    {"mode1-chain/chain-4.xml", XRML_SERVER_CERTIFICATE,
     "Microsoft DRM Server Self Enrollment Service", "CorpRights", true, false,
     true, 128, 128},
    {"mode1-chain/chain-0.xml", XRML_PL, "v-vlshch@microsoft.com", "CorpRights",
     false, true, false, 128, 128},
    {S "1-SPC.xml", XRML_MACHINE_CERTIFICATE,
     "Microsoft DRM Production Desktop Security Processor Activation "
     "Certificate",
     "Machine", false, false, false, 128, 128},
    {S "2-RAC.xml", XRML_RAC, "CONTOSO-RMS", "owner@contoso.com", false, true,
     false, 128, 128},
    {S "3-CLC.xml", XRML_CLC, "CONTOSO-RMS", "owner@contoso.com", true, false,
     true, 128, 128},
    {S "6-UL.xml", XRML_UL, "CONTOSO-RMS", "user@contoso.com", false, false,
     true, 128, 128},
    {S "7-TEMPLATE.xml", XRML_TEMPLATE, "CONTOSO-RMS", "", false, false, false,
     128, 0},
};

static void every_kind_has_its_fields(void)
{
    if (unit_samples() == NULL) {
        unit_skip("the real documents are not here");
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_chain chain = {.count = 0};
        CU_ASSERT_TRUE_FATAL(fixture_chain(&chain, rows[i].file));
        const struct xrml_fields *f = xrml_fields(chain.documents[0]);
        CU_ASSERT_EQUAL(f->type, rows[i].type);
        CU_ASSERT_STRING_EQUAL(f->issuer.name, rows[i].issuer);
        CU_ASSERT_STRING_EQUAL(f->principal.name == NULL ? ""
                                                         : f->principal.name,
                               rows[i].principal);
        CU_ASSERT_EQUAL(f->may_issue, rows[i].may_issue);
        CU_ASSERT_EQUAL(f->validity.present, rows[i].validity);
        CU_ASSERT_EQUAL(f->range.present, rows[i].range);
        CU_ASSERT_EQUAL(f->issuer_key.modulus_len, rows[i].issuer_octets);
        CU_ASSERT_EQUAL(f->principal_key.modulus_len, rows[i].principal_octets);
        xrml_chain_clear(&chain);
    }
}

static void a_guid_is_the_same_in_every_form(void)
{
    const struct xrml_object a = {.type = "t",
                                  .id_type = "MS-GUID",
                                  .id =
                                      "{BA653B6A-E163-416e-B0BB-2F94B02799EE}"};
    struct xrml_object b = a;

    b.id = "{ba653b6a-e163-416e-b0bb-2f94b02799ee}";
    CU_ASSERT_TRUE(xrml_object_same(&a, &b));
    b.name = "";
    CU_ASSERT_FALSE(xrml_object_same(&a, &b));
    b = a;
    b.type = "T";
    CU_ASSERT_FALSE(xrml_object_same(&a, &b));
    b = a;
    b.id = "{ba653b6a-e163-416e-b0bb-2f94b02799ef}";
    CU_ASSERT_FALSE(xrml_object_same(&a, &b));
}

/* A distribution point of a server's certificate that names no key, or is no
 * revocation authority, and one key too many. */
static void revocation_of_another_form_is_refused(void)
{
    static const char point[] =
        "<DISTRIBUTIONPOINT><OBJECT type=\"Revocation\">"
        "<ID type=\"ascii-tag\">External revocation authority</ID></OBJECT>";
    static const char *const changed[] = {
        "<DISTRIBUTIONPOINT><OBJECT type=\"Publishing-URL\">"
        "<ID type=\"ascii-tag\">External revocation authority</ID></OBJECT>",
        "<DISTRIBUTIONPOINT><OBJECT>"
        "<ID type=\"ascii-tag\">External revocation authority</ID></OBJECT>",
        "<DISTRIBUTIONPOINT><OBJECT type=\"Revocation\">"
        "<ID type=\"ascii-tag\">External revocation authority</ID></OBJECT>"
        "</DISTRIBUTIONPOINT><DISTRIBUTIONPOINT><OBJECT type=\"Revocation\">"
        "<ID type=\"ascii-tag\">x</ID></OBJECT>"};
    struct hierarchy_row made[HIERARCHY_ROWS];

    hierarchy_rows(made);
    made[SLC_ROW].fields.revokers = hierarchy_numbers(ESC_KEY);
    made[SLC_ROW].fields.revoker_count = 1;
    char *text = hierarchy_text(&made[SLC_ROW]);
    const char *at = strstr(text, point);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        struct xrml_document *document = NULL;
        char *other = NULL;
        int n = asprintf(&other, "%.*s%s%s", (int)(at - text), text, changed[i],
                         at + strlen(point));

        CU_ASSERT_FATAL(n > 0);
        CU_ASSERT_EQUAL(xrml_parse(other, (size_t)n, NULL, &document, NULL),
                        ISS_XML);
        CU_ASSERT_PTR_NULL(document);
        free(other);
    }
    free(text);
}

UNIT_MAIN("xrml_fields", UNIT(every_kind_has_its_fields),
          UNIT(a_guid_is_the_same_in_every_form),
          UNIT(revocation_of_another_form_is_refused))
