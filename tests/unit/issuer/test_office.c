/* SPDX-License-Identifier: Apache-2.0 */
/* What a root answers to licensing servers, and when it answers nothing. */
#include "issuer/office.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "issuer/publish.h"
#include "stores.h"
#include "unit.h"

enum { FIRST = 7, SECOND, THIRD, DAY = 86400, LIST = 2048 };

#define SUB_URL(n) "https://s0" #n ".example/_wmcs"

static const char anybody[] = "privyseal-acl 1\n"
                              "serial 7\n"
                              "principal lab unix-user:operator\n"
                              "allow lab op=sub-enroll,renew,rekey"
                              " url=https://*.example/* quota=9/1d"
                              " outstanding=9\n"
                              "end 3\n";

static const struct iss_check *list_row(const struct iss_answer *answer)
{
    for (size_t i = 0; i < answer->verdict.count; i++)
        if (strcmp(answer->verdict.checks[i].name, "acl") == 0)
            return &answer->verdict.checks[i];
    return NULL;
}

/* Asks without keeping the answer. */
static enum iss_status status_of(struct stores *stores, struct forged *forged)
{
    struct iss_answer answer;
    enum iss_status status = stores_serve(stores, forged, NULL, 0, &answer);

    iss_answer_clear(&answer);
    return status;
}

static bool newest_has(struct stores *stores, unsigned type, const char *part)
{
    char text[STORES_RECORD];

    stores_newest(stores, stores->root, type, text);
    return strstr(text, part) != NULL;
}

static void the_answer_is_a_chain_up_to_the_anchor(void)
{
    const struct xrml_policy policy = {
        .at_set = true, .at = STORES_NOW, .now = STORES_NOW};
    struct stores stores;
    char record[STORES_RECORD];
    struct forged forged;
    struct iss_answer answer;
    struct iss_answer again;
    struct xrml_chain chain = {0};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, "lab", 0, &answer),
                          ISS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.response, "<SubEnrollResponse "));
    CU_ASSERT_EQUAL_FATAL(enroll_response_parse(answer.response,
                                                answer.response_len, &chain,
                                                &stores.error),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(chain.count, 5);
    CU_ASSERT_EQUAL_FATAL(xrml_anchors_parse(stores.anchors, stores.anchors_len,
                                             &anchors, &stores.error),
                          ISS_OK);
    CU_ASSERT_EQUAL(xrml_chain_verify(NULL, &chain, anchors, &policy, &report,
                                      &stores.error),
                    ISS_OK);
    CU_ASSERT_EQUAL(report.nodes[0].place, XRML_PLACE_SUB_SLC);
    CU_ASSERT_EQUAL(report.nodes[1].place, XRML_PLACE_SLC);
    CU_ASSERT_EQUAL(answer.range.until,
                    xrml_time_add_years(answer.range.from, 1));
    CU_ASSERT_STRING_EQUAL(answer.verdict.principal, "lab");
    CU_ASSERT_EQUAL(answer.verdict.acl_line, 4);
    CU_ASSERT_EQUAL(answer.verdict.acl_serial, 7);
    CU_ASSERT_EQUAL(answer.verdict.op, ISS_SUB_ENROLL);
    CU_ASSERT_EQUAL(list_row(&answer)->result, ISS_CHECK_OK);
    stores_newest(&stores, stores.root, ISS_REC_ADMIT, record);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "op=sub-enroll;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "principal=lab;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "proven=unix-user;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "rule=4;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "serial=7;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "whose=new;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "approver=lab;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "stated-principal=lab;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "bits=2048;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "transport=offline;"));
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_ACL), 1);
    /* the same again, whoever is let in by now */
    stores_list(&stores, "privyseal-acl 1\nend 0\n");
    stores.now += 400 * (int64_t)DAY;
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &again), ISS_OK);
    CU_ASSERT_TRUE(again.again);
    CU_ASSERT_STRING_EQUAL(again.response, answer.response);
    CU_ASSERT_STRING_EQUAL(again.verdict.principal, "lab");
    CU_ASSERT_EQUAL(again.verdict.acl_line, 4);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_ADMIT), 1);
    iss_answer_clear(&again);
    iss_answer_clear(&answer);
    xrml_chain_clear(&chain);
    xrml_anchors_free(anchors);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void validity_is_the_least_and_never_cut(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, "privyseal-acl 1\n"
                         "principal lab unix-user:operator\n"
                         "allow lab op=sub-enroll url=https://*.example/*"
                         " max-validity=30d quota=9/1d outstanding=9\n"
                         "end 2\n");
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 31, &answer),
                    ISS_REFUSED);
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &answer), ISS_OK);
    CU_ASSERT_EQUAL(answer.range.until - answer.range.from, 30 * DAY);
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_forge_sub(&stores, SECOND, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 3, &answer), ISS_OK);
    CU_ASSERT_EQUAL(answer.range.until - answer.range.from, 3 * DAY);
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    /* a year of its own, although the root's ends before */
    stores_list(&stores, anybody);
    stores.now += 200 * (int64_t)DAY;
    stores_forge_sub(&stores, THIRD, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &answer), ISS_OK);
    CU_ASSERT_EQUAL(answer.range.until,
                    xrml_time_add_years(answer.range.from, 1));
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void a_root_that_may_not_issue_issues_nothing(void)
{
    struct stores stores;
    struct forged forged;

    stores_new(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_NOT_ENROLLED);
    stores_enroll(&stores);
    stores.now -= 301;
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_CLOCK);
    stores.now = xrml_time_add_years(STORES_NOW, 1);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_EXPIRED);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_DENY), 2);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_CLOCK), 1);
    CU_ASSERT_EQUAL(stores_records(&stores, stores.root, ISS_REC_ADMIT), 0);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void a_request_is_refused_for_what_it_is(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    forged.fields.revocation = ENROLL_CUSTOM;
    forged.fields.authority_count = 1;
    forged.fields.authorities[0] = forged.fields.key;
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                    ISS_REFUSED);
    CU_ASSERT_EQUAL(strncmp(stores.error.text, "revocation: ", 12), 0);
    /* the list is not asked about what is bad in itself */
    CU_ASSERT_PTR_NULL(list_row(&answer));
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_forge_sub(&stores, FIRST, &forged);
    forged.pop.op = ISS_ENROLL;
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_EQUAL(strncmp(stores.error.text, "proof: ", 7), 0);
    /* proof is no option here */
    struct iss *root = stores_open(&stores, stores.root);
    struct iss_order order = stores_order(&forged.out);
    order.proof = NULL;
    order.proof_len = 0;
    order.without_proof = true;
    CU_ASSERT_EQUAL(iss_issue(root, &order, &answer, &stores.error),
                    ISS_REFUSED);
    CU_ASSERT_EQUAL(strncmp(stores.error.text, "proof: ", 7), 0);
    iss_answer_clear(&answer);
    stores_close(&stores, root);
    stores_forged_clear(&forged);
    /* nor does it certify itself: its own proof has that digest */
    struct iss_request own;
    root = stores_open(&stores, stores.root);
    CU_ASSERT_EQUAL(iss_export(root, ISS_RENEW, &own, &stores.error), ISS_OK);
    order = stores_order(&own);
    CU_ASSERT_EQUAL(iss_issue(root, &order, &answer, &stores.error),
                    ISS_REFUSED);
    iss_answer_clear(&answer);
    stores_close(&stores, root);
    iss_request_clear(&own);
    stores_free(&stores);
}

static void whatever_comes_is_in_the_journal(void)
{
    struct stores stores;
    struct iss_answer answer;
    char *big = NULL;

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    big = malloc(2 * ENROLL_REQUEST_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(big);
    memset(big, 'x', 2 * ENROLL_REQUEST_MAX);
    struct iss *root = stores_open(&stores, stores.root);
    struct iss_order order = {.text = big, .len = 10};
    CU_ASSERT_EQUAL(iss_issue(root, &order, &answer, NULL), ISS_MALFORMED);
    iss_answer_clear(&answer);
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_DENY, "request=#10;"));
    order.len = 2 * ENROLL_REQUEST_MAX;
    CU_ASSERT_EQUAL(iss_issue(root, &order, &answer, NULL), ISS_MALFORMED);
    iss_answer_clear(&answer);
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_DENY, "request=#65536;"));
    stores_close(&stores, root);
    free(big);
    stores_free(&stores);
}

static void renewal_and_rekey_go_by_the_list_too(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;
    struct iss_answer next;
    char list[LIST];
    char hex[2 * ISS_HASH_SIZE + 1];

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                          ISS_OK);
    stores.now += 30 * (int64_t)DAY;
    stores_forge_next(&stores, &forged, ISS_RENEW, &answer);
    stores_forged_print(&stores, &forged);
    /* the certificate itself is what is listed now */
    iss_hex(answer.body_hash, ISS_HASH_SIZE, hex);
    (void)snprintf(list, sizeof(list),
                   "privyseal-acl 1\n"
                   "principal lab slc-sha256:%s\n"
                   "allow lab op=renew,rekey url=" SUB_URL(7) "\n"
                                                              "end 2\n",
                   hex);
    stores_list(&stores, list);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, "lab", 0, &next),
                          ISS_OK);
    CU_ASSERT_TRUE(next.range.until > answer.range.until);
    CU_ASSERT_TRUE(next.verdict.before.present);
    CU_ASSERT_EQUAL(next.verdict.before.until, answer.range.until);
    CU_ASSERT_EQUAL(
        memcmp(next.verdict.before_hash, answer.body_hash, ISS_HASH_SIZE), 0);
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_ADMIT, "whose=own;"));
    CU_ASSERT_TRUE(newest_has(&stores, ISS_REC_ADMIT, "proven=slc-sha256;"));
    /* quota: one in 30 days */
    stores_forge_next(&stores, &forged, ISS_RENEW, &answer);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL(status_of(&stores, &forged), ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "quota"));
    /* of another op it is another quota */
    struct forged fresh;
    stores_forge_sub(&stores, SECOND, &fresh);
    EVP_PKEY *old = forged.key;
    forged.key = fresh.key;
    forged.signer = fresh.key;
    forged.old = old;
    forged.fields.key = fresh.fields.key;
    fresh.key = NULL;
    stores_forge_next(&stores, &forged, ISS_REKEY, &answer);
    stores_forged_print(&stores, &forged);
    iss_answer_clear(&next);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, "lab", 0, &next), ISS_OK);
    EVP_PKEY_free(old);
    iss_answer_clear(&next);
    iss_answer_clear(&answer);
    stores_forged_clear(&fresh);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

/* What was answered is answered with the chain of its day, although the root
 * has another by now; what is new comes with the new one. */
static void an_old_answer_has_the_chain_of_its_day(void)
{
    struct stores stores;
    struct forged forged;
    struct forged other;
    struct iss_answer first;
    struct iss_answer again;
    struct xrml_chain old = {0};
    struct xrml_chain now = {0};

    stores_new(&stores);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, NULL, 0, &first),
                          ISS_OK);
    stores.now += DAY;
    stores_pass(&stores, ISS_RENEW);
    CU_ASSERT_EQUAL(stores_serve(&stores, &forged, NULL, 0, &again), ISS_OK);
    CU_ASSERT_TRUE(again.again);
    CU_ASSERT_STRING_EQUAL(again.response, first.response);
    CU_ASSERT_EQUAL(
        enroll_response_parse(first.response, first.response_len, &old, NULL),
        ISS_OK);
    iss_answer_clear(&again);
    stores_forge_sub(&stores, SECOND, &other);
    stores_forged_print(&stores, &other);
    CU_ASSERT_EQUAL(stores_serve(&stores, &other, NULL, 0, &again), ISS_OK);
    CU_ASSERT_EQUAL(
        enroll_response_parse(again.response, again.response_len, &now, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL_FATAL(old.count, now.count);
    CU_ASSERT_TRUE(xrml_fields(old.documents[1])->range.until <
                   xrml_fields(now.documents[1])->range.until);
    /* and the journal says the same of all of it */
    struct iss *root = stores_open(&stores, stores.root);
    const struct iss_log_check check = {.from = 0};
    struct iss_log_verdict verdict;
    CU_ASSERT_EQUAL(iss_log_verify(root, &check, &verdict, &stores.error),
                    ISS_OK);
    CU_ASSERT_EQUAL(verdict.unfinished, 0);
    stores_close(&stores, root);
    xrml_chain_clear(&old);
    xrml_chain_clear(&now);
    iss_answer_clear(&first);
    iss_answer_clear(&again);
    stores_forged_clear(&forged);
    stores_forged_clear(&other);
    stores_free(&stores);
}

static void a_root_stamps_its_own_revocation(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;
    struct enroll_key third;
    struct xrml_chain chain = {0};

    stores_bare(&stores);
    struct iss_init asked = stores_authority(&stores);
    char path[ISS_PATH_MAX];
    stores_init(&stores, &asked);
    CU_ASSERT_TRUE(iss_path_join(path, stores.authority, "anchors.pem"));
    stores.anchors = unit_read_file(path, &stores.anchors_len);
    EVP_PKEY *pair = EVP_RSA_gen(2048);
    CU_ASSERT_EQUAL_FATAL(iss_key_public(pair, &third, NULL), ISS_OK);
    asked = stores_root(&stores);
    asked.revocation = ENROLL_CUSTOM;
    asked.authorities = &third;
    asked.authority_count = 1;
    stores_init(&stores, &asked);
    stores_enroll(&stores);
    stores_list(&stores, anybody);
    stores_forge_sub(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    CU_ASSERT_EQUAL_FATAL(stores_serve(&stores, &forged, NULL, 0, &answer),
                          ISS_OK);
    CU_ASSERT_EQUAL_FATAL(enroll_response_parse(answer.response,
                                                answer.response_len, &chain,
                                                &stores.error),
                          ISS_OK);
    /* the root's and the licensing server's: issuer's key, third party's */
    for (size_t i = 0; i < 2; i++) {
        const struct xrml_fields *own = xrml_fields(chain.documents[i]);

        CU_ASSERT_EQUAL_FATAL(own->revoker_count, 2);
        CU_ASSERT_EQUAL(
            memcmp(own->revokers[0].modulus, own->issuer_key.modulus, 2048 / 8),
            0);
        CU_ASSERT_EQUAL(
            memcmp(own->revokers[1].modulus, third.modulus, 2048 / 8), 0);
    }
    CU_ASSERT_EQUAL(xrml_fields(chain.documents[2])->revoker_count, 0);
    EVP_PKEY_free(pair);
    xrml_chain_clear(&chain);
    iss_answer_clear(&answer);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

UNIT_MAIN("office", UNIT(the_answer_is_a_chain_up_to_the_anchor),
          UNIT(validity_is_the_least_and_never_cut),
          UNIT(a_root_that_may_not_issue_issues_nothing),
          UNIT(a_request_is_refused_for_what_it_is),
          UNIT(whatever_comes_is_in_the_journal),
          UNIT(renewal_and_rekey_go_by_the_list_too),
          UNIT(an_old_answer_has_the_chain_of_its_day),
          UNIT(a_root_stamps_its_own_revocation))
