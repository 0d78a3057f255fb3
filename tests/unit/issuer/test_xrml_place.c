/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have issued what, as docs/formats/verify.md says, cell by cell. */
#include "issuer/xrml_place.h"
#include "unit.h"

static const char ca[] = "DRM-Certificate-Authority";
static const char server[] = "MS-DRM-Server";
static const char machine[] = "MS-DRM-Desktop-Security-Processor";
static const char machine_ca[] =
    "DRM-Desktop-Security-Processor-Certificate-Authority";

/* The documents of the columns. */
static const struct {
    enum xrml_type type;
    const char *issuer, *principal;
} kinds[] = {
    {XRML_CA_CERTIFICATE, ca, ca},
    {XRML_SERVER_CERTIFICATE, ca, server},
    {XRML_SERVER_CERTIFICATE, server, server},
    {XRML_SERVER_CERTIFICATE, machine_ca, machine},
    {XRML_MACHINE_CERTIFICATE, machine, "Machine-Unique-Identifier"},
    {XRML_RAC, server, "Group-Identity"},
    {XRML_CLC, server, "Group-Identity"},
    {XRML_PL, "Group-Identity", server},
    {XRML_UL, server, "Group-Identity"},
    {XRML_TEMPLATE, server, NULL},
    {XRML_REVOCATION_LIST, "Revocation-List", NULL},
    {XRML_OTHER, server, NULL},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void every_cell_of_the_table(void)
{
    static const struct {
        enum xrml_role issuer;
        const char *may; /* y or n for each kind */
    } rows[] = {
        {XRML_ROLE_ANCHOR, "yyyyyyyyyyyn"},
        {XRML_ROLE_CA, "yynynnnnnnyn"},
        {XRML_ROLE_MACHINE_ISSUER, "nnnnynnnnnnn"},
        {XRML_ROLE_ENROLLMENT_SERVICE, "nnynnnnnnnyn"},
        {XRML_ROLE_SLC, "nnynnyyyyyyn"},
        {XRML_ROLE_SUB_SLC, "nnnnnnyyyyyn"},
        {XRML_ROLE_BARE_SLC, "nnnnnnyyyyyn"},
        {XRML_ROLE_CLC, "nnnnnnnyynyn"},
        {XRML_ROLE_NONE, "nnnnnnnnnnnn"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t j = 0; j < KINDS; j++) {
            struct xrml_fields fields = {.type = kinds[j].type};
            enum xrml_place place = XRML_PLACE_CA;
            enum xrml_role role = XRML_ROLE_CA;
            fields.issuer.type = kinds[j].issuer;
            fields.principal.type = kinds[j].principal;
            bool may = xrml_place_of(&fields, rows[i].issuer, &place, &role);
            CU_ASSERT_EQUAL(may, rows[i].may[j] == 'y');
            CU_ASSERT_EQUAL(may, place != XRML_PLACE_UNKNOWN);
        }
}

static void a_server_is_what_its_issuer_makes_it(void)
{
    static const struct {
        enum xrml_role issuer;
        const char *object;
        enum xrml_place place;
        enum xrml_role role;
    } rows[] = {
        {XRML_ROLE_CA, ca, XRML_PLACE_ENROLLMENT_SERVICE,
         XRML_ROLE_ENROLLMENT_SERVICE},
        {XRML_ROLE_ENROLLMENT_SERVICE, server, XRML_PLACE_SLC, XRML_ROLE_SLC},
        {XRML_ROLE_SLC, server, XRML_PLACE_SUB_SLC, XRML_ROLE_SUB_SLC},
        {XRML_ROLE_ANCHOR, server, XRML_PLACE_SLC, XRML_ROLE_BARE_SLC},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_fields fields = {.type = XRML_SERVER_CERTIFICATE};
        enum xrml_place place = XRML_PLACE_UNKNOWN;
        enum xrml_role role = XRML_ROLE_NONE;
        fields.issuer.type = rows[i].object;
        fields.principal.type = server;
        CU_ASSERT_TRUE(xrml_place_of(&fields, rows[i].issuer, &place, &role));
        CU_ASSERT_EQUAL(place, rows[i].place);
        CU_ASSERT_EQUAL(role, rows[i].role);
    }
}

static void hierarchies_are_told_by_the_end_of_a_name(void)
{
    static const struct {
        const char *name;
        unsigned set;
    } rows[] = {
        {"Example Production Root", XRML_PRODUCTION},
        {"Microsoft DRM Production CA", XRML_PRODUCTION},
        {"Microsoft DRM ISV Server Enrollment Service", XRML_PRE_PRODUCTION},
        {"ISV Works Production Server Enrollment CA", XRML_PRODUCTION},
        {"Microsoft DRM Production Server Enrollment CA", 0},
        {"Microsoft DRM Server Enrollment Service", 0},
        {"Production Root of all", 0},
        {"", 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xrml_fields fields = {.type = XRML_CA_CERTIFICATE};
        fields.issuer.type = ca;
        fields.issuer.name = rows[i].name;
        CU_ASSERT_EQUAL(xrml_hierarchies(&fields), rows[i].set);
        fields.issuer.type = server; /* a cluster is called as it likes */
        CU_ASSERT_EQUAL(xrml_hierarchies(&fields), 0);
    }
}

UNIT_MAIN("xrml_place", UNIT(every_cell_of_the_table),
          UNIT(a_server_is_what_its_issuer_makes_it),
          UNIT(hierarchies_are_told_by_the_end_of_a_name))
