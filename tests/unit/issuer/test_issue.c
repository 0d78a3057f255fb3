/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/journal.h"
#include "issuer/publish.h"
#include "unit.h"

static void the_same_request_gets_the_same_octets(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer first;
    struct iss_answer second;

    stores_new(&stores);
    stores_export(&stores, &request);
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &first), ISS_OK);
    CU_ASSERT_FALSE(first.again);
    stores.now += 1000000;
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &second), ISS_OK);
    CU_ASSERT_TRUE(second.again);
    CU_ASSERT_STRING_EQUAL(first.response, second.response);
    CU_ASSERT_STRING_EQUAL(first.words, second.words);
    CU_ASSERT_EQUAL(first.record, second.record);
    /* four keys and the audit key tested, three documents, one certificate */
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RESULT),
                    5 + 3 + 1);
    iss_answer_clear(&first);
    iss_answer_clear(&second);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* A key that is there but cannot sign: as a token that goes away between the
 * INTENT and the signature. */
static EVP_PKEY *public_half(struct stores *stores, struct iss *store)
{
    struct enroll_key numbers;
    uint8_t *spki = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        iss_handle_public(store, ISS_KEY_ESC, &numbers, &stores->error),
        ISS_OK);
    const struct xrml_key view = iss_key_view(&numbers);
    CU_ASSERT_EQUAL_FATAL(xrml_key_spki(&view, &spki, &len, NULL), ISS_OK);
    const uint8_t *at = spki;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);
    free(spki);
    return key;
}

static void an_interrupted_issuance_is_finished_with_its_own_octets(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    struct iss_info info;

    stores_new(&stores);
    stores_export(&stores, &request);
    struct iss_order order = stores_order(&request);
    struct iss *store = stores_open(&stores, stores.authority);
    store->keys[ISS_KEY_ESC] = public_half(&stores, store);
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, &stores.error),
                    ISS_TOKEN);
    CU_ASSERT_PTR_NULL(answer.response);
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(iss_info(store, &info, NULL), ISS_OK);
    CU_ASSERT_EQUAL(info.unfinished, 1);
    CU_ASSERT_EQUAL(iss_preview(store, &order, &answer, NULL), ISS_OK);
    char *promised = strdup(answer.body);
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    /* the next that opens the store records it, once */
    stores_close(&stores, stores_open(&stores, stores.authority));
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RECOVER),
                    1);
    stores.now += 100000;
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    CU_ASSERT_STRING_EQUAL(answer.body, promised);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RESULT),
                    9);
    iss_answer_clear(&answer);
    free(promised);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_signature_of_another_key_is_never_handed_out(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;

    stores_new(&stores);
    stores_export(&stores, &request);
    struct iss_order order = stores_order(&request);
    struct iss *store = stores_open(&stores, stores.authority);
    EVP_PKEY *other = NULL;
    struct enroll_key numbers;
    CU_ASSERT_EQUAL(iss_handle_key(store, ISS_KEY_ECA, &other, &numbers, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(EVP_PKEY_up_ref(other), 1);
    store->keys[ISS_KEY_ESC] = other;
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, &stores.error),
                    ISS_TOKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "does not verify"));
    CU_ASSERT_PTR_NULL(answer.response);
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RESULT),
                    8);
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

enum { RACERS = 8 };

static void many_processes_make_one_certificate(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    pid_t children[RACERS];
    char path[ISS_PATH_MAX];

    stores_new(&stores);
    stores_export(&stores, &request);
    for (int i = 0; i < RACERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)snprintf(path, sizeof(path), "%s/%d", stores.dir, i);
            if (stores_issue(&stores, &request, &answer) != ISS_OK)
                _exit(1);
            _exit((int)iss_publish(path, answer.response, answer.response_len,
                                   0, NULL));
        }
    }
    for (int i = 0; i < RACERS; i++) {
        int result = -1;
        CU_ASSERT_EQUAL(waitpid(children[i], &result, 0), children[i]);
        CU_ASSERT_EQUAL(result, 0);
    }
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    for (int i = 0; i < RACERS; i++) {
        size_t len = 0;
        (void)snprintf(path, sizeof(path), "%s/%d", stores.dir, i);
        char *text = unit_read_file(path, &len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_STRING_EQUAL(text, answer.response);
        free(text);
    }
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_RESULT),
                    9);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_INTENT),
                    9);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void without_proof_the_operator_vouches(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;

    stores_new(&stores);
    stores_export(&stores, &request);
    struct iss_order order = stores_order(&request);
    order.proof = NULL;
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, NULL), ISS_REFUSED);
    iss_answer_clear(&answer);
    order.without_proof = true;
    order.receipt = true;
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, NULL), ISS_OK);
    CU_ASSERT_EQUAL(strncmp(answer.receipt, "privyseal-receipt 1\nstore {", 27),
                    0);
    iss_answer_clear(&answer);
    stores_close(&stores, store);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void nothing_is_issued_by_a_clock_that_runs_behind(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;

    stores_new(&stores);
    stores_export(&stores, &request);
    stores.now -= 301;
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_CLOCK);
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_CLOCK),
                    1);
    stores.now += 1;
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_certificate_does_not_outlive_its_issuers(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;

    stores_new(&stores);
    stores_export(&stores, &request);
    struct iss_order order = stores_order(&request);
    struct iss *store = stores_open(&stores, stores.authority);
    order.days = 16 * 366;
    CU_ASSERT_EQUAL(iss_preview(store, &order, &answer, &stores.error),
                    ISS_REFUSED);
    iss_answer_clear(&answer);
    order.days = 10;
    CU_ASSERT_EQUAL(iss_preview(store, &order, &answer, &stores.error), ISS_OK);
    CU_ASSERT_EQUAL(answer.range.until - answer.range.from, 10 * 86400);
    CU_ASSERT_PTR_NULL(answer.response);
    iss_answer_clear(&answer);
    stores_close(&stores, store);
    /* looking changes nothing */
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_ADMIT),
                    0);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* A store whose files may not grow by another octet signs nothing. */
static void a_full_disk_is_met_before_the_signature(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    int result = -1;

    stores_new(&stores);
    stores_export(&stores, &request);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {0, 0};
        struct iss *store = stores_open(&stores, stores.authority);
        const struct iss_order order = stores_order(&request);

        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(1);
        _exit((int)iss_issue(store, &order, &answer, NULL));
    }
    CU_ASSERT_EQUAL(waitpid(child, &result, 0), child);
    CU_ASSERT_EQUAL(WEXITSTATUS(result), ISS_STORE);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_INTENT),
                    8);
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void who_has_no_office_signs_no_servers(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;

    stores_new(&stores);
    stores_export(&stores, &request);
    const struct iss_order order = stores_order(&request);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, NULL), ISS_NOT_ENROLLED);
    iss_answer_clear(&answer);
    store->role = ISS_LICENSING;
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, NULL), ISS_REFUSED);
    iss_answer_clear(&answer);
    store->role = ISS_ROOT;
    stores_close(&stores, store);
    iss_request_clear(&request);
    stores_free(&stores);
}

UNIT_MAIN("issue", UNIT(the_same_request_gets_the_same_octets),
          UNIT(an_interrupted_issuance_is_finished_with_its_own_octets),
          UNIT(a_signature_of_another_key_is_never_handed_out),
          UNIT(many_processes_make_one_certificate),
          UNIT(without_proof_the_operator_vouches),
          UNIT(nothing_is_issued_by_a_clock_that_runs_behind),
          UNIT(a_certificate_does_not_outlive_its_issuers),
          UNIT(a_full_disk_is_met_before_the_signature),
          UNIT(who_has_no_office_signs_no_servers))
