/* SPDX-License-Identifier: Apache-2.0 */
/* What a license of its kind must have, and who may have issued it: as
 * docs/formats/verify.md says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "licenses.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct verdict {
    struct xrml_report report;
    char text[ISS_TEXT_MAX];
} verdict;

static enum iss_status judge(struct license *const *licenses, size_t count,
                             int from)
{
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    const struct xrml_policy policy = {.now = HIERARCHY_TIME};
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_chain chain = {.count = 0};
    struct iss_error error = {.status = ISS_OK};

    hierarchy_rows(rows);
    license_chain(licenses, count, rows, from, &chain);
    enum iss_status status = xrml_chain_verify(NULL, &chain, anchors, &policy,
                                               &verdict.report, &error);
    memcpy(verdict.text, error.text, sizeof(verdict.text));
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return status;
}

/* The license below the SLC, or below the CLC of that. */
static enum iss_status judge_one(struct license *license, bool by_client)
{
    struct license clc;
    struct license *const both[] = {license, &clc};

    license_make(LICENSE_CLC, false, &clc);
    return judge(both, by_client ? 2 : 1, SLC_ROW);
}

static bool by_client(enum license_kind kind)
{
    return kind == LICENSE_OFFLINE_PL || kind == LICENSE_OWNER_UL;
}

static void every_kind_verifies_below_a_root_server(void)
{
    for (int kind = 0; kind < LICENSE_KINDS; kind++) {
        struct license license;

        license_make((enum license_kind)kind, false, &license);
        CU_ASSERT_EQUAL(judge_one(&license, by_client((enum license_kind)kind)),
                        ISS_OK);
        CU_ASSERT_STRING_EQUAL(verdict.text, "");
        CU_ASSERT_EQUAL(verdict.report.nodes[0].place, XRML_PLACE_LEAF);
    }
}

/* R110: all but accounts. */
static void a_licensing_server_issues_all_but_accounts(void)
{
    for (int kind = 0; kind < LICENSE_KINDS; kind++) {
        struct license license;
        struct license clc;
        struct license *const both[] = {&license, &clc};

        license_make((enum license_kind)kind, true, &license);
        license_make(LICENSE_CLC, true, &clc);
        enum iss_status status =
            judge(both, by_client((enum license_kind)kind) ? 2 : 1, SUB_ROW);
        CU_ASSERT_EQUAL(status, kind == LICENSE_RAC ? ISS_SEMANTICS : ISS_OK);
    }
    CU_ASSERT_STRING_EQUAL(verdict.text, "");
}

static void a_client_issues_licenses_of_content_only(void)
{
    static const enum license_kind kinds[] = {LICENSE_RAC, LICENSE_CLC,
                                              LICENSE_TEMPLATE};
    struct license license;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        license_make(kinds[i], false, &license);
        struct license owner;
        license_make(LICENSE_OWNER_UL, false, &owner);
        license.fields.issuer.object = owner.fields.issuer.object;
        license.signer = CLC_KEY;
        /* another key than the client's own */
        license.fields.principal.key = kinds[i] == LICENSE_TEMPLATE
                                           ? (struct xrml_key){0}
                                           : *hierarchy_numbers(REVOKER_KEY);
        CU_ASSERT_EQUAL(judge_one(&license, true), ISS_SEMANTICS);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(verdict.text, "not what its issuer may issue"));
    }
}

/* ---- one fault at a time ---------------------------------------------------
 */

static struct xrml_bits none;

static void no_account(struct license *it)
{
    it->fields.principal.object.type = "MS-DRM-Server";
}
static void no_account_id(struct license *it)
{
    it->fields.principal.object.id = "";
}
static void no_issue_bits(struct license *it)
{
    it->rights[0].bits = none;
}
static void another_right(struct license *it)
{
    it->rights[1] = it->rights[0];
    it->rights[1].name = "VIEW";
    it->fields.right_count = 2;
}
static void no_server(struct license *it)
{
    it->fields.principal.object.type = "Group-Identity";
}
static void another_server(struct license *it)
{
    it->fields.principal.key = *hierarchy_numbers(REVOKER_KEY);
}
static void no_content(struct license *it)
{
    it->fields.work.id = "";
}
static void no_rights_data(struct license *it)
{
    it->fields.data[0].id = "APPSPECIFIC";
}
static void for_somebody(struct license *it)
{
    it->rights[0].first = false;
    it->rights[0].user =
        (struct xrml_object){.id_type = "Unspecified", .name = "a@example.org"};
}
static void another_account(struct license *it)
{
    it->fields.principal.object.id = "S-1-5-21-1-2-3-1001";
}
static void view(struct license *it)
{
    it->rights[0].name = "VIEW";
}
static void issued_before(struct license *it)
{
    it->fields.issued -= 60;
}
static void issued_after_the_server(struct license *it)
{
    it->fields.issued = xrml_time_add_years(HIERARCHY_TIME, 1);
}
static void another_issuer(struct license *it)
{
    it->fields.issuer.object.name = "RMS03";
}
static void another_issuer_id(struct license *it)
{
    it->fields.issuer.object.id = "S-1-5-21-1-2-3-1002";
}
static void issuer_with_version(struct license *it)
{
    it->fields.issuer.levels[0] =
        (struct xrml_level){.name = "SDK", .value = "1.0"};
    it->fields.issuer.level_count = 1;
}

static void one_fault_is_found(void)
{
    static const struct {
        enum license_kind kind;
        void (*spoil)(struct license *it);
        enum iss_status status;
    } rows[] = {
        {LICENSE_RAC, no_account, ISS_SEMANTICS},
        {LICENSE_RAC, no_account_id, ISS_SEMANTICS},
        {LICENSE_RAC, issued_before, ISS_CONDITIONS},
        {LICENSE_RAC, another_issuer, ISS_SEMANTICS},
        {LICENSE_RAC, issuer_with_version, ISS_SEMANTICS},
        {LICENSE_CLC, no_account, ISS_SEMANTICS},
        {LICENSE_CLC, no_issue_bits, ISS_SEMANTICS},
        {LICENSE_CLC, another_right, ISS_SEMANTICS},
        {LICENSE_CLC, issued_after_the_server, ISS_CONDITIONS},
        {LICENSE_PL, no_server, ISS_SEMANTICS},
        {LICENSE_PL, another_server, ISS_SEMANTICS},
        {LICENSE_PL, no_content, ISS_SEMANTICS},
        {LICENSE_PL, no_rights_data, ISS_SEMANTICS},
        {LICENSE_PL, issued_after_the_server, ISS_CONDITIONS},
        {LICENSE_PL, another_issuer, ISS_SEMANTICS},
        {LICENSE_PL, issuer_with_version, ISS_OK},
        {LICENSE_OFFLINE_PL, another_server, ISS_SEMANTICS},
        {LICENSE_OFFLINE_PL, another_issuer_id, ISS_SEMANTICS},
        {LICENSE_OFFLINE_PL, issuer_with_version, ISS_OK},
        {LICENSE_OFFLINE_PL, issued_before, ISS_CONDITIONS},
        {LICENSE_UL, no_account, ISS_SEMANTICS},
        {LICENSE_UL, no_content, ISS_SEMANTICS},
        {LICENSE_UL, for_somebody, ISS_SEMANTICS},
        {LICENSE_UL, no_issue_bits, ISS_SEMANTICS},
        {LICENSE_UL, issued_after_the_server, ISS_CONDITIONS},
        {LICENSE_UL, issuer_with_version, ISS_SEMANTICS},
        {LICENSE_OWNER_UL, view, ISS_SEMANTICS},
        {LICENSE_OWNER_UL, another_right, ISS_SEMANTICS},
        {LICENSE_OWNER_UL, another_account, ISS_SEMANTICS},
        {LICENSE_TEMPLATE, another_issuer, ISS_SEMANTICS},
        {LICENSE_LIST, another_issuer, ISS_SEMANTICS},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct license license;

        license_make(rows[i].kind, false, &license);
        rows[i].spoil(&license);
        enum iss_status status = judge_one(&license, by_client(rows[i].kind));
        CU_ASSERT_EQUAL(status, rows[i].status);
        if (status != rows[i].status)
            (void)fprintf(stderr, "row %zu: %d %s\n", i, (int)status,
                          verdict.text);
        if (rows[i].status != ISS_OK)
            CU_ASSERT_EQUAL(verdict.report.failed_node, 0);
    }
}

/* MS-RMPR 3.5.4: what a client issues, it issues while its CLC holds. */
static void an_ended_client_issues_nothing_more(void)
{
    static const enum license_kind kinds[] = {LICENSE_OFFLINE_PL,
                                              LICENSE_OWNER_UL};
    const int64_t end = HIERARCHY_TIME + 86400;

    for (size_t i = 0; i < COUNT(kinds); i++)
        for (int late = 0; late < 2; late++) {
            struct license license;
            struct license clc;
            struct license *const both[] = {&license, &clc};

            license_make(kinds[i], false, &license);
            license_make(LICENSE_CLC, false, &clc);
            clc.rights[0].range.until = end;
            license.fields.issued = late ? end : end - 60;
            CU_ASSERT_EQUAL(judge(both, 2, SLC_ROW),
                            late ? ISS_CONDITIONS : ISS_OK);
        }
}

static void a_list_of_a_third_party_needs_its_anchor(void)
{
    struct license list;
    struct xrml_anchors *anchors = hierarchy_anchors(REVOKER_KEY);
    const struct xrml_policy policy = {.now = HIERARCHY_TIME};
    struct xrml_chain chain = {.count = 0};

    license_make(LICENSE_LIST, false, &list);
    list.signer = REVOKER_KEY;
    list.fields.issuer.object =
        (struct xrml_object){.type = "Revocation-List",
                             .id_type = "ascii-tag",
                             .id = "External revocation authority"};
    char *text = license_text(&list);
    CU_ASSERT_EQUAL_FATAL(
        xrml_chain_append(&chain, text, strlen(text), 0, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_chain_verify(NULL, &chain, anchors, &policy,
                                      &verdict.report, NULL),
                    ISS_OK);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    free(text);
}

UNIT_MAIN("xrml_kind", UNIT(every_kind_verifies_below_a_root_server),
          UNIT(a_licensing_server_issues_all_but_accounts),
          UNIT(a_client_issues_licenses_of_content_only),
          UNIT(one_fault_is_found), UNIT(an_ended_client_issues_nothing_more),
          UNIT(a_list_of_a_third_party_needs_its_anchor))
