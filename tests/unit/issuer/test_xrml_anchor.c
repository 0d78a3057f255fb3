/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors: PEM with names, certificates, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "hierarchy.h"
#include "unit.h"

static enum iss_status parse(const char *text, struct xrml_anchors **out)
{
    struct iss_error error = {0};
    enum iss_status status =
        xrml_anchors_parse(text, strlen(text), out, &error);

    CU_ASSERT_EQUAL(status == ISS_OK, error.text[0] == '\0');
    return status;
}

static void names_stand_before_their_keys(void)
{
    char *pem = fixture_issuer_pem(fixture_known_answer);
    struct xrml_anchors *anchors = NULL;
    char text[4096];

    (void)snprintf(text, sizeof(text), "# Old name\n# R\xc3\xb6t\n%s\n%s", pem,
                   pem);
    CU_ASSERT_EQUAL_FATAL(parse(text, &anchors), ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 2);
    CU_ASSERT_STRING_EQUAL(xrml_anchor_name(anchors, 0), "R\xc3\xb6t");
    CU_ASSERT_STRING_EQUAL(xrml_anchor_name(anchors, 1), "");
    CU_ASSERT_EQUAL(xrml_anchor_key(anchors, 0)->modulus[0], 0xf9);
    CU_ASSERT_EQUAL(xrml_anchor_key(anchors, 0)->exponent, 65537);
    xrml_anchors_free(anchors);
    free(pem);
}

static void a_certificate_vouches_for_its_principal(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_anchors *anchors = NULL;

    hierarchy_rows(rows);
    char *text = hierarchy_text(&rows[CA_ROW]);
    CU_ASSERT_EQUAL_FATAL(parse(text, &anchors), ISS_OK);
    CU_ASSERT_EQUAL(xrml_anchors_count(anchors), 1);
    CU_ASSERT_STRING_EQUAL(xrml_anchor_name(anchors, 0),
                           "Example Production CA");
    CU_ASSERT_EQUAL(memcmp(xrml_anchor_key(anchors, 0)->modulus,
                           hierarchy_numbers(CA_KEY)->modulus, 256),
                    0);
    xrml_anchors_free(anchors);
    free(text);
}

static void other_files_are_refused(void)
{
    static const char *const texts[] = {
        "",
        "\n",
        "# name\n",
        "rubbish\n",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----END PUBLIC KEY-----\n",
        "<XrML/>",
        "<a>"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct xrml_anchors *anchors = NULL;
        CU_ASSERT_EQUAL(parse(texts[i], &anchors), ISS_USAGE);
        CU_ASSERT_PTR_NULL(anchors);
    }
}

static void more_than_64_are_refused(void)
{
    char *pem = fixture_issuer_pem(fixture_known_answer);
    char *text = calloc(65, strlen(pem) + 1);
    struct xrml_anchors *anchors = NULL;
    char *at = text;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (int i = 0; i < 65; i++)
        at += snprintf(at, strlen(pem) + 1, "%s", pem);
    CU_ASSERT_EQUAL(parse(text, &anchors), ISS_USAGE);
    text[64 * strlen(pem)] = '\0';
    CU_ASSERT_EQUAL(parse(text, &anchors), ISS_OK);
    xrml_anchors_free(anchors);
    free(text);
    free(pem);
}

UNIT_MAIN("xrml_anchor", UNIT(names_stand_before_their_keys),
          UNIT(a_certificate_vouches_for_its_principal),
          UNIT(other_files_are_refused), UNIT(more_than_64_are_refused))
