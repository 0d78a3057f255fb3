/* SPDX-License-Identifier: Apache-2.0 */
#include "stores.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/journal.h"
#include "unit.h"

enum { FIRST = 8, SECOND = 9, MINUTES = 60, DAY = 86400 };

static const char strict[] = "[policy]\n";

/* What the authority says to a forged request under a policy. */
static enum iss_status say(struct stores *stores, struct forged *forged,
                           const char *policy, struct iss_verdict *verdict)
{
    struct iss_answer answer;

    stores_forged_print(stores, forged);
    struct iss_order order = stores_order(&forged->out);
    order.policy = policy;
    order.policy_len = strlen(policy);
    struct iss *store = stores_open(stores, stores->authority);
    memset(&stores->error, 0, sizeof(stores->error));
    enum iss_status status = iss_issue(store, &order, &answer, &stores->error);
    *verdict = answer.verdict;
    iss_answer_clear(&answer);
    CU_ASSERT_EQUAL(iss_close(store, NULL), ISS_OK);
    return status;
}

/* The first check of a verdict that refuses; "" for none. */
static const char *refusing(const struct iss_verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        if (verdict->checks[i].result == ISS_CHECK_REFUSE)
            return verdict->checks[i].name;
    return "";
}

typedef void mutator(struct stores *stores, struct forged *forged);

static void good(struct stores *stores, struct forged *forged)
{
    (void)stores;
    (void)forged;
}

static void other_request(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->keep_request = true;
}

static void other_issuer(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->pop.issuers[0][0] ^= 1;
}

static void expired(struct stores *stores, struct forged *forged)
{
    forged->pop.created = stores->now - DAY;
    forged->pop.expires = stores->now - 6 * MINUTES;
}

static void barely_expired(struct stores *stores, struct forged *forged)
{
    forged->pop.created = stores->now - DAY;
    forged->pop.expires = stores->now - 4 * MINUTES;
}

static void of_tomorrow(struct stores *stores, struct forged *forged)
{
    forged->pop.created = stores->now + 6 * MINUTES;
    forged->pop.expires = stores->now + DAY;
}

static void too_long(struct stores *stores, struct forged *forged)
{
    forged->pop.created = stores->now;
    forged->pop.expires = stores->now + 30 * DAY + 1;
}

static void foreign_key(struct stores *stores, struct forged *forged)
{
    struct forged other;

    stores_forge(stores, SECOND, &other);
    forged->signer = other.key;
    /* the pool keeps its pairs: the borrowed key outlives this */
    stores_forged_clear(&other);
}

static void sub_enroll(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->pop.op = ISS_SUB_ENROLL;
}

static void renewal_of_nothing(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->pop.op = ISS_RENEW;
    forged->pop.has_predecessor = true;
}

static void enroll_with_predecessor(struct stores *stores,
                                    struct forged *forged)
{
    (void)stores;
    forged->pop.has_predecessor = true;
}

static void not_born_there(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->pop.never_extractable = false;
}

static void small_key(struct stores *stores, struct forged *forged)
{
    EVP_PKEY_free(forged->key);
    forged->key = EVP_RSA_gen(1024);
    forged->signer = forged->key;
    CU_ASSERT_EQUAL(
        iss_key_public(forged->key, &forged->fields.key, &stores->error),
        ISS_OK);
}

static void own_guid(struct stores *stores, struct forged *forged)
{
    struct iss *store = stores_open(stores, stores->authority);
    struct iss_info info;

    CU_ASSERT_EQUAL(iss_info(store, &info, &stores->error), ISS_OK);
    memcpy(forged->fields.guid, info.guid, sizeof(forged->fields.guid));
    stores_close(stores, store);
}

static void custom_revocation(struct stores *stores, struct forged *forged)
{
    (void)stores;
    forged->fields.revocation = ENROLL_CUSTOM;
    forged->fields.authority_count = 1;
    forged->fields.authorities[0] = forged->fields.key;
}

static void each_fault_has_its_check_and_status(void)
{
    static const struct {
        mutator *change;
        enum iss_status status;
        const char *check;
    } cases[] = {
        {other_request, ISS_REFUSED, "proof"},
        {other_issuer, ISS_REFUSED, "proof"},
        {expired, ISS_REFUSED, "expiry"},
        {of_tomorrow, ISS_REFUSED, "expiry"},
        {too_long, ISS_REFUSED, "expiry"},
        {foreign_key, ISS_REFUSED, "proof"},
        {sub_enroll, ISS_REFUSED, "proof"},
        {renewal_of_nothing, ISS_REFUSED, "proof"},
        {enroll_with_predecessor, ISS_REFUSED, "proof"},
        {not_born_there, ISS_REFUSED, "born"},
        {small_key, ISS_REFUSED, "key-size"},
        {own_guid, ISS_CONFLICT, "guid-reuse"},
        {custom_revocation, ISS_REFUSED, "revocation"},
        /* last: what they are measured against */
        {barely_expired, ISS_OK, ""},
        {good, ISS_OK, ""},
    };
    struct stores stores;
    struct iss_verdict verdict;

    stores_new(&stores);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct forged forged;

        stores_forge(&stores, FIRST, &forged);
        /* one GUID, one key: the two that are answered are one server's */
        forged.pop.nonce[1] = (uint8_t)i;
        cases[i].change(&stores, &forged);
        CU_ASSERT_EQUAL(say(&stores, &forged, strict, &verdict),
                        cases[i].status);
        CU_ASSERT_STRING_EQUAL(refusing(&verdict), cases[i].check);
        stores_forged_clear(&forged);
    }
    CU_ASSERT_EQUAL(stores_records(&stores, stores.authority, ISS_REC_DENY),
                    13);
    stores_free(&stores);
}

static void what_was_certified_is_not_certified_for_another(void)
{
    struct stores stores;
    struct forged forged;
    struct forged second;
    struct iss_verdict verdict;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    CU_ASSERT_EQUAL(say(&stores, &forged, strict, &verdict), ISS_OK);

    stores_forge(&stores, SECOND, &second);
    memcpy(second.fields.guid, forged.fields.guid, sizeof(second.fields.guid));
    CU_ASSERT_EQUAL(say(&stores, &second, strict, &verdict), ISS_CONFLICT);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "guid-reuse");
    stores_forged_clear(&second);

    stores_forge(&stores, SECOND, &second);
    memcpy(second.fields.url, forged.fields.url, sizeof(second.fields.url));
    CU_ASSERT_EQUAL(say(&stores, &second, strict, &verdict), ISS_CONFLICT);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "url-reuse");
    stores_forged_clear(&second);

    stores_forge(&stores, FIRST, &second);
    memcpy(second.fields.guid, "{11111111-0000-4000-8000-000000000000}",
           sizeof(second.fields.guid));
    memcpy(second.fields.url, "https://x.example", sizeof("https://x.example"));
    second.pop.nonce[1] = 1;
    CU_ASSERT_EQUAL(say(&stores, &second, strict, &verdict), ISS_CONFLICT);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "key-reuse");
    stores_forged_clear(&second);

    stores_forge(&stores, SECOND, &second);
    memcpy(second.pop.nonce, forged.pop.nonce, sizeof(second.pop.nonce));
    CU_ASSERT_EQUAL(say(&stores, &second, strict, &verdict), ISS_CONFLICT);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "proof");
    stores_forged_clear(&second);
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void a_policy_turns_off_what_may_be_turned_off(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_verdict verdict;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    not_born_there(&stores, &forged);
    expired(&stores, &forged);
    CU_ASSERT_EQUAL(say(&stores, &forged,
                        "[policy]\nborn = warn\nexpiry = off\n", &verdict),
                    ISS_OK);
    stores_forged_clear(&forged);

    stores_forge(&stores, SECOND, &forged);
    foreign_key(&stores, &forged);
    forged.signer = forged.key;
    memset(forged.fields.key.modulus, 0xff, 1);
    CU_ASSERT_EQUAL(say(&stores, &forged, "[policy]\nproof = off\n", &verdict),
                    ISS_REFUSED);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "proof");
    stores_forged_clear(&forged);

    stores_forge(&stores, SECOND, &forged);
    CU_ASSERT_EQUAL(say(&stores, &forged, "[policy]\nfrom = off\n", &verdict),
                    ISS_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(stores.error.text, "policy:2"));
    stores_forged_clear(&forged);

    stores_forge(&stores, SECOND, &forged);
    CU_ASSERT_EQUAL(
        say(&stores, &forged,
            "[policy]\nurl-allow = https://other.example/* https://*.b.c\n",
            &verdict),
        ISS_REFUSED);
    CU_ASSERT_STRING_EQUAL(refusing(&verdict), "url-form");
    stores_forged_clear(&forged);
    stores_free(&stores);
}

static void without_a_store_the_request_is_judged_alone(void)
{
    struct stores stores;
    struct forged forged;
    struct iss_verdict verdict;

    stores_new(&stores);
    stores_forge(&stores, FIRST, &forged);
    stores_forged_print(&stores, &forged);
    const struct iss_request *out = &forged.out;
    struct iss_order order = {.text = out->text,
                              .len = out->len,
                              .proof = out->proof,
                              .proof_len = out->proof_len};
    CU_ASSERT_EQUAL(iss_request_check(NULL, &order, stores.now, &verdict, NULL),
                    ISS_OK);
    CU_ASSERT_TRUE(verdict.parsed && verdict.has_proof);
    static const char policy[] = "[policy]\nurl-allow = https://no.example/*\n";
    order.policy = policy;
    order.policy_len = sizeof(policy) - 1;
    CU_ASSERT_EQUAL(iss_request_check(NULL, &order, stores.now, &verdict, NULL),
                    ISS_REFUSED);
    order.policy_len--; /* no line end */
    CU_ASSERT_EQUAL(iss_request_check(NULL, &order, stores.now, &verdict, NULL),
                    ISS_USAGE);
    order.policy = NULL;
    order.proof = NULL;
    CU_ASSERT_EQUAL(iss_request_check(NULL, &order, stores.now, &verdict, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(verdict.checks[1].result, ISS_CHECK_WARN);
    /* any octet of the proof that changes is seen */
    order.proof = out->proof;
    for (size_t i = 0; i < out->proof_len; i += 7) {
        out->proof[i] ^= 1;
        enum iss_status status =
            iss_request_check(NULL, &order, stores.now, &verdict, NULL);
        CU_ASSERT_TRUE(status == ISS_MALFORMED || status == ISS_REFUSED);
        out->proof[i] ^= 1;
    }
    stores_forged_clear(&forged);
    stores_free(&stores);
}

UNIT_MAIN("judge", UNIT(each_fault_has_its_check_and_status),
          UNIT(what_was_certified_is_not_certified_for_another),
          UNIT(a_policy_turns_off_what_may_be_turned_off),
          UNIT(without_a_store_the_request_is_judged_alone))
