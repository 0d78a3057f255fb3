/* SPDX-License-Identifier: Apache-2.0 */
/* Chains out of files: encodings, forms, pretty-printed copies, limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "issuer/xml_text.h"
#include "unit.h"

static bool absent(void)
{
    if (unit_samples() != NULL)
        return false;
    unit_skip("the real documents are not here");
    return true;
}

static enum iss_status append(struct xrml_chain *chain, const char *text,
                              unsigned flags)
{
    return xrml_chain_append(chain, text, strlen(text), flags, NULL);
}

static void documents_stand_one_after_the_other(void)
{
    size_t size = 3 * strlen(fixture_known_answer) + 100;
    struct xrml_chain chain = {.count = 0};
    char *text = malloc(size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    (void)snprintf(text, size, "<?xml version=\"1.0\"?>\n%s\n \r\n%s%s\n",
                   fixture_known_answer, fixture_known_answer,
                   fixture_known_answer);
    CU_ASSERT_EQUAL(append(&chain, text, 0), ISS_OK);
    CU_ASSERT_EQUAL(chain.count, 3);
    (void)snprintf(text, size, "%s<?xml version=\"1.0\"?>%s",
                   fixture_known_answer, fixture_known_answer);
    CU_ASSERT_EQUAL(append(&chain, text, 0), ISS_XML);
    (void)snprintf(text, size, "%sx%s", fixture_known_answer,
                   fixture_known_answer);
    CU_ASSERT_EQUAL(append(&chain, text, 0), ISS_XML);
    CU_ASSERT_EQUAL(append(&chain, "", 0), ISS_XML);
    CU_ASSERT_EQUAL(chain.count, 3);
    xrml_chain_clear(&chain);
    CU_ASSERT_EQUAL(chain.count, 0);
    free(text);
}

static void a_chain_holds_16_documents(void)
{
    struct xrml_chain chain = {.count = 0};

    for (int i = 0; i < 16; i++)
        CU_ASSERT_EQUAL(append(&chain, fixture_known_answer, 0), ISS_OK);
    CU_ASSERT_EQUAL(append(&chain, fixture_known_answer, 0), ISS_XML);
    CU_ASSERT_EQUAL(chain.count, 16);
    xrml_chain_clear(&chain);
}

static void utf_16_with_or_without_mark_is_read(void)
{
    static const char declaration[] =
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>";
    size_t size = strlen(fixture_known_answer) + sizeof(declaration);
    char *text = malloc(size);
    uint8_t *wide = malloc(2 * size + 2);
    struct xrml_chain chain = {.count = 0};
    uint8_t hash[2][32];

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
    (void)snprintf(text, size, "%s%s", declaration, fixture_known_answer);
    memcpy(wide, "\xff\xfe", 2);
    size_t len = xml_utf16le(text, strlen(text), wide + 2);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chain, (const char *)wide, len + 2, 0, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chain, (const char *)wide + 2, len, 0, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(append(&chain, fixture_known_answer, 0), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(chain.count, 3);
    xrml_body_hash(chain.documents[0], hash[0]);
    xrml_body_hash(chain.documents[2], hash[1]);
    CU_ASSERT_EQUAL(memcmp(hash[0], hash[1], 32), 0);
    CU_ASSERT_EQUAL(append(&chain, text, 0), ISS_XML); /* it is not UTF-16 */
    CU_ASSERT_EQUAL(
        xrml_chain_append(&chain, (const char *)wide, len + 1, 0, NULL),
        ISS_XML);
    xrml_chain_clear(&chain);
    free(wide);
    free(text);
}

/* The eight documents as they were published, against each cut out by itself.
 */
static void a_pretty_printed_file_needs_the_option(void)
{
    struct xrml_chain pretty = {.count = 0};
    struct xrml_chain plain = {.count = 0};
    size_t len = 0;

    if (absent())
        return;
    char *text = fixture_sample("mode1-chain/as-found.xml", &len);
    CU_ASSERT_EQUAL(xrml_chain_append(&pretty, text, len, 0, NULL), ISS_XML);
    CU_ASSERT_EQUAL(pretty.count, 0);
    CU_ASSERT_EQUAL(xrml_chain_append(&pretty, text, len, XRML_PRETTY, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL_FATAL(pretty.count, 8);
    for (size_t i = 0; i < 8; i++) {
        char name[64];
        uint8_t hash[2][32];
        (void)snprintf(name, sizeof(name), "mode1-chain/chain-%zu.xml", i);
        CU_ASSERT_TRUE(fixture_chain(&plain, name));
        xrml_body_hash(pretty.documents[i], hash[0]);
        xrml_body_hash(plain.documents[i], hash[1]);
        CU_ASSERT_EQUAL(memcmp(hash[0], hash[1], 32), 0);
    }
    xrml_chain_clear(&plain);
    xrml_chain_clear(&pretty);
    free(text);
}

static void a_rewritten_document_verifies_and_says_so(void)
{
    struct xrml_chain all = {.count = 0};
    struct xrml_chain chain = {.count = 5};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;
    char why[512];
    size_t len = 0;

    if (absent())
        return;
    char *text = fixture_sample("mode1-chain/as-found.xml", &len);
    anchors = fixture_anchor("mode1-chain/chain-7.xml");
    CU_ASSERT_EQUAL_FATAL(xrml_chain_append(&all, text, len, XRML_PRETTY, NULL),
                          ISS_OK);
    for (size_t i = 0; i < 5; i++) /* the CLC and all above it */
        chain.documents[i] = all.documents[3 + i];
    CU_ASSERT_EQUAL(fixture_verify(&chain, anchors, true, &report, why),
                    ISS_OK);
    CU_ASSERT_NOT_EQUAL(report.nodes[0].reasons[0][0], '\0');
    CU_ASSERT_TRUE(report.nodes[0].rewritten);
    xrml_chain_clear(&all);
    xrml_anchors_free(anchors);
    free(text);
}

/* White space in BODY alone: well-formed, and only DIGEST tells. */
static void space_within_body_is_taken_out_too(void)
{
    const char *at = strstr(fixture_known_answer, "<DESCRIPTOR>");
    size_t size = strlen(fixture_known_answer) + 16;
    char *text = malloc(size);
    char *pem = fixture_issuer_pem(fixture_known_answer);
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL_FATAL(xrml_anchors_parse(pem, strlen(pem), &anchors, NULL),
                          ISS_OK);
    (void)snprintf(text, size, "%.*s\n  %s", (int)(at - fixture_known_answer),
                   fixture_known_answer, at);
    for (unsigned flags = 0; flags <= XRML_PRETTY; flags++) {
        struct xrml_chain chain = {.count = 0};
        CU_ASSERT_EQUAL(append(&chain, text, flags), ISS_OK);
        CU_ASSERT_EQUAL(fixture_verify(&chain, anchors, true, &report, NULL),
                        flags == 0 ? ISS_SIGNATURE : ISS_OK);
        xrml_chain_clear(&chain);
    }
    xrml_anchors_free(anchors);
    free(pem);
    free(text);
}

UNIT_MAIN("xrml_chain", UNIT(documents_stand_one_after_the_other),
          UNIT(a_chain_holds_16_documents),
          UNIT(utf_16_with_or_without_mark_is_read),
          UNIT(a_pretty_printed_file_needs_the_option),
          UNIT(a_rewritten_document_verifies_and_says_so),
          UNIT(space_within_body_is_taken_out_too))
