/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "issuer/journal.h"
#include "stores.h"
#include "unit.h"

static void a_certificate_tells_who_asked_and_which_key_signed(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_answer answer;
    struct iss_origin origin;
    struct iss_key_row key = {0};

    stores_new(&stores);
    stores_export(&stores, &request);
    CU_ASSERT_EQUAL(stores_issue(&stores, &request, &answer), ISS_OK);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_whence(store, answer.body_hash, &origin, NULL), ISS_OK);
    CU_ASSERT_EQUAL(origin.result, answer.record);
    CU_ASSERT_EQUAL(origin.intent, answer.record - 1);
    CU_ASSERT_EQUAL(origin.admit, answer.record - 2);
    CU_ASSERT_EQUAL(origin.time, STORES_NOW);
    CU_ASSERT_STRING_EQUAL(origin.kind, "slc");
    CU_ASSERT_STRING_EQUAL(origin.op, "enroll");
    CU_ASSERT_STRING_EQUAL(origin.proven, "proof");
    CU_ASSERT_STRING_EQUAL(origin.name, "RMS01");
    CU_ASSERT_STRING_EQUAL(origin.url, "https://rms.example/_wmcs");
    CU_ASSERT_STRING_EQUAL(origin.guid, answer.verdict.request.guid);
    CU_ASSERT_STRING_EQUAL(origin.host, "host1");
    CU_ASSERT_STRING_EQUAL(origin.user, "operator");
    CU_ASSERT_EQUAL(iss_store_key_get(store->db, "esc", &key, NULL), ISS_OK);
    CU_ASSERT_STRING_EQUAL(origin.key_uri, key.uri);
    CU_ASSERT_EQUAL(memcmp(origin.issuer, key.hash, ISS_HASH_SIZE), 0);
    iss_key_row_clear(&key);
    stores_close(&stores, store);
    iss_answer_clear(&answer);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* The body hash as xrml.h computes it from the document itself. */
static void an_authority_knows_its_own_certificates(void)
{
    struct stores stores;
    struct xrml_chain chain = {0};
    struct iss_origin origin;
    uint8_t hash[ISS_HASH_SIZE];
    static const char *const kinds[] = {"esc", "eca", "ca"};

    stores_new(&stores);
    struct iss *store = stores_open(&stores, stores.authority);
    CU_ASSERT_EQUAL(iss_chain(store, &chain, NULL), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(chain.count, 3);
    for (size_t i = 0; i < 3; i++) {
        xrml_body_hash(chain.documents[i], hash);
        CU_ASSERT_EQUAL(iss_whence(store, hash, &origin, NULL), ISS_OK);
        CU_ASSERT_STRING_EQUAL(origin.kind, kinds[i]);
        CU_ASSERT_EQUAL(origin.admit, 0);
    }
    xrml_chain_clear(&chain);
    stores_close(&stores, store);
    stores_free(&stores);
}

static void what_was_not_issued_here_has_no_origin(void)
{
    struct stores stores;
    struct xrml_chain chain = {0};
    struct iss_origin origin;
    struct iss_error error = {0};
    uint8_t hash[ISS_HASH_SIZE] = {7};

    stores_new(&stores);
    stores_enroll(&stores);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_whence(store, hash, &origin, &error), ISS_CONFLICT);
    CU_ASSERT_EQUAL(iss_chain(store, &chain, NULL), ISS_OK);
    xrml_body_hash(chain.documents[0], hash);
    memset(&error, 0, sizeof(error));
    CU_ASSERT_EQUAL(iss_whence(store, hash, &origin, &error), ISS_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "own certificate"));
    xrml_chain_clear(&chain);
    stores_close(&stores, store);
    stores_free(&stores);
}

UNIT_MAIN("whence", UNIT(a_certificate_tells_who_asked_and_which_key_signed),
          UNIT(an_authority_knows_its_own_certificates),
          UNIT(what_was_not_issued_here_has_no_origin))
