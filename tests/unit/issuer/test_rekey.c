/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/rekey.h"

#include <stdio.h>
#include <string.h>

#include "answers.h"
#include "issuer/journal.h"
#include "unit.h"

enum { DAY = 86400 };

static enum iss_status ask_for(struct stores *stores, enum iss_op op,
                               unsigned bits, struct iss_request *request)
{
    struct iss *store = stores_open(stores, stores->root);

    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_export_with(
        store,
        &(struct iss_asking){
            .op = op, .bits = bits, .make = stores_make, .arg = stores},
        request, &stores->error);
    struct iss_error closing = {.status = ISS_OK};
    CU_ASSERT_EQUAL(iss_close(store, &closing), ISS_OK);
    return status;
}

static enum iss_status ask(struct stores *stores, enum iss_op op,
                           struct iss_request *request)
{
    return ask_for(stores, op, 0, request);
}

static enum iss_state state_of(struct stores *stores)
{
    struct iss_info info;
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL_FATAL(iss_info(store, &info, NULL), ISS_OK);
    stores_close(stores, store);
    return info.state;
}

static void abandon(struct stores *stores)
{
    struct iss *store = stores_open(stores, stores->root);

    CU_ASSERT_EQUAL(iss_abandon(store, NULL), ISS_OK);
    stores_close(stores, store);
}

static size_t bits_of(const struct iss_request *request)
{
    struct enroll_request fields;

    CU_ASSERT_EQUAL_FATAL(
        enroll_request_parse(request->text, request->len, &fields, NULL),
        ISS_OK);
    return fields.key.modulus_len * 8;
}

/* Its request may have been answered: the issuer then knows the new key alone.
 */
static void an_abandoned_rekey_keeps_its_pair(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request second;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &first), ISS_OK);
    CU_ASSERT_EQUAL(stores.made, 3);
    abandon(&stores);
    /* what is left is the server as it was */
    answers_pass(&stores, ISS_RENEW, 2);
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &second), ISS_OK);
    CU_ASSERT_EQUAL(stores.made, 3);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_STRING_NOT_EQUAL(first.proof, second.proof);
    answers_verify(&stores);
    iss_request_clear(&first);
    iss_request_clear(&second);
    stores_free(&stores);
}

static void a_rekey_may_be_to_another_size(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    CU_ASSERT_EQUAL(ask_for(&stores, ISS_REKEY, 1024, &request), ISS_USAGE);
    /* planned with another size, and not made */
    stores.fail_after = 0;
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_TOKEN);
    stores.fail_after = -1;
    CU_ASSERT_EQUAL(ask_for(&stores, ISS_REKEY, 3072, &request), ISS_OK);
    CU_ASSERT_EQUAL(bits_of(&request), 3072);
    iss_request_clear(&request);
    /* what is pending is given again, or is in the way */
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_OK);
    CU_ASSERT_TRUE(request.again);
    iss_request_clear(&request);
    CU_ASSERT_EQUAL(ask_for(&stores, ISS_REKEY, 2048, &request), ISS_PENDING);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "RSA-3072"));
    /* it was given out, so that it may have been answered: given up or
     * expired, it stays the pair to come */
    abandon(&stores);
    CU_ASSERT_EQUAL(ask_for(&stores, ISS_REKEY, 2048, &request), ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "RSA-3072"));
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_OK);
    CU_ASSERT_EQUAL(bits_of(&request), 3072);
    iss_request_clear(&request);
    answers_pass(&stores, ISS_REKEY, 2);
    /* the next is as large as the present one, not as the first */
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_OK);
    CU_ASSERT_EQUAL(bits_of(&request), 3072);
    iss_request_clear(&request);
    answers_verify(&stores);
    stores_free(&stores);
}

/* The old key is away when it is to sign: the pair is there, and nobody has
 * heard of it. */
static void a_pair_that_nobody_knows_may_be_of_another_size(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_key_row row;
    char away[ISS_PATH_MAX + 8];

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL_FATAL(iss_store_key_get(store->db, "licensor", &row, NULL),
                          ISS_OK);
    const char *path = row.uri + sizeof("file:") - 1;
    (void)snprintf(away, sizeof(away), "%s.away", path);
    CU_ASSERT_EQUAL(rename(path, away), 0);
    const struct iss_asking asking = {
        .op = ISS_REKEY, .make = stores_make, .arg = &stores};
    CU_ASSERT_EQUAL(iss_export_with(store, &asking, &request, NULL), ISS_TOKEN);
    CU_ASSERT_EQUAL(rename(away, path), 0);
    iss_free(store);
    iss_key_row_clear(&row);
    CU_ASSERT_EQUAL(ask_for(&stores, ISS_REKEY, 3072, &request), ISS_OK);
    CU_ASSERT_EQUAL(bits_of(&request), 3072);
    iss_request_clear(&request);
    answers_verify(&stores);
    stores_free(&stores);
}

/* The token fails while the pair is made: the same pair is made later. */
static void an_interrupted_rekey_is_taken_up_again(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    unsigned planned = stores_records(&stores, stores.root, ISS_REC_KEYGEN);
    stores.fail_after = 0;
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_TOKEN);
    CU_ASSERT_EQUAL(state_of(&stores), ISS_ENROLLED);
    stores.fail_after = -1;
    CU_ASSERT_EQUAL(ask(&stores, ISS_REKEY, &request), ISS_OK);
    iss_request_clear(&request);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_KEYGEN),
                    planned + 1);
    CU_ASSERT_EQUAL(stores.made, 3);
    stores_free(&stores);
}

UNIT_MAIN("rekey", UNIT(an_abandoned_rekey_keeps_its_pair),
          UNIT(a_rekey_may_be_to_another_size),
          UNIT(a_pair_that_nobody_knows_may_be_of_another_size),
          UNIT(an_interrupted_rekey_is_taken_up_again))
