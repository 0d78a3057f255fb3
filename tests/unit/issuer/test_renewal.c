/* SPDX-License-Identifier: Apache-2.0 */
/* What an authority answers to a server that it has certified before. */
#include "issuer/check.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stores.h"
#include "unit.h"

enum { FIRST = 7, SECOND, THIRD, DAY = 86400, RACERS = 6, BAD_TEXT = 99 };

/* Prints and asks the authority; the answer is kept where it is wanted. */
static enum iss_status ask(struct stores *stores, struct forged *forged,
                           struct iss_answer *keep)
{
    struct iss_answer answer;

    iss_request_clear(&forged->out);
    stores_forged_print(stores, forged);
    enum iss_status status = stores_issue(stores, &forged->out, &answer);
    if (keep != NULL)
        *keep = answer;
    else
        iss_answer_clear(&answer);
    return status;
}

static bool says(const struct stores *stores, const char *part)
{
    return strstr(stores->error.text, part) != NULL;
}

/* The pair of another becomes the request's; the one before speaks as well. */
static void take_pair(struct forged *forged, struct forged *other)
{
    forged->old = forged->key;
    forged->key = other->key;
    forged->signer = other->key;
    forged->fields.key = other->fields.key;
}

static void a_renewal_keeps_key_and_guid(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer first;
    struct iss_answer next;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &first), ISS_OK);
    CU_ASSERT_EQUAL(first.verdict.op, ISS_ENROLL);
    CU_ASSERT_FALSE(first.verdict.before.present);
    /* years after it ended */
    stores.now = xrml_time_add_years(STORES_NOW, 3);
    stores_forge_next(&stores, &forged, ISS_RENEW, &first);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &next), ISS_OK);
    CU_ASSERT_EQUAL(next.verdict.op, ISS_RENEW);
    CU_ASSERT_EQUAL(next.verdict.before.until, first.range.until);
    CU_ASSERT_EQUAL(
        memcmp(next.verdict.before_hash, first.body_hash, ISS_HASH_SIZE), 0);
    CU_ASSERT_EQUAL(next.range.from, stores.now);
    CU_ASSERT_EQUAL(next.range.until, xrml_time_add_years(stores.now, 1));
    /* from the older of the two as well: the answer may have been lost */
    iss_answer_clear(&next);
    stores_forge_next(&stores, &forged, ISS_RENEW, &first);
    CU_ASSERT_EQUAL(ask(&stores, &forged, &next), ISS_OK);
    iss_answer_clear(&next);
    iss_answer_clear(&first);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void a_predecessor_is_this_issuers_and_this_servers(void)
{
    struct stores stores;
    struct forged forged;
    struct forged other;
    struct iss_answer first;
    struct iss_answer second;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    stores_forge(&stores, SECOND, &other);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &first), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &other, &second), ISS_OK);
    stores_forge_next(&stores, &forged, ISS_RENEW, &second);
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(says(&stores, "was not issued here to it"));
    memset(second.body_hash, 0x11, sizeof(second.body_hash));
    stores_forge_next(&stores, &forged, ISS_RENEW, &second);
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    forged.pop.has_predecessor = false;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(says(&stores, "without a predecessor"));
    stores_forge_next(&stores, &forged, ISS_RENEW, &first);
    forged.signer = other.key;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(says(&stores, "of another key than the request"));
    iss_answer_clear(&first);
    iss_answer_clear(&second);
    stores_forged_clear(&forged);
    stores_forged_clear(&other);
    stores_free(&stores);
}

static void a_rekey_is_signed_by_both_keys(void)
{
    struct stores stores;
    struct forged forged;
    struct forged fresh;
    struct forged other;
    struct iss_answer first;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    stores_forge(&stores, SECOND, &fresh);
    stores_forge(&stores, THIRD, &other);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &first), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &other, NULL), ISS_OK);
    /* to the key that it has */
    stores_forge_next(&stores, &forged, ISS_REKEY, &first);
    forged.old = forged.key;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_CONFLICT);
    CU_ASSERT_TRUE(says(&stores, "key-reuse: the new key was certified"));
    EVP_PKEY *old = forged.key;
    take_pair(&forged, &fresh);
    /* the old key is another's */
    stores_forge_next(&stores, &forged, ISS_REKEY, &first);
    forged.old = other.key;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(says(&stores, "not signed by the predecessor's key"));
    forged.old = old;
    stores_forge_next(&stores, &forged, ISS_REKEY, &first);
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_OK);
    /* the answer was lost and the proof has expired: the same once more */
    stores.now += 40 * (int64_t)DAY;
    stores_forge_next(&stores, &forged, ISS_REKEY, &first);
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_OK);
    /* the old key speaks for nobody any more, and is taken by nobody */
    forged.key = old;
    forged.signer = old;
    forged.old = NULL;
    CU_ASSERT_EQUAL(iss_key_public(old, &forged.fields.key, NULL), ISS_OK);
    stores_forge_next(&stores, &forged, ISS_RENEW, &first);
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_REFUSED);
    CU_ASSERT_TRUE(says(&stores, "no longer the one of its GUID"));
    forged.key = fresh.key;
    iss_answer_clear(&first);
    EVP_PKEY_free(old);
    fresh.key = NULL;
    stores_forged_clear(&forged);
    stores_forged_clear(&fresh);
    stores_forged_clear(&other);
    stores_free(&stores);
}

static void a_new_url_is_taken_where_it_is_free(void)
{
    static const char moved[] = "https://moved.example/_wmcs";
    struct stores stores;
    struct forged forged;
    struct forged other;
    struct iss_answer first;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    stores_forge(&stores, SECOND, &other);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &first), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &other, NULL), ISS_OK);
    stores_forge_next(&stores, &forged, ISS_RENEW, &first);
    char before[sizeof(forged.fields.url)];
    memcpy(before, forged.fields.url, sizeof(before));
    memcpy(forged.fields.url, other.fields.url, sizeof(forged.fields.url));
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_CONFLICT);
    CU_ASSERT_TRUE(says(&stores, "url-reuse: held by {00000000-"));
    memcpy(forged.fields.url, moved, sizeof(moved));
    struct iss_answer next;
    CU_ASSERT_EQUAL(ask(&stores, &forged, &next), ISS_OK);
    unsigned warnings = 0;
    for (size_t i = 0; i < next.verdict.count; i++)
        warnings += next.verdict.checks[i].result == ISS_CHECK_WARN &&
                    strcmp(next.verdict.checks[i].name, "url-reuse") == 0;
    CU_ASSERT_EQUAL(warnings, 1);
    iss_answer_clear(&next);
    /* what it left is free for another */
    struct forged third;
    stores_forge(&stores, THIRD, &third);
    memcpy(third.fields.url, before, sizeof(before));
    CU_ASSERT_EQUAL(ask(&stores, &third, NULL), ISS_OK);
    iss_answer_clear(&first);
    stores_forged_clear(&forged);
    stores_forged_clear(&other);
    stores_forged_clear(&third);
    stores_free(&stores);
}

/* R123: the same key and the same GUID once more, and only together. */
static void an_enrollment_is_repeated_with_key_and_guid(void)
{
    struct stores stores;
    struct forged forged;
    struct forged other;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    stores_forge(&stores, SECOND, &other);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, NULL), ISS_OK);
    forged.pop.nonce[1] = 1;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_OK);
    char guid[XRML_GUID_SIZE];
    memcpy(guid, forged.fields.guid, sizeof(guid));
    memcpy(forged.fields.guid, other.fields.guid, sizeof(guid));
    forged.pop.nonce[1] = 2;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_CONFLICT);
    CU_ASSERT_TRUE(says(&stores, "key-reuse: the key was certified for"));
    memcpy(other.fields.guid, guid, sizeof(guid));
    CU_ASSERT_EQUAL(ask(&stores, &other, NULL), ISS_CONFLICT);
    CU_ASSERT_TRUE(says(&stores, "guid-reuse: "));
    /* a nonce serves one request */
    memcpy(forged.fields.guid, guid, sizeof(guid));
    forged.pop.nonce[1] = 1;
    forged.pop.expires++;
    CU_ASSERT_EQUAL(ask(&stores, &forged, NULL), ISS_CONFLICT);
    CU_ASSERT_TRUE(says(&stores, "nonce"));
    stores_forged_clear(&forged);
    stores_forged_clear(&other);
    stores_free(&stores);
}

static void without_proof_the_op_follows_from_what_is_known(void)
{
    static const enum iss_op ops[] = {ISS_ENROLL, ISS_RENEW};
    struct stores stores;
    struct forged forged;
    struct iss_answer answer;

    stores_new(&stores);
    struct iss *authority = stores_open(&stores, stores.authority);
    stores_forge(&stores, FIRST, &forged);
    for (size_t i = 0; i < 2; i++) {
        /* another file, so another request */
        forged.fields.sku[0] = (char)('a' + (int)i);
        iss_request_clear(&forged.out);
        stores_forged_print(&stores, &forged);
        struct iss_order order = stores_order(&forged.out);
        order.proof = NULL;
        order.proof_len = 0;
        order.without_proof = true;
        CU_ASSERT_EQUAL(iss_issue(authority, &order, &answer, NULL), ISS_OK);
        CU_ASSERT_EQUAL(answer.verdict.op, ops[i]);
        CU_ASSERT_EQUAL(answer.verdict.before.present, ops[i] == ISS_RENEW);
        iss_answer_clear(&answer);
    }
    forged.fields.guid[1] = 'f';
    iss_request_clear(&forged.out);
    stores_forged_print(&stores, &forged);
    struct iss_order order = stores_order(&forged.out);
    order.proof = NULL;
    order.without_proof = true;
    CU_ASSERT_EQUAL(iss_issue(authority, &order, &answer, NULL), ISS_CONFLICT);
    iss_answer_clear(&answer);
    stores_close(&stores, authority);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

/* Servers that ask for one URL at once: one gets it, the others hear who. */
static void one_of_many_that_race_for_a_url_gets_it(void)
{
    struct stores stores;
    pid_t children[RACERS];
    unsigned won = 0;

    stores_new(&stores);
    for (unsigned i = 0; i < RACERS; i++) {
        struct forged forged;

        stores_forge(&stores, FIRST + i, &forged);
        memcpy(forged.fields.url, "https://race.example/_wmcs",
               sizeof("https://race.example/_wmcs"));
        stores_forged_print(&stores, &forged);
        children[i] = fork();
        if (children[i] == 0) {
            struct iss_answer answer;
            enum iss_status status =
                stores_issue(&stores, &forged.out, &answer);

            _exit(status == ISS_CONFLICT &&
                          !says(&stores, "url-reuse: held by {")
                      ? BAD_TEXT
                      : (int)status);
        }
        stores_forged_clear(&forged);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        int result = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &result, 0), children[i]);
        won += WEXITSTATUS(result) == ISS_OK;
        CU_ASSERT_TRUE(WEXITSTATUS(result) == ISS_OK ||
                       WEXITSTATUS(result) == ISS_CONFLICT);
    }
    CU_ASSERT_EQUAL(won, 1);
    stores_free(&stores);
}

/* Pairs that one old key wants to be replaced by at once: one of them is. */
static void one_of_many_that_race_for_a_rekey_gets_it(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_answer first;
    pid_t children[RACERS];
    unsigned won = 0;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    CU_ASSERT_EQUAL_FATAL(ask(&stores, &forged, &first), ISS_OK);
    EVP_PKEY *old = forged.key;
    for (unsigned i = 0; i < RACERS; i++) {
        struct forged fresh;

        stores_forge(&stores, SECOND + i, &fresh);
        take_pair(&forged, &fresh);
        stores_forge_next(&stores, &forged, ISS_REKEY, &first);
        forged.old = old;
        forged.pop.nonce[1] = (uint8_t)(i + 1);
        iss_request_clear(&forged.out);
        stores_forged_print(&stores, &forged);
        children[i] = fork();
        if (children[i] == 0) {
            struct iss_answer answer;

            _exit((int)stores_issue(&stores, &forged.out, &answer));
        }
        stores_forged_clear(&fresh);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        int result = -1;

        CU_ASSERT_EQUAL(waitpid(children[i], &result, 0), children[i]);
        won += WEXITSTATUS(result) == ISS_OK;
        CU_ASSERT_TRUE(WEXITSTATUS(result) == ISS_OK ||
                       WEXITSTATUS(result) == ISS_REFUSED);
    }
    CU_ASSERT_EQUAL(won, 1);
    iss_answer_clear(&first);
    forged.key = old;
    forged.old = NULL;
    stores_forged_clear(&forged);
    stores_free(&stores);
}

UNIT_MAIN("renewal", UNIT(a_renewal_keeps_key_and_guid),
          UNIT(a_predecessor_is_this_issuers_and_this_servers),
          UNIT(a_rekey_is_signed_by_both_keys),
          UNIT(a_new_url_is_taken_where_it_is_free),
          UNIT(an_enrollment_is_repeated_with_key_and_guid),
          UNIT(without_proof_the_op_follows_from_what_is_known),
          UNIT(one_of_many_that_race_for_a_url_gets_it),
          UNIT(one_of_many_that_race_for_a_rekey_gets_it))
