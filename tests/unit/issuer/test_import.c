/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "stores.h"
#include "unit.h"

static enum iss_status look(struct stores *stores, const char *text, size_t len)
{
    struct iss_import import;
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status =
        iss_import_check(store, text, len, &import, &stores->error);
    iss_import_clear(&import);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    return status;
}

static void answer_request(struct stores *stores, struct iss_answer *answer)
{
    struct iss_request request;

    stores_new(stores);
    stores_export(stores, &request);
    CU_ASSERT_EQUAL_FATAL(stores_issue(stores, &request, answer), ISS_OK);
    iss_request_clear(&request);
}

static void the_same_response_twice_changes_nothing(void)
{
    struct stores stores;
    struct iss_answer answer;
    struct iss_import import;
    struct iss_info info;

    answer_request(&stores, &answer);
    for (int i = 0; i < 2; i++) {
        struct iss *store = stores_open(&stores, stores.root);
        CU_ASSERT_EQUAL(iss_import_check(store, answer.response,
                                         answer.response_len, &import, NULL),
                        ISS_OK);
        CU_ASSERT_EQUAL(import.again, i == 1);
        CU_ASSERT_STRING_EQUAL(import.anchor_name,
                               "Example EA Production Root");
        CU_ASSERT_STRING_EQUAL(import.words, answer.words);
        CU_ASSERT_EQUAL(import.after.until, answer.range.until);
        CU_ASSERT_EQUAL(iss_import_take(store, &import, 0, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
        CU_ASSERT_EQUAL(info.state, ISS_ENROLLED);
        CU_ASSERT_EQUAL(info.generation, 1);
        iss_import_clear(&import);
        stores_close(&stores, store);
    }
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_IMPORT), 1);
    /* a year and a day later */
    stores.now += 366 * 86400;
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.state, ISS_SLC_EXPIRED);
    stores_close(&stores, store);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

static void a_response_that_was_not_asked_for_is_refused(void)
{
    struct stores stores;
    struct stores other;
    struct iss_answer answer;
    struct iss_answer foreign;

    answer_request(&stores, &answer);
    /* the same pairs serve both: only the anchors, GUIDs and names differ */
    stores_bare(&other);
    other.made = 7;
    struct iss_init asked = stores_authority(&other);
    stores_init(&other, &asked);
    char path[ISS_PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/anchors.pem", other.authority);
    other.anchors = unit_read_file(path, &other.anchors_len);
    asked = stores_root(&other);
    stores_init(&other, &asked);
    struct iss_request request;
    stores_export(&other, &request);
    CU_ASSERT_EQUAL(stores_issue(&other, &request, &foreign), ISS_OK);
    CU_ASSERT_EQUAL(look(&stores, foreign.response, foreign.response_len),
                    ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "another key"));
    iss_request_clear(&request);
    iss_answer_clear(&foreign);
    stores_free(&other);

    /* abandoned meanwhile: nothing is pending */
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(look(&stores, answer.response, answer.response_len),
                    ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "no request is pending"));
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY), 2);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

static void any_changed_octet_of_a_response_is_refused(void)
{
    enum { STRIDE = 61 };
    struct stores stores;
    struct iss_answer answer;
    unsigned missed = 0;

    answer_request(&stores, &answer);
    struct iss *store = stores_open(&stores, stores.root);
    for (size_t i = 0; i < answer.response_len; i += STRIDE) {
        struct iss_import import;

        answer.response[i] ^= 1;
        enum iss_status status = iss_import_check(
            store, answer.response, answer.response_len, &import, NULL);
        missed += status != ISS_MALFORMED && status != ISS_CONFLICT &&
                  (status < ISS_XML || status > ISS_KEY);
        iss_import_clear(&import);
        answer.response[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(look(&stores, answer.response, answer.response_len),
                    ISS_OK);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

static void a_foreign_anchor_vouches_for_nothing(void)
{
    struct stores stores;
    struct iss_answer answer;
    struct iss_import import;
    char path[ISS_PATH_MAX + 16];

    answer_request(&stores, &answer);
    /* the anchor's first character of the key's numbers changes */
    (void)snprintf(path, sizeof(path), "%s/anchors.pem", stores.root);
    char *at = strstr(stores.anchors, "AQ8AMIIBCgKCAQEA");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    at[20] = at[20] == 'A' ? 'B' : 'A';
    CU_ASSERT_EQUAL(iss_publish(path, stores.anchors, stores.anchors_len,
                                ISS_PUBLISH_FORCE, NULL),
                    ISS_OK);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, answer.response,
                                     answer.response_len, &import, NULL),
                    ISS_KEY);
    iss_import_clear(&import);
    stores_close(&stores, store);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

static void a_certificate_that_has_ended_is_not_taken(void)
{
    struct stores stores;
    struct iss_answer answer;

    answer_request(&stores, &answer);
    stores.now += 366 * 86400;
    CU_ASSERT_EQUAL(look(&stores, answer.response, answer.response_len),
                    ISS_CONDITIONS);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

static void an_older_response_does_not_come_back(void)
{
    struct stores stores;
    struct iss_answer answer;
    struct iss_import import;
    struct iss_request request = {0};

    answer_request(&stores, &answer);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, answer.response,
                                     answer.response_len, &import, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_import_take(store, &import, 0, NULL), ISS_OK);
    iss_import_clear(&import);
    stores_close(&stores, store);
    stores.now += 86400;
    stores_enroll(&stores);
    stores_export(&stores, &request);
    store = stores_open(&stores, stores.root);
    memset(&stores.error, 0, sizeof(stores.error));
    CU_ASSERT_EQUAL(iss_import_check(store, answer.response,
                                     answer.response_len, &import,
                                     &stores.error),
                    ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "generation 1"));
    iss_import_clear(&import);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY), 1);
    iss_request_clear(&request);
    iss_answer_clear(&answer);
    stores_free(&stores);
}

UNIT_MAIN("import", UNIT(the_same_response_twice_changes_nothing),
          UNIT(a_response_that_was_not_asked_for_is_refused),
          UNIT(any_changed_octet_of_a_response_is_refused),
          UNIT(a_foreign_anchor_vouches_for_nothing),
          UNIT(a_certificate_that_has_ended_is_not_taken),
          UNIT(an_older_response_does_not_come_back))
