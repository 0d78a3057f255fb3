/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as text, and what proves a principal. */
#include <stdio.h>
#include <string.h>

#include "issuer/acl.h"
#include "unit.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

#define RULE                                                            \
    "op=renew,sub-enroll url=https://*.example.com/_wmcs "              \
    "guid={11111111-2222-3333-4444-555555555555} subject-key=" HEX_B    \
    " rights=issue-license max-validity=90min "                         \
    "not-after=2030-02-28T23:59:58Z expires=2031-01-01T00:00:00Z "      \
    "key=rsa:2048-3072 quota=2/36h outstanding=3 require=approval:ops " \
    "why=\"CR 1\""

static const char text[] =
    "privyseal-acl 1\n"
    "principal lab unix-group:lab\n"
    "principal lab key-sha256:" HEX_A " expires=2027-01-01T00:00:00Z\n"
    "principal ops unix-user:anna\n"
    "principal old key-sha256:" HEX_B " expires=2020-01-01T00:00:00Z\n"
    "allow lab " RULE "\n"
    "deny * op=* url=https://a.example.com/* # no more\n"
    "end 6\n";

static const int64_t now = INT64_C(1795255200);   /* 2026-11-21 */
static const int64_t later = INT64_C(1800000000); /* 2027-01-15 */

static struct iss_acl *list(const char *whole)
{
    struct iss_error error = {.status = ISS_OK};
    struct iss_acl *acl = NULL;

    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("acl", whole, strlen(whole), &acl, &error), ISS_OK);
    return acl;
}

struct seen {
    size_t count;
    unsigned line[4];
    bool deny[4];
    char principal[4][16], text[4][1024];
};

static void take(void *arg, const struct iss_acl_view *view)
{
    struct seen *seen = arg;

    CU_ASSERT_FATAL(seen->count < 4);
    seen->line[seen->count] = view->line;
    seen->deny[seen->count] = view->deny;
    (void)snprintf(seen->principal[seen->count], 16, "%s", view->principal);
    (void)snprintf(seen->text[seen->count++], 1024, "%s", view->text);
}

static void every_word_of_a_rule_comes_back(void)
{
    struct iss_acl *acl = list(text);
    struct seen seen = {.count = 0};

    iss_acl_each(acl, take, &seen);
    iss_acl_free(acl);
    CU_ASSERT_EQUAL_FATAL(seen.count, 2);
    CU_ASSERT_EQUAL(seen.line[0], 6);
    CU_ASSERT_FALSE(seen.deny[0]);
    CU_ASSERT_STRING_EQUAL(seen.principal[0], "lab");
    CU_ASSERT_STRING_EQUAL(seen.text[0], RULE);
    CU_ASSERT_TRUE(seen.deny[1]);
    CU_ASSERT_STRING_EQUAL(seen.principal[1], "*");
    CU_ASSERT_STRING_EQUAL(seen.text[1], "op=* url=https://a.example.com/*");
}

/* What is printed may be written into a list: it means the same. */
static void the_text_of_a_rule_is_a_rule(void)
{
    struct iss_acl *acl = list(text), *again;
    struct seen seen = {.count = 0}, twice = {.count = 0};
    char whole[4096];

    iss_acl_each(acl, take, &seen);
    (void)snprintf(whole, sizeof(whole),
                   "privyseal-acl 1\nprincipal lab unix-group:lab\n"
                   "principal ops unix-user:anna\nallow lab %s\ndeny * %s\n"
                   "end 4\n",
                   seen.text[0], seen.text[1]);
    again = list(whole);
    iss_acl_each(again, take, &twice);
    CU_ASSERT_STRING_EQUAL(seen.text[0], twice.text[0]);
    CU_ASSERT_STRING_EQUAL(seen.text[1], twice.text[1]);
    iss_acl_free(acl);
    iss_acl_free(again);
}

static void a_key_proves_before_a_group_and_not_when_it_has_expired(void)
{
    struct iss_acl *acl = list(text);
    char value[ISS_ACL_VALUE_SIZE];
    struct iss_acl_proof proof;
    enum iss_acl_cause cause;

    CU_ASSERT_TRUE_FATAL(iss_acl_proof_of(acl, "lab", now, value, &proof));
    CU_ASSERT_EQUAL(proof.kind, ISS_ACL_KEY_SHA256);
    CU_ASSERT_STRING_EQUAL(proof.value, HEX_A);
    CU_ASSERT_STRING_EQUAL(iss_acl_who(acl, &proof, 1, now, &cause), "lab");
    CU_ASSERT_TRUE_FATAL(iss_acl_proof_of(acl, "lab", later, value, &proof));
    CU_ASSERT_EQUAL(proof.kind, ISS_ACL_UNIX_GROUP);
    CU_ASSERT_STRING_EQUAL(iss_acl_who(acl, &proof, 1, later, &cause), "lab");
    CU_ASSERT_FALSE(iss_acl_proof_of(acl, "old", now, value, &proof));
    CU_ASSERT_FALSE(iss_acl_proof_of(acl, "nobody", now, value, &proof));
    iss_acl_free(acl);
}

UNIT_MAIN("acl_look", UNIT(every_word_of_a_rule_comes_back),
          UNIT(the_text_of_a_rule_is_a_rule),
          UNIT(a_key_proves_before_a_group_and_not_when_it_has_expired))
