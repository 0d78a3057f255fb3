/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/checkpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

static void a_clean_close_signs_the_head(void)
{
    struct stores stores;
    struct iss_checkpoint checkpoint;
    struct iss_request request;
    char path[ISS_PATH_MAX];
    size_t len = 0;
    uint64_t size = 0;

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_store_head(store->db, &size, NULL), ISS_OK);
    CU_ASSERT_TRUE(iss_path_join(path, stores.root, "checkpoints"));
    char *text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(iss_checkpoint_read(store, text, len, &checkpoint, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(checkpoint.size, size - 1);
    unsigned missed = 0;
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        missed +=
            iss_checkpoint_read(store, text, len, &checkpoint, NULL) == ISS_OK;
        text[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    free(text);
    stores_close(&stores, store);
    /* nothing was appended: no further one */
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CHECKPOINT),
                    1);
    stores_export(&stores, &request);
    iss_request_clear(&request);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CHECKPOINT),
                    2);
    stores_free(&stores);
}

static void a_checkpoint_of_another_store_is_none_of_this(void)
{
    struct stores stores;
    struct iss_checkpoint checkpoint;
    char path[ISS_PATH_MAX];
    size_t len = 0;

    stores_new(&stores);
    CU_ASSERT_TRUE(iss_path_join(path, stores.authority, "checkpoints"));
    char *text = unit_read_file(path, &len);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_checkpoint_read(store, text, len, &checkpoint, NULL),
                    ISS_JOURNAL);
    free(text);
    stores_close(&stores, store);
    stores_free(&stores);
}

/* A note that was cut short by a crash is closed and passed over. */
static void a_cut_note_does_no_harm(void)
{
    struct stores stores;
    struct iss_log_verdict verdict;
    const struct iss_log_check check = {0};
    char path[ISS_PATH_MAX];
    size_t len = 0;

    stores_new(&stores);
    CU_ASSERT_TRUE(iss_path_join(path, stores.root, "checkpoints"));
    char *text = unit_read_file(path, &len);
    for (size_t cut = 0; cut < len; cut += 50) {
        CU_ASSERT_EQUAL(iss_publish(path, text, cut, ISS_PUBLISH_FORCE, NULL),
                        ISS_OK);
        struct iss *store = stores_open(&stores, stores.root);
        CU_ASSERT_EQUAL(iss_checkpoint_write(store, NULL), ISS_OK);
        CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, &stores.error),
                        ISS_OK);
        stores_close(&stores, store);
    }
    free(text);
    stores_free(&stores);
}

static void a_receipt_finds_its_record(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    struct iss_log_verdict verdict;
    struct iss_log_check check = {0};

    stores_new(&stores);
    stores_export(&stores, &request);
    struct iss_order order = stores_order(&request);
    order.receipt = true;
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_issue(store, &order, &answer, NULL), ISS_OK);
    check.receipt = answer.receipt;
    check.receipt_len = answer.receipt_len;
    CU_ASSERT_EQUAL(iss_log_verify(store, &check, &verdict, NULL), ISS_OK);
    unsigned missed = 0;
    for (size_t i = 0; i < answer.receipt_len; i += 5) {
        answer.receipt[i] ^= 1;
        missed += iss_log_verify(store, &check, &verdict, NULL) == ISS_OK;
        answer.receipt[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_close(&stores, store);
    stores_free(&stores);
}

UNIT_MAIN("checkpoint", UNIT(a_clean_close_signs_the_head),
          UNIT(a_checkpoint_of_another_store_is_none_of_this),
          UNIT(a_cut_note_does_no_harm), UNIT(a_receipt_finds_its_record))
