/* SPDX-License-Identifier: Apache-2.0 */
/* Documents through the library's header. */
#include <stdlib.h>
#include <string.h>

#include "privyseal.h"
#include "tests/unit/issuer/fixture.h"
#include "tests/unit/issuer/hierarchy.h"
#include "unit.h"

static privyseal_chain *read_text(const char *text)
{
    privyseal *context = privyseal_new(NULL);
    privyseal_chain *chain = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL_FATAL(
        privyseal_chain_read(context, text, strlen(text), &chain), 0);
    privyseal_free(context);
    return chain;
}

static void check_field(const privyseal_chain *chain, const char *name,
                        const char *expected)
{
    const char *text = privyseal_chain_field(chain, 0, name);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

/* The values stand in the document itself. */
static void fields_have_names(void)
{
    privyseal_chain *chain = read_text(fixture_known_answer);

    CU_ASSERT_EQUAL(privyseal_chain_count(chain), 1);
    check_field(chain, "type", "server licensor certificate");
    check_field(chain, "guid", "{11111111-2222-3333-4444-555555555555}");
    check_field(chain, "issued", "2004-01-02T03:04Z");
    check_field(chain, "from", "2004-01-02T03:04Z");
    check_field(chain, "until", "2005-01-02T03:04Z");
    check_field(chain, "issuer", "Test Enrollment Service");
    check_field(chain, "issuer-id", "{aaaaaaaa-0000-0000-0000-000000000001}");
    check_field(chain, "id", "{bbbbbbbb-0000-0000-0000-000000000002}");
    check_field(chain, "url", "http://rms.example.test/_wmcs");
    check_field(chain, "server-version", "1.0.3246.0");
    CU_ASSERT_EQUAL(strlen(privyseal_chain_field(chain, 0, "key")), 64);
    CU_ASSERT_EQUAL(strlen(privyseal_chain_field(chain, 0, "hash")), 64);
    CU_ASSERT_PTR_NULL(privyseal_chain_field(chain, 0, "name"));
    CU_ASSERT_PTR_NULL(privyseal_chain_field(chain, 0, "owner"));
    CU_ASSERT_PTR_NULL(privyseal_chain_field(chain, 0, "colour"));
    CU_ASSERT_PTR_NULL(privyseal_chain_field(chain, 1, "type"));
    CU_ASSERT_EQUAL(privyseal_chain_rights(chain, 0), 1);
    CU_ASSERT_STRING_EQUAL(privyseal_chain_right(chain, 0, 0, NULL), "ISSUE");
    CU_ASSERT_PTR_NULL(privyseal_chain_right(chain, 0, 1, NULL));
    privyseal_chain_free(chain);
}

static void a_document_is_given_as_it_came(void)
{
    privyseal_chain *chain = read_text(fixture_known_answer);
    size_t len = 0;
    const char *text = privyseal_chain_text(chain, 0, &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(len, strlen(fixture_known_answer));
    CU_ASSERT_EQUAL(memcmp(text, fixture_known_answer, len), 0);
    CU_ASSERT_PTR_NULL(privyseal_chain_text(chain, 1, &len));
    CU_ASSERT_EQUAL(len, 0);
    privyseal_chain_free(chain);
}

static void what_is_no_document_is_told(void)
{
    static const char *const texts[] = {"", "<", "<XrML>", "privyseal",
                                        "<XrML version=\"1.2\"/>"};
    privyseal *context = privyseal_new(NULL);
    privyseal_chain *chain = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_STRING_EQUAL(privyseal_message(context), "");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CU_ASSERT_EQUAL(
            privyseal_chain_read(context, texts[i], strlen(texts[i]), &chain),
            20);
        CU_ASSERT_PTR_NULL(chain);
        CU_ASSERT_NOT_EQUAL(privyseal_message(context)[0], '\0');
    }
    privyseal_chain_free(NULL);
    privyseal_free(context);
}

static void a_chain_keeps_its_order(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    privyseal_chain *chain = NULL;
    char *leaf = NULL, *above = NULL, *text = NULL;

    hierarchy_rows(rows);
    leaf = hierarchy_text(&rows[SLC_ROW]);
    above = hierarchy_text(&rows[ESC_ROW]);
    text = malloc(strlen(leaf) + strlen(above) + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    (void)memcpy(text, leaf, strlen(leaf));
    (void)memcpy(text + strlen(leaf), above, strlen(above) + 1);
    chain = read_text(text);
    CU_ASSERT_EQUAL(privyseal_chain_count(chain), 2);
    CU_ASSERT_STRING_EQUAL(privyseal_chain_field(chain, 0, "issuer-key"),
                           privyseal_chain_field(chain, 1, "key"));
    privyseal_chain_free(chain);
    free(leaf);
    free(above);
    free(text);
}

UNIT_MAIN("capi chain", UNIT(fields_have_names),
          UNIT(a_document_is_given_as_it_came),
          UNIT(what_is_no_document_is_told), UNIT(a_chain_keeps_its_order))
