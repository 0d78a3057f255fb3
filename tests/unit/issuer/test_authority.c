/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/authority.h"

#include <string.h>

#include "stores.h"
#include "unit.h"

enum { MINUTE = 60 };

/* Names, identifiers and years as docs/formats/keys.md lists them. */
static void the_three_documents_are_the_documented_ones(void)
{
    static const struct {
        const char *issuer, *id_type, *id, *name;
        int years;
    } rows[] = {
        {"Example EA Production Server Enrollment CA", "MS-GUID", NULL,
         "Example EA Production Server Enrollment Service", 15},
        {"Example EA Production CA", "ascii-tag",
         "Example EA Production Server Enrollment CA",
         "Example EA Production Server Enrollment CA", 30},
        {"Example EA Production Root", "ascii-tag", "Example EA Production CA",
         "Example EA Production CA", 30},
    };
    struct stores stores;
    struct iss_info info;
    struct xrml_chain chain = {0};

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_chain(store, &chain, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(chain.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct xrml_fields *got = xrml_fields(chain.documents[i]);

        CU_ASSERT_STRING_EQUAL(got->issuer.id, rows[i].issuer);
        CU_ASSERT_STRING_EQUAL(got->issuer.id_type, "ascii-tag");
        CU_ASSERT_STRING_EQUAL(got->principal.id_type, rows[i].id_type);
        CU_ASSERT_STRING_EQUAL(got->principal.id,
                               rows[i].id == NULL ? info.guid : rows[i].id);
        CU_ASSERT_STRING_EQUAL(got->principal.name, rows[i].name);
        CU_ASSERT_EQUAL(got->range.from, got->issued);
        CU_ASSERT_EQUAL(got->issued, stores.now - stores.now % MINUTE);
        CU_ASSERT_EQUAL(got->range.until,
                        xrml_time_add_years(got->issued, rows[i].years));
        CU_ASSERT_TRUE(got->may_issue);
    }
    xrml_chain_clear(&chain);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void the_chain_holds_up_to_the_anchor_that_is_carried(void)
{
    struct stores stores;
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;

    stores_new(&stores);
    const struct xrml_policy policy = {
        .at_set = true, .at = stores.now, .now = stores.now};
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_anchors(store, &anchors, NULL), ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 1);
    CU_ASSERT_STRING_EQUAL(xrml_anchor_name(anchors, 0),
                           "Example EA Production Root");
    CU_ASSERT_EQUAL(iss_chain(store, &chain, NULL), ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_chain_verify(NULL, &chain, anchors, &policy, &report, NULL),
        ISS_OK);
    xrml_anchors_free(anchors);
    xrml_chain_clear(&chain);
    stores_close(&stores, store);
    stores_free(&stores);
}

UNIT_MAIN("authority", UNIT(the_three_documents_are_the_documented_ones),
          UNIT(the_chain_holds_up_to_the_anchor_that_is_carried))
