/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/superior.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "unit.h"

static bool is_key(const uint8_t hash[static ISS_HASH_SIZE], int key)
{
    uint8_t wanted[ISS_HASH_SIZE];

    return xrml_key_hash(hierarchy_numbers(key), wanted, NULL) == ISS_OK &&
           memcmp(hash, wanted, sizeof(wanted)) == 0;
}

static void the_pinned_root_comes_back_from_the_journal(void)
{
    struct stores stores;
    struct xrml_chain chain;
    size_t len = 0;
    size_t got_len = 0;
    uint8_t hash[ISS_HASH_SIZE];
    bool known = false;

    answers_new(&stores, ISS_LICENSING);
    char *text = answers_root_chain(&len);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_superior_chain(store, &chain, NULL), ISS_OK);
    CU_ASSERT_EQUAL(chain.count, 4);
    const char *got = xrml_text(chain.documents[0], &got_len);
    CU_ASSERT_EQUAL(strncmp(text, got, got_len), 0);
    CU_ASSERT_EQUAL(iss_superior_key(store, hash, &known, NULL), ISS_OK);
    CU_ASSERT_TRUE(known);
    CU_ASSERT_TRUE(is_key(hash, SLC_KEY));
    xrml_chain_clear(&chain);
    stores_close(&stores, store);
    free(text);
    stores_free(&stores);
}

static void a_root_knows_its_issuer_by_its_certificate(void)
{
    struct stores stores;
    struct xrml_chain chain;
    uint8_t hash[ISS_HASH_SIZE];
    bool known = true;

    answers_new(&stores, ISS_ROOT);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_superior_chain(store, &chain, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(iss_superior_key(store, hash, &known, NULL), ISS_OK);
    CU_ASSERT_FALSE(known);
    stores_close(&stores, store);
    answers_pass(&stores, ISS_ENROLL, 1);
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_superior_key(store, hash, &known, NULL), ISS_OK);
    CU_ASSERT_TRUE(known);
    CU_ASSERT_TRUE(is_key(hash, ESC_KEY));
    stores_close(&stores, store);
    stores_free(&stores);
}

static enum iss_status check(const struct xrml_anchors *anchors,
                             const char *text, int64_t now)
{
    return iss_superior_check(NULL, anchors, text, strlen(text), now, NULL);
}

static void only_a_roots_certificate_in_force_is_a_superior(void)
{
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct xrml_anchors *anchors = hierarchy_anchors(ROOT_KEY);
    struct xrml_anchors *others = hierarchy_anchors(SUB_KEY);
    size_t len = 0;
    char *text = answers_root_chain(&len);
    int64_t end = xrml_time_add_years(HIERARCHY_TIME, 1);

    hierarchy_rows(rows);
    CU_ASSERT_EQUAL(check(anchors, text, HIERARCHY_TIME), ISS_OK);
    CU_ASSERT_EQUAL(check(anchors, text, end - 60), ISS_OK);
    CU_ASSERT_EQUAL(check(anchors, text, end), ISS_CONDITIONS);
    CU_ASSERT_EQUAL(check(anchors, text, HIERARCHY_TIME - 86400),
                    ISS_CONDITIONS);
    CU_ASSERT_EQUAL(check(others, text, HIERARCHY_TIME), ISS_KEY);
    CU_ASSERT_EQUAL(check(anchors, "", HIERARCHY_TIME), ISS_XML);
    /* an Enrollment Service is above a root, a licensing server below one */
    char *at = strstr(text + 1, "<XrML");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_EQUAL(check(anchors, at, HIERARCHY_TIME), ISS_REFUSED);
    char *sub = hierarchy_text(&rows[SUB_ROW]);
    char *all = malloc(strlen(sub) + len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    (void)stpcpy(stpcpy(all, sub), text);
    CU_ASSERT_EQUAL(check(anchors, all, HIERARCHY_TIME), ISS_REFUSED);
    /* its last octet is cut */
    text[len - sizeof("</XrML>")] = '\0';
    CU_ASSERT_EQUAL(check(anchors, text, HIERARCHY_TIME), ISS_XML);
    free(all);
    free(sub);
    free(text);
    xrml_anchors_free(anchors);
    xrml_anchors_free(others);
}

UNIT_MAIN("superior", UNIT(the_pinned_root_comes_back_from_the_journal),
          UNIT(a_root_knows_its_issuer_by_its_certificate),
          UNIT(only_a_roots_certificate_in_force_is_a_superior))
