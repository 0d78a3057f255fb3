/* SPDX-License-Identifier: Apache-2.0 */
/* The SIGNATURE element, octet for octet. */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "issuer/xrml_document.h"
#include "unit.h"

static enum iss_status read(const char *text, struct xrml_signature *out)
{
    return xrml_signature_read(text, strlen(text), out, NULL);
}

static char *known_signature(void)
{
    const char *start = strstr(fixture_known_answer, "<SIGNATURE>");
    return strndup(start, strlen(start) - strlen("</XrML>"));
}

static void both_child_orders_are_read_and_one_is_written(void)
{
    static const char alg[] = "<ALGORITHM>RSA PKCS#1-V1.5</ALGORITHM>";
    char *text = known_signature();
    struct xrml_signature first;
    struct xrml_signature second;
    struct xml_out out = {0};

    CU_ASSERT_EQUAL(read(text, &first), ISS_OK);
    CU_ASSERT_EQUAL(first.digest, XRML_SHA1);
    CU_ASSERT_EQUAL(first.value_len, 128);
    CU_ASSERT_EQUAL(first.hash[0], 0xc8);  /* "yHVD" */
    CU_ASSERT_EQUAL(first.value[0], 0xf0); /* "8Bpb" */
    xrml_signature_write(&out, &first);
    char *written = xml_out_take(&out, NULL);
    CU_ASSERT_STRING_EQUAL(written, text);
    free(written);
    char *at = strstr(text, alg);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memmove(text + 11 + strlen(alg), text + 11, (size_t)(at - text) - 11);
    memcpy(text + 11, alg, strlen(alg));
    CU_ASSERT_EQUAL(read(text, &second), ISS_OK);
    CU_ASSERT_EQUAL(memcmp(first.value, second.value, 128), 0);
    free(text);
}

static void no_octet_may_change(void)
{
    char *text = known_signature();
    size_t len = strlen(text);
    struct xrml_signature known;
    size_t accepted = 0;

    CU_ASSERT_EQUAL(read(text, &known), ISS_OK);
    for (size_t at = 0; at < len; at++)
        for (int value = 1; value < 256; value++) {
            struct xrml_signature other = {0};
            char was = text[at];
            text[at] = (char)value;
            /* Another hash or value is another signature, which fails. */
            accepted += (char)value != was && read(text, &other) == ISS_OK &&
                        memcmp(other.hash, known.hash, 20) == 0 &&
                        memcmp(other.value, known.value, known.value_len) == 0;
            text[at] = was;
        }
    CU_ASSERT_EQUAL(accepted, 0);
    free(text);
}

UNIT_MAIN("xrml_signature", UNIT(both_child_orders_are_read_and_one_is_written),
          UNIT(no_octet_may_change))
