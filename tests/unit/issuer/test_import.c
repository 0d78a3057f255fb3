/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "issuer/journal.h"
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

/* ---- renewals ------------------------------------------------------------ */

static char *answer(struct stores *stores, const struct iss_request *request,
                    unsigned n, size_t *len)
{
    struct answers answers;

    answers_begin(stores, request, n, &answers);
    return answers_print(&answers, len);
}

static void current(struct stores *stores, struct iss_info *info,
                    struct iss_slc_row *slc)
{
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL_FATAL(iss_info(store, info, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_store_slc_get(store->db, slc, NULL), ISS_OK);
    stores_close(stores, store);
}

/* R63: what is in force is in force until the new one is taken. */
static void a_renewal_switches_when_it_is_taken(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_import import;
    struct iss_info info;
    struct iss_slc_row before;
    struct iss_slc_row after;
    uint64_t generation = 0;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    stores.now += 300 * (int64_t)86400;
    answers_export(&stores, ISS_RENEW, &request);
    char *text = answer(&stores, &request, 2, &len);
    current(&stores, &info, &before);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, text, len, &import, NULL), ISS_OK);
    CU_ASSERT_TRUE(import.renewal);
    CU_ASSERT_FALSE(import.again);
    CU_ASSERT_EQUAL(import.generation, 2);
    CU_ASSERT_EQUAL(import.change_count, 0);
    CU_ASSERT_EQUAL(import.before.until, info.slc.until);
    CU_ASSERT_EQUAL(import.after.until, xrml_time_add_years(stores.now, 1));
    CU_ASSERT_EQUAL(memcmp(import.before_hash, before.body_hash, 32), 0);
    stores_close(&stores, store);
    current(&stores, &info, &after);
    CU_ASSERT_EQUAL(info.state, ISS_RENEWAL_PENDING);
    CU_ASSERT_EQUAL(memcmp(after.body_hash, before.body_hash, 32), 0);
    iss_slc_row_clear(&after);
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_take(store, &import, 0, NULL), ISS_OK);
    /* the old one is kept */
    CU_ASSERT_EQUAL(
        iss_store_slc_by_hash(store->db, before.body_hash, &generation, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(generation, 1);
    stores_close(&stores, store);
    current(&stores, &info, &after);
    CU_ASSERT_EQUAL(info.state, ISS_ENROLLED);
    CU_ASSERT_EQUAL(info.generation, 2);
    CU_ASSERT_EQUAL(info.slc.until, import.after.until);
    CU_ASSERT_EQUAL(memcmp(after.body_hash, import.body_hash, 32), 0);
    iss_slc_row_clear(&before);
    iss_slc_row_clear(&after);
    iss_import_clear(&import);
    iss_request_clear(&request);
    free(text);
    stores_free(&stores);
}

/* The file lies there still when its certificate has ended, which a timer must
 * not stumble over. */
static void the_last_response_is_known_even_when_it_has_ended(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_import import;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_export(&stores, ISS_ENROLL, &request);
    char *text = answer(&stores, &request, 1, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_OK);
    stores.now += 400 * (int64_t)86400;
    iss_request_clear(&request);
    answers_export(&stores, ISS_RENEW, &request);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, text, len, &import, NULL), ISS_OK);
    CU_ASSERT_TRUE(import.again);
    CU_ASSERT_EQUAL(iss_import_take(store, &import, 0, NULL), ISS_OK);
    iss_import_clear(&import);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_IMPORT), 1);
    /* and the renewal is pending still */
    store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    stores_close(&stores, store);
    iss_request_clear(&request);
    free(text);
    stores_free(&stores);
}

static void what_is_for_somebody_else_is_a_conflict(void)
{
    static const char *const parts[] = {"another key", "another GUID",
                                        "another URL", "another name"};
    struct stores stores;
    struct iss_request request;
    struct answers answers;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_RENEW, &request);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        answers_begin(&stores, &request, 2, &answers);
        struct xrml_certificate *fields = &answers.leaf->fields;
        if (i == 0)
            fields->principal_key = *hierarchy_numbers(SUB_KEY);
        if (i == 1)
            fields->principal.id = "{00000000-0000-4000-8000-000000000099}";
        if (i == 2)
            fields->principal.address = "https://other.example/_wmcs";
        if (i == 3)
            fields->principal.name = "RMS02";
        char *text = answers_print(&answers, &len);
        CU_ASSERT_EQUAL(answers_import(&stores, text, len, ISS_ACCEPT_CHANGE),
                        ISS_CONFLICT);
        CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, parts[i]));
        free(text);
    }
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY), 4);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_IMPORT), 1);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_change_is_taken_with_consent_only(void)
{
    struct stores stores;
    struct iss_request request;
    struct answers answers;
    struct iss_import import;
    struct iss_info info;
    struct iss_slc_row slc;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_RENEW, &request);
    /* the Enrollment Service has another GUID */
    answers_begin(&stores, &request, 2, &answers);
    answers.leaf->fields.issuer.id = "{00000000-0000-0000-0000-0000000000ee}";
    answers.rows[ESC_ROW].fields.principal.id =
        "{00000000-0000-0000-0000-0000000000ee}";
    char *text = answers_print(&answers, &len);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, text, len, &import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import.change_count, 1);
    CU_ASSERT_STRING_EQUAL(import.changes[0].what, "issuer");
    iss_import_clear(&import);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_NOT_CONFIRMED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "issuer"));
    current(&stores, &info, &slc);
    iss_slc_row_clear(&slc);
    CU_ASSERT_EQUAL(info.generation, 1);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, ISS_ACCEPT_CHANGE),
                    ISS_OK);
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_shorter_validity_is_shown_and_taken(void)
{
    struct stores stores;
    struct iss_request request;
    struct answers answers;
    struct iss_import import;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_RENEW, &request);
    answers_begin(&stores, &request, 2, &answers);
    answers.leaf->fields.range.until = stores.now + 86400;
    char *text = answers_print(&answers, &len);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_import_check(store, text, len, &import, NULL), ISS_OK);
    CU_ASSERT_EQUAL(import.change_count, 1);
    CU_ASSERT_STRING_EQUAL(import.changes[0].what, "validity");
    CU_ASSERT_EQUAL(iss_import_take(store, &import, 0, NULL), ISS_OK);
    iss_import_clear(&import);
    stores_close(&stores, store);
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* ---- re-keys ---------------------------------------------------------------
 */

static void signing_key(struct stores *stores, struct enroll_key *numbers)
{
    EVP_PKEY *key = NULL;
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL(
        iss_handle_key(store, ISS_KEY_LICENSOR, &key, numbers, NULL), ISS_OK);
    stores_close(stores, store);
}

static void the_new_key_signs_when_its_certificate_is_taken(void)
{
    struct stores stores;
    struct iss_request request;
    struct enroll_request asked;
    struct enroll_key old;
    struct enroll_key present;
    struct iss_key_row row;
    uint8_t hash[ISS_HASH_SIZE];
    EVP_PKEY *key = NULL;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    signing_key(&stores, &old);
    answers_export(&stores, ISS_REKEY, &request);
    CU_ASSERT_EQUAL(
        enroll_request_parse(request.text, request.len, &asked, NULL), ISS_OK);
    signing_key(&stores, &present);
    CU_ASSERT_TRUE(iss_key_same(&old, &present));
    char *text = answer(&stores, &request, 2, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_NOT_CONFIRMED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "key"));
    /* one handle all along sees the switch that another one makes */
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(
        iss_handle_key(store, ISS_KEY_LICENSOR, &key, &present, NULL), ISS_OK);
    CU_ASSERT_TRUE(iss_key_same(&old, &present));
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, ISS_ACCEPT_CHANGE),
                    ISS_OK);
    CU_ASSERT_EQUAL(
        iss_handle_key(store, ISS_KEY_LICENSOR, &key, &present, NULL), ISS_OK);
    CU_ASSERT_TRUE(iss_key_same(&asked.key, &present));
    /* the old pair stays: what was sealed to it is opened with it */
    CU_ASSERT_EQUAL(iss_key_hash(&old, hash, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_store_key_by_hash(store->db, hash, &row, NULL), ISS_OK);
    CU_ASSERT_NOT_EQUAL(row.seq, 0);
    CU_ASSERT_STRING_EQUAL(row.purpose, "licensor-old");
    iss_key_row_clear(&row);
    stores_close(&stores, store);
    /* from now on it renews, and the next pair is another one */
    answers_pass(&stores, ISS_RENEW, 3);
    signing_key(&stores, &present);
    CU_ASSERT_TRUE(iss_key_same(&asked.key, &present));
    answers_pass(&stores, ISS_REKEY, 4);
    CU_ASSERT_EQUAL(stores.made, 4);
    answers_verify(&stores);
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* An answer to the re-key that was given up, with the key that it had. */
static void an_abandoned_rekey_is_not_taken_later(void)
{
    struct stores stores;
    struct iss_request rekey;
    struct iss_request renewal;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_REKEY, &rekey);
    char *text = answer(&stores, &rekey, 2, &len);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, ISS_ACCEPT_CHANGE),
                    ISS_CONFLICT);
    answers_export(&stores, ISS_RENEW, &renewal);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, ISS_ACCEPT_CHANGE),
                    ISS_CONFLICT);
    free(text);
    iss_request_clear(&rekey);
    iss_request_clear(&renewal);
    stores_free(&stores);
}

/* ---- licensing servers -----------------------------------------------------
 */

static void a_licensing_server_is_taken_through_its_root_only(void)
{
    struct stores stores;
    struct iss_request request;
    struct answers answers;
    size_t len = 0;

    answers_new(&stores, ISS_LICENSING);
    answers_export(&stores, ISS_SUB_ENROLL, &request);
    /* by another root of the same authority */
    answers_begin(&stores, &request, 1, &answers);
    answers.rows[SLC_ROW].fields.principal.id =
        "{00000000-0000-0000-0000-000000000055}";
    answers.leaf->fields.issuer.id = "{00000000-0000-0000-0000-000000000055}";
    char *text = answers_print(&answers, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_SEMANTICS);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "set up with"));
    free(text);
    /* by the authority itself, as if it were a root */
    answers_begin(&stores, &request, 2, &answers);
    answers.leaf = &answers.rows[SLC_ROW];
    answers.leaf->fields = answers.rows[SUB_ROW].fields;
    answers.leaf->fields.issuer = answers.rows[ESC_ROW].fields.principal;
    text = answers_print(&answers, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_SEMANTICS);
    free(text);
    /* by the root, whose key is another one by now */
    answers_begin(&stores, &request, 3, &answers);
    answers.rows[SLC_ROW].subject = SUB_KEY;
    answers.leaf->issuer = SUB_KEY;
    text = answers_print(&answers, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_OK);
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* A root does not become a licensing server by what it is sent. */
static void a_root_takes_no_sub_enrollment(void)
{
    struct stores stores;
    struct iss_request request;
    struct answers answers;
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_export(&stores, ISS_ENROLL, &request);
    answers_begin(&stores, &request, 1, &answers);
    const struct xrml_certificate leaf = answers.rows[SLC_ROW].fields;
    struct hierarchy_row *sub = &answers.rows[SUB_ROW];
    hierarchy_rows(answers.rows);
    const struct xrml_object issuer = sub->fields.issuer;
    sub->fields = leaf;
    sub->fields.issuer = issuer;
    answers.leaf = sub;
    char *text = answers_print(&answers, &len);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_SEMANTICS);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "Enrollment Service"));
    free(text);
    iss_request_clear(&request);
    stores_free(&stores);
}

UNIT_MAIN("import", UNIT(the_same_response_twice_changes_nothing),
          UNIT(a_response_that_was_not_asked_for_is_refused),
          UNIT(any_changed_octet_of_a_response_is_refused),
          UNIT(a_foreign_anchor_vouches_for_nothing),
          UNIT(a_certificate_that_has_ended_is_not_taken),
          UNIT(an_older_response_does_not_come_back),
          UNIT(a_renewal_switches_when_it_is_taken),
          UNIT(the_last_response_is_known_even_when_it_has_ended),
          UNIT(what_is_for_somebody_else_is_a_conflict),
          UNIT(a_change_is_taken_with_consent_only),
          UNIT(a_shorter_validity_is_shown_and_taken),
          UNIT(the_new_key_signs_when_its_certificate_is_taken),
          UNIT(an_abandoned_rekey_is_not_taken_later),
          UNIT(a_licensing_server_is_taken_through_its_root_only),
          UNIT(a_root_takes_no_sub_enrollment))
