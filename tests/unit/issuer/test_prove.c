/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "issuer/issue.h"
#include "issuer/journal.h"
#include "unit.h"

enum { DAY = 86400 };

static struct iss_pop *parse(const struct iss_request *request)
{
    struct iss_pop *pop = calloc(1, sizeof(*pop));

    CU_ASSERT_EQUAL_FATAL(
        iss_pop_parse(request->proof, request->proof_len, pop, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(iss_pop_sig_fault(NULL, request->proof, pop));
    return pop;
}

static bool is_for(const struct iss_pop *pop, size_t n, int key)
{
    uint8_t hash[ISS_HASH_SIZE];

    return n < pop->issuer_count &&
           xrml_key_hash(hierarchy_numbers(key), hash, NULL) == ISS_OK &&
           memcmp(pop->issuers[n], hash, sizeof(hash)) == 0;
}

static void key_of_request(const struct iss_request *request,
                           struct enroll_key *key)
{
    struct enroll_request fields;

    CU_ASSERT_EQUAL_FATAL(
        enroll_request_parse(request->text, request->len, &fields, NULL),
        ISS_OK);
    *key = fields.key;
}

/* Before there is a certificate a root knows no more than its anchors. */
static void an_enrollment_is_for_the_anchors(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    answers_export(&stores, ISS_ENROLL, &request);
    struct iss_pop *pop = parse(&request);
    CU_ASSERT_EQUAL(pop->op, ISS_ENROLL);
    CU_ASSERT_EQUAL(pop->issuer_count, 1);
    CU_ASSERT_TRUE(is_for(pop, 0, ROOT_KEY));
    CU_ASSERT_FALSE(pop->has_predecessor);
    free(pop);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_renewal_names_its_predecessor_and_its_issuer(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request request;
    struct answers answers;
    struct enroll_key was;
    struct enroll_key is;
    uint8_t hash[ISS_HASH_SIZE];
    struct xrml_chain chain = {0};
    size_t len = 0;

    answers_new(&stores, ISS_ROOT);
    answers_export(&stores, ISS_ENROLL, &first);
    answers_begin(&stores, &first, 1, &answers);
    char *text = answers_print(&answers, &len);
    CU_ASSERT_EQUAL(xrml_chain_append(&chain, text, len, 0, NULL), ISS_OK);
    xrml_body_hash(chain.documents[0], hash);
    CU_ASSERT_EQUAL(answers_import(&stores, text, len, 0), ISS_OK);
    answers_export(&stores, ISS_RENEW, &request);
    struct iss_pop *pop = parse(&request);
    CU_ASSERT_EQUAL(pop->op, ISS_RENEW);
    CU_ASSERT_TRUE(pop->has_predecessor);
    CU_ASSERT_EQUAL(memcmp(pop->predecessor, hash, sizeof(hash)), 0);
    CU_ASSERT_EQUAL(pop->issuer_count, 2);
    CU_ASSERT_TRUE(is_for(pop, 0, ESC_KEY));
    CU_ASSERT_TRUE(is_for(pop, 1, ROOT_KEY));
    /* the same key and GUID: but for the version the same file */
    key_of_request(&first, &was);
    key_of_request(&request, &is);
    CU_ASSERT_TRUE(iss_key_same(&was, &is));
    CU_ASSERT_STRING_EQUAL(first.text, request.text);
    free(pop);
    free(text);
    xrml_chain_clear(&chain);
    iss_request_clear(&first);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* R123: as the first time, and the issuer is known by now. */
static void a_re_enrollment_names_no_predecessor(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_ENROLL, &request);
    struct iss_pop *pop = parse(&request);
    CU_ASSERT_EQUAL(pop->op, ISS_ENROLL);
    CU_ASSERT_FALSE(pop->has_predecessor);
    CU_ASSERT_TRUE(is_for(pop, 0, ESC_KEY));
    free(pop);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_sub_enrollment_is_for_the_pinned_root(void)
{
    struct stores stores;
    struct iss_request request;

    answers_new(&stores, ISS_LICENSING);
    answers_export(&stores, ISS_SUB_ENROLL, &request);
    struct iss_pop *pop = parse(&request);
    CU_ASSERT_EQUAL(pop->op, ISS_SUB_ENROLL);
    CU_ASSERT_FALSE(pop->has_predecessor);
    CU_ASSERT_EQUAL(pop->issuer_count, 2);
    CU_ASSERT_TRUE(is_for(pop, 0, SLC_KEY));
    CU_ASSERT_TRUE(is_for(pop, 1, ROOT_KEY));
    CU_ASSERT_PTR_NOT_NULL(strstr(request.text, "StandardRevocation"));
    free(pop);
    iss_request_clear(&request);
    stores_free(&stores);
}

static void a_rekey_is_signed_by_the_new_key_and_by_the_old_one(void)
{
    struct stores stores;
    struct iss_request first;
    struct iss_request request;
    struct enroll_key was;
    struct enroll_key is;

    answers_new(&stores, ISS_ROOT);
    answers_export(&stores, ISS_ENROLL, &first);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_REKEY, &request);
    struct iss_pop *pop = parse(&request);
    key_of_request(&first, &was);
    key_of_request(&request, &is);
    CU_ASSERT_FALSE(iss_key_same(&was, &is));
    CU_ASSERT_EQUAL(pop->op, ISS_REKEY);
    CU_ASSERT_TRUE(pop->has_predecessor);
    CU_ASSERT_EQUAL(pop->sig_count, 2);
    CU_ASSERT_TRUE(iss_key_same(&pop->sigs[0].key, &is));
    CU_ASSERT_TRUE(iss_key_same(&pop->sigs[1].key, &was));
    free(pop);
    iss_request_clear(&first);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* The old key is away when it is its turn: the next export goes on with what
 * the new one has signed. */
static void a_missing_second_signature_is_made_later(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_key_row row;
    char away[ISS_PATH_MAX + 8];

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    unsigned results = stores_records(&stores, stores.root, ISS_REC_RESULT);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL_FATAL(iss_store_key_get(store->db, "licensor", &row, NULL),
                          ISS_OK);
    const char *path = row.uri + sizeof("file:") - 1;
    (void)snprintf(away, sizeof(away), "%s.away", path);
    CU_ASSERT_EQUAL(rename(path, away), 0);
    CU_ASSERT_EQUAL(iss_export_with(store,
                                    &(struct iss_asking){.op = ISS_REKEY,
                                                         .make = stores_make,
                                                         .arg = &stores},
                                    &request, NULL),
                    ISS_TOKEN);
    CU_ASSERT_PTR_NULL(request.text);
    CU_ASSERT_EQUAL(rename(away, path), 0);
    iss_free(store);
    iss_key_row_clear(&row);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_EXPORT), 1);
    unsigned made = stores.made;
    answers_export(&stores, ISS_REKEY, &request);
    free(parse(&request));
    CU_ASSERT_EQUAL(stores.made, made);
    /* the self-test of the new key and two lines, none of them twice */
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_RESULT),
                    results + 3);
    iss_request_clear(&request);
    stores_free(&stores);
}

/* Both signatures were made and the export not recorded. */
static void a_proof_that_was_not_exported_is_taken_up(void)
{
    struct stores stores;
    struct iss_request request;
    struct iss_request again;
    struct iss_done done = {0};
    uint8_t digest[ISS_HASH_SIZE];

    answers_new(&stores, ISS_ROOT);
    answers_pass(&stores, ISS_ENROLL, 1);
    answers_export(&stores, ISS_REKEY, &request);
    struct iss_pop *pop = parse(&request);
    struct iss *store = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_act_newest(store, "proof", &done, NULL), ISS_OK);
    /* what was signed last begins with the proof and ends with the first
     * signature */
    CU_ASSERT_EQUAL(strncmp(done.octets, request.proof, done.len), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(done.octets, "\nsig subject "));
    CU_ASSERT_PTR_NULL(strstr(done.octets, "\nsig licensor "));
    iss_done_clear(&done);
    /* the same request, were it not recorded: nothing is signed anew */
    struct iss_request copy = request;

    copy.proof = NULL;
    unsigned results = stores_records(&stores, stores.root, ISS_REC_RESULT);
    struct iss_entry entry = iss_entry_of(ISS_REC_VOID);
    iss_entry_octets(&entry, ISS_TAG_DIGEST, request.digest, ISS_HASH_SIZE);
    CU_ASSERT_EQUAL(iss_journal_write(store, &entry, 1, NULL, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_prove(store, &copy, stores.now, digest, NULL), ISS_OK);
    CU_ASSERT_STRING_NOT_EQUAL(copy.proof, request.proof);
    free(copy.proof);
    stores_close(&stores, store);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_RESULT),
                    results + 2);
    /* that proof was signed but not exported: it is taken up */
    answers_export(&stores, ISS_REKEY, &again);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_RESULT),
                    results + 2);
    CU_ASSERT_STRING_EQUAL(again.text, request.text);
    free(pop);
    iss_request_clear(&request);
    iss_request_clear(&again);
    stores_free(&stores);
}

UNIT_MAIN("prove", UNIT(an_enrollment_is_for_the_anchors),
          UNIT(a_renewal_names_its_predecessor_and_its_issuer),
          UNIT(a_re_enrollment_names_no_predecessor),
          UNIT(a_sub_enrollment_is_for_the_pinned_root),
          UNIT(a_rekey_is_signed_by_the_new_key_and_by_the_old_one),
          UNIT(a_missing_second_signature_is_made_later),
          UNIT(a_proof_that_was_not_exported_is_taken_up))
