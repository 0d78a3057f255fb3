/* SPDX-License-Identifier: Apache-2.0 */
/* Who gains and who loses, in words of docs/formats/acl.md. */
#include <stdio.h>
#include <string.h>

#include "issuer/acl.h"
#include "unit.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define LAB   "principal lab key-sha256:" HEX_A "\n"
#define OPS   "principal ops unix-user:anna\n"
#define URL   "url=https://lic.example.com/_wmcs"
#define ALLOW LAB OPS "allow lab op=sub-enroll,renew " URL

enum { TEXT_SIZE = 4096, CHANGES = 8 };

struct seen {
    size_t count;
    struct {
        bool gains;
        char principal[32], text[512];
        unsigned old_line, new_line;
    } changes[CHANGES];
};

static struct iss_acl *list(const char *text)
{
    char whole[TEXT_SIZE];
    struct iss_error error = {.status = ISS_OK};
    struct iss_acl *acl = NULL;
    unsigned statements = 0;
    int len;

    for (const char *at = text; *at != '\0'; at++)
        statements += *at == '\n';
    len = snprintf(whole, sizeof(whole), "privyseal-acl 1\n%send %u\n", text,
                   statements);
    CU_ASSERT_EQUAL_FATAL(
        iss_acl_parse("acl", whole, (size_t)len, &acl, &error), ISS_OK);
    return acl;
}

static void take(void *arg, const struct iss_acl_change *change)
{
    struct seen *seen = arg;

    CU_ASSERT_FATAL(seen->count < CHANGES);
    seen->changes[seen->count].gains = change->gains;
    seen->changes[seen->count].old_line = change->old_line;
    seen->changes[seen->count].new_line = change->new_line;
    (void)snprintf(seen->changes[seen->count].principal, 32, "%s",
                   change->principal);
    (void)snprintf(seen->changes[seen->count].text, 512, "%s", change->text);
    seen->count++;
}

static struct seen diff(const char *before, const char *after)
{
    struct iss_acl *a = list(before), *b = list(after);
    struct seen seen = {.count = 0};

    CU_ASSERT_TRUE(iss_acl_diff(a, b, take, &seen));
    iss_acl_free(a);
    iss_acl_free(b);
    return seen;
}

/* The only change, and its direction. */
static void is(const char *before, const char *after, bool gains,
               const char *part)
{
    struct seen seen = diff(before, after);

    CU_ASSERT_EQUAL_FATAL(seen.count, 1);
    CU_ASSERT_EQUAL(seen.changes[0].gains, gains);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.changes[0].text, part));
}

/* The other way round takes away what was given. */
static void both_ways(const char *narrow, const char *wide, const char *part)
{
    is(narrow, wide, true, part);
    is(wide, narrow, false, part);
}

static void order_blanks_comments_and_why_do_not_count(void)
{
    struct seen seen =
        diff(ALLOW " max-validity=1y why=\"a\"\n"
                   "deny * op=*\n",
             OPS LAB "deny  *  op=*\n"
                     "allow lab op=renew,sub-enroll  " URL " why=\"b\"\n");

    CU_ASSERT_EQUAL(seen.count, 0);
}

static void an_allow_that_is_new_gives_and_a_deny_takes_away(void)
{
    both_ways(LAB OPS, ALLOW "\n", "allow op=renew,sub-enroll " URL);
    both_ways(ALLOW "\ndeny lab op=renew\n", ALLOW "\n", "deny op=renew");
    CU_ASSERT_STRING_EQUAL(diff(LAB, LAB "deny * op=*\n").changes[0].principal,
                           "*");
}

static void wider_and_narrower_are_told_apart_by_what_is_meant(void)
{
    both_ways(ALLOW " max-validity=30d\n", ALLOW "\n", "max-validity=");
    both_ways(ALLOW " max-validity=364d\n", ALLOW " max-validity=1y\n",
              "max-validity=");
    both_ways(ALLOW " key=rsa:3072-4096\n", ALLOW "\n", "key=");
    both_ways(ALLOW "\n", ALLOW " key=rsa:2048-8192\n", "key=");
    both_ways(ALLOW "\n", ALLOW " outstanding=2\n", "outstanding=");
    both_ways(ALLOW "\n", ALLOW " quota=2/30d\n", "quota=");
    both_ways(ALLOW "\n", ALLOW " quota=1/10d\n", "quota=");
    both_ways(ALLOW " not-after=2030-01-01T00:00:00Z\n", ALLOW "\n",
              "not-after=");
    both_ways(ALLOW " expires=2030-01-01T00:00:00Z\n",
              ALLOW " expires=2031-01-01T00:00:00Z\n", "expires=");
    both_ways(ALLOW " require=approval:ops\n", ALLOW "\n", "require=");
    both_ways(ALLOW " require=mtls\n", ALLOW " require=approval:ops\n",
              "require=");
    both_ways(LAB OPS "allow lab op=renew " URL "\n", ALLOW "\n", "op=");
}

static void of_a_deny_the_wider_takes_more(void)
{
    both_ways(LAB "deny lab op=*\n", LAB "deny lab op=renew\n", "op=");
    both_ways(LAB "deny lab op=*\n", LAB "deny lab op=* key=rsa:2048\n",
              "key=");
    both_ways(LAB "deny lab op=*\n",
              LAB "deny lab op=* expires=2030-01-01T00:00:00Z\n", "expires=");
}

static void a_range_that_moves_gives_and_takes(void)
{
    struct seen seen =
        diff(ALLOW " key=rsa:2048-3072\n", ALLOW " key=rsa:3072-4096\n");

    CU_ASSERT_EQUAL_FATAL(seen.count, 2);
    CU_ASSERT_NOT_EQUAL(seen.changes[0].gains, seen.changes[1].gains);
    CU_ASSERT_EQUAL(seen.changes[0].old_line, 4);
    CU_ASSERT_EQUAL(seen.changes[0].new_line, 4);
}

static void a_rule_for_another_url_is_another_rule(void)
{
    struct seen seen =
        diff(ALLOW "\n", LAB OPS "allow lab op=sub-enroll,renew "
                                 "url=https://other.example.com/_wmcs\n");

    CU_ASSERT_EQUAL_FATAL(seen.count, 2);
    CU_ASSERT_FALSE(seen.changes[0].gains);
    CU_ASSERT_EQUAL(seen.changes[0].new_line, 0);
    CU_ASSERT_TRUE(seen.changes[1].gains);
    CU_ASSERT_EQUAL(seen.changes[1].old_line, 0);
}

static void credentials_count(void)
{
    struct seen seen = diff("principal lab key-sha256:" HEX_A "\n",
                            "principal lab key-sha256:" HEX_B "\n");

    CU_ASSERT_EQUAL_FATAL(seen.count, 2);
    CU_ASSERT_FALSE(seen.changes[0].gains);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.changes[0].text, HEX_A));
    CU_ASSERT_TRUE(seen.changes[1].gains);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.changes[1].text, HEX_B));
    both_ways("principal lab key-sha256:" HEX_A
              " expires=2030-01-01T00:00:00Z\n",
              LAB, HEX_A);
    seen = diff(LAB, "principal labs key-sha256:" HEX_A "\n");
    CU_ASSERT_EQUAL(seen.count, 2);
}

static void the_same_rule_twice_is_counted_twice(void)
{
    is(ALLOW "\n", ALLOW "\nallow lab op=sub-enroll,renew " URL "\n", true,
       "new allow");
}

UNIT_MAIN("acl_diff", UNIT(order_blanks_comments_and_why_do_not_count),
          UNIT(an_allow_that_is_new_gives_and_a_deny_takes_away),
          UNIT(wider_and_narrower_are_told_apart_by_what_is_meant),
          UNIT(of_a_deny_the_wider_takes_more),
          UNIT(a_range_that_moves_gives_and_takes),
          UNIT(a_rule_for_another_url_is_another_rule), UNIT(credentials_count),
          UNIT(the_same_rule_twice_is_counted_twice))
