/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions that the text of docs/formats/acl.md states in words; all the
 * combinations are left to tests/check/acl_agrees.py. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "issuer/acl.h"
#include "unit.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

enum { TEXT_SIZE = 4096, DAY = 86400 };

/* 2027-01-15 and a year later, both at 08:00:00. */
static const int64_t now = INT64_C(1800000000);
static const int64_t in_a_year = INT64_C(1831536000);

static const struct iss_acl_proof key_a = {ISS_ACL_KEY_SHA256, HEX_A};
static const struct iss_acl_proof user_anna = {ISS_ACL_UNIX_USER, "anna"};

static struct iss_acl *list(unsigned rules, const char *text)
{
    char whole[TEXT_SIZE];
    struct iss_error error = {.status = ISS_OK};
    struct iss_acl *acl = NULL;
    const int len = snprintf(whole, sizeof(whole),
                             "privyseal-acl 1\n"
                             "principal lab key-sha256:" HEX_A "\n"
                             "principal ops unix-user:anna\n"
                             "%send %u\n",
                             text, rules + 2);

    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("acl", whole, (size_t)len, &acl, &error), ISS_OK);
    return acl;
}

static struct iss_acl_question question(void)
{
    return (struct iss_acl_question){
        .proofs = &key_a,
        .proof_count = 1,
        .op = ISS_ACL_SUB_ENROLL,
        .url = "https://lic.lab.example.com/_wmcs",
        .guid = "{11111111-2222-3333-4444-555555555555}",
        .whose = ISS_ACL_GUID_NEW,
        .subject_key = HEX_B,
        .key_bits = 2048,
        .years = 1,
        .now = now};
}

static struct iss_acl_decision decide(unsigned rules, const char *text,
                                      const struct iss_acl_question *q)
{
    struct iss_acl *acl = list(rules, text);
    struct iss_acl_decision decision = iss_acl_decide(acl, q, NULL, NULL);

    decision.principal = NULL; /* goes with the list */
    iss_acl_free(acl);
    return decision;
}

#define ALLOW \
    "allow lab op=sub-enroll,renew url=https://lic.lab.example.com/_wmcs"

static void nobody_is_let_in_by_an_empty_list(void)
{
    struct iss_acl_question q = question();

    CU_ASSERT_EQUAL(decide(0, "", &q).cause, ISS_ACL_NO_RULE);
    q.proof_count = 0;
    CU_ASSERT_EQUAL(decide(1, ALLOW "\n", &q).cause, ISS_ACL_NOBODY);
}

static void the_rule_that_covers_all_of_it_lets_in(void)
{
    struct iss_acl_question q = question();
    struct iss_acl_decision d = decide(1, ALLOW "\n", &q);

    CU_ASSERT_EQUAL(d.cause, ISS_ACL_ALLOWED);
    CU_ASSERT_EQUAL(d.line, 4);
    CU_ASSERT_EQUAL(d.until, in_a_year);
    d = decide(1, ALLOW " max-validity=30d\n", &q);
    CU_ASSERT_EQUAL(d.until, now + 30 * DAY);
}

static void a_deny_wins_wherever_it_stands(void)
{
    struct iss_acl_question q = question();
    struct iss_acl_decision d = decide(2, ALLOW "\ndeny * op=*\n", &q);

    CU_ASSERT_EQUAL(d.cause, ISS_ACL_DENIED);
    CU_ASSERT_EQUAL(d.line, 5);
    d = decide(2, "deny lab op=renew\n" ALLOW "\n", &q);
    CU_ASSERT_EQUAL(d.cause, ISS_ACL_ALLOWED);
}

static void a_key_counts_before_the_administrator(void)
{
    const struct iss_acl_proof both[] = {user_anna, key_a};
    struct iss_acl_question q = question();

    q.proofs = both;
    q.proof_count = 2;
    q.as = "lab";
    CU_ASSERT_EQUAL(decide(1, ALLOW "\n", &q).cause, ISS_ACL_ALLOWED);
    q.as = "ops";
    CU_ASSERT_EQUAL(decide(1, ALLOW "\n", &q).cause, ISS_ACL_CLAIM);
    q.proof_count = 1;
    CU_ASSERT_EQUAL(
        decide(1, "allow ops op=sub-enroll url=https://*.lab.example.com/*\n",
               &q)
            .cause,
        ISS_ACL_ALLOWED);
}

static void an_expired_credential_does_not_exist(void)
{
    static const char text[] =
        "principal old slc-sha256:" HEX_B " expires=2027-01-15T08:00:00Z\n";
    const struct iss_acl_proof slc = {ISS_ACL_SLC_SHA256, HEX_B};
    struct iss_acl_question q = question();

    q.proofs = &slc;
    CU_ASSERT_EQUAL(decide(1, text, &q).cause, ISS_ACL_NOBODY);
    q.now = now - 1;
    CU_ASSERT_EQUAL(decide(1, text, &q).cause, ISS_ACL_NO_RULE);
}

static void what_a_rule_does_not_state_is_narrow(void)
{
    const struct iss_acl_past past = {ISS_ACL_SUB_ENROLL, now - 30 * DAY + 1};
    struct iss_acl_question q = question();
    struct iss_acl_decision d;

    q.past = &past;
    q.past_count = 1;
    q.outstanding = 1;
    q.key_bits = 8192;
    q.whose = ISS_ACL_GUID_OTHER;
    q.days = 366;
    d = decide(1, ALLOW "\n", &q);
    CU_ASSERT_EQUAL(d.cause, ISS_ACL_NO_RULE);
    CU_ASSERT_EQUAL(d.nearest, 4);
    CU_ASSERT_EQUAL(d.why, 1U << ISS_ACL_WHY_GUID | 1U << ISS_ACL_WHY_KEY |
                               1U << ISS_ACL_WHY_VALIDITY |
                               1U << ISS_ACL_WHY_QUOTA |
                               1U << ISS_ACL_WHY_OUTSTANDING);
}

static void nobody_approves_for_himself(void)
{
    struct iss_acl_question q = question();

    q.approver = &user_anna;
    q.approver_count = 1;
    CU_ASSERT_EQUAL(decide(1, ALLOW " require=approval:ops\n", &q).cause,
                    ISS_ACL_ALLOWED);
    q.approver = &key_a;
    CU_ASSERT_EQUAL(decide(1, ALLOW " require=approval:lab\n", &q).why,
                    1U << ISS_ACL_WHY_APPROVAL);
}

static void a_url_that_is_not_in_normal_form_matches_nothing(void)
{
    struct iss_acl_question q = question();

    q.url = "https://lic.lab.example.com:443/_wmcs";
    CU_ASSERT_EQUAL(
        decide(1, "allow lab op=sub-enroll url=https://*.lab.example.com/*\n",
               &q)
            .why,
        1U << ISS_ACL_WHY_URL);
}

static void count_warning(void *arg, unsigned line, const char *text)
{
    char *all = arg;
    const size_t used = strlen(all);

    (void)snprintf(all + used, TEXT_SIZE - used, "%u %s\n", line, text);
}

static void the_review_names_what_is_doubtful(void)
{
    static const char *const wanted[] = {
        "3 no rule speaks of this principal",
        "4 the requester chooses the host's first label: name the host",
        "4 the requester chooses the path: name it",
        "4 never ends: state not-after= or expires=",
        "5 allows nothing: a count of 0",
        "6 allows nothing: its not-after is past",
        "5 allows nothing: the deny of line 7 covers all of it"};
    struct iss_acl *acl =
        list(4, "allow lab op=renew url=https://*.example.com/*\n"
                "allow lab op=rekey url=https://a.example.com/x quota=0/1d\n"
                "allow lab op=renew url=https://a.example.com/x "
                "not-after=2026-01-01T00:00:00Z\n"
                "deny * op=rekey\n");
    char all[TEXT_SIZE] = "";

    iss_acl_review(acl, now, count_warning, all);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(all, wanted[i]));
    iss_acl_free(acl);
}

UNIT_MAIN("acl_decide", UNIT(nobody_is_let_in_by_an_empty_list),
          UNIT(the_rule_that_covers_all_of_it_lets_in),
          UNIT(a_deny_wins_wherever_it_stands),
          UNIT(a_key_counts_before_the_administrator),
          UNIT(an_expired_credential_does_not_exist),
          UNIT(what_a_rule_does_not_state_is_narrow),
          UNIT(nobody_approves_for_himself),
          UNIT(a_url_that_is_not_in_normal_form_matches_nothing),
          UNIT(the_review_names_what_is_doubtful))
