/* SPDX-License-Identifier: Apache-2.0 */
/* The six tests over real chains. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "unit.h"

#define C(n) "mode1-chain/chain-" #n ".xml "
#define TOP  C(4) C(5) C(6) C(7)
#define SPEC "spec-examples/MS-RMPR-4.5."

static bool absent(void)
{
    if (unit_samples() != NULL)
        return false;
    unit_skip("the real documents are not here");
    return true;
}

static enum iss_status verify(const char *names, const char *anchor,
                              bool legacy, struct xrml_report *report)
{
    struct xrml_chain chain = {.count = 0};
    struct xrml_anchors *anchors = fixture_anchor(anchor);
    enum iss_status status = ISS_INTERNAL;
    char text[512] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(anchors);
    CU_ASSERT_TRUE(fixture_chain(&chain, names));
    status = fixture_verify(&chain, anchors, legacy, report, text);
    if (status != ISS_OK && legacy)
        (void)fprintf(stderr, "%s: %s\n", names, text);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    return status;
}

static const char *const chains[] = {TOP, C(1) TOP, C(2) C(1) TOP,
                                     C(0) C(1) TOP, C(3) TOP};

static void every_real_chain_verifies_with_legacy(void)
{
    struct xrml_report report;

    if (absent())
        return;
    for (size_t i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        CU_ASSERT_EQUAL(
            verify(chains[i], "mode1-chain/chain-7.xml", true, &report),
            ISS_OK);
        CU_ASSERT_EQUAL(report.failed_test, 0);
    }
}

UNIT_MAIN("xrml_verify", UNIT(every_real_chain_verifies_with_legacy))
