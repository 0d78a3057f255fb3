/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/policy.h"

#include <string.h>

#include "unit.h"

static enum iss_status read_policy(const char *text, struct iss_policy *policy)
{
    return iss_policy_read("policy", text, strlen(text), policy, NULL);
}

static void the_default_refuses_everything_that_is_wrong(void)
{
    struct iss_policy policy;

    CU_ASSERT_EQUAL(iss_policy_read("policy", NULL, 0, &policy, NULL), ISS_OK);
    for (size_t i = 0; i < ISS_POLICY_CHECKS; i++)
        CU_ASSERT_EQUAL(policy.levels[i], ISS_LEVEL_REFUSE);
    CU_ASSERT_EQUAL(policy.key_min, 2048);
    CU_ASSERT_EQUAL(policy.key_max, 4096);
    CU_ASSERT_EQUAL(policy.years, 0);
}

static void every_check_of_the_documents_can_be_named(void)
{
    struct iss_policy policy;

    CU_ASSERT_EQUAL(
        read_policy("[policy]\nform = refuse\nproof = warn\nversion = off\n"
                    "key-size = warn\nkey-weak = off\nkey-reuse = warn\n"
                    "guid-reuse = warn\nurl-form = off\nurl-reuse = off\n"
                    "name = off\nrevocation = warn\nborn = off\nexpiry = off\n"
                    "key-min = 3072\nkey-max = 8192\n"
                    "url-allow = https://a.example/* https://*.b.example\n"
                    "validity = 2y\n",
                    &policy),
        ISS_OK);
    CU_ASSERT_EQUAL(policy.levels[0], ISS_LEVEL_WARN);
    CU_ASSERT_EQUAL(policy.key_min, 3072);
    CU_ASSERT_EQUAL(policy.years, 2);
}

static void what_must_not_be_turned_off_is_not(void)
{
    static const char *const bad[] = {"[policy]\nform = off\n",
                                      "[policy]\nform = warn\n",
                                      "[policy]\nproof = maybe\n",
                                      "[policy]\nkey-min = 1024\n",
                                      "[policy]\nkey-min = 2048.0\n",
                                      "[policy]\nvalidity = 365d\n",
                                      "[policies]\n",
                                      "[policy]\nproof = off\nproof = off\n",
                                      "[policy]\nsignature = off\n"};
    struct iss_policy policy;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(read_policy(bad[i], &policy), ISS_USAGE);
}

static void patterns_match_as_the_documents_say(void)
{
    static const struct {
        const char *pattern, *url;
        bool matches;
    } cases[] = {
        {"https://a.example/x", "https://a.example/x", true},
        {"https://a.example/x", "https://a.example/x/y", false},
        {"https://a.example/x", "http://a.example/x", false},
        {"https://a.example/*", "https://a.example/x/y", true},
        {"https://a.example/*", "https://a.example", false},
        {"https://a.example/x/*", "https://a.example/xy", false},
        {"https://*.example/*", "https://a.example/x", true},
        {"https://*.example/*", "https://a.b.example/x", false},
        {"https://*.example/*", "https://example/x", false},
        {"https://*.example/*", "https://.example/x", false},
        {"https://a.example:8443/x", "https://a.example/x", false},
        {"https://a.example/x", "https://a.example:8443/x", false},
        {"https://a.example", "https://a.example.evil", false},
        {"*", "https://a.example", false},
        {"https://*", "https://a.example", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CU_ASSERT_EQUAL(iss_url_matches(cases[i].pattern,
                                        strlen(cases[i].pattern), cases[i].url),
                        cases[i].matches);
}

UNIT_MAIN("policy", UNIT(the_default_refuses_everything_that_is_wrong),
          UNIT(every_check_of_the_documents_can_be_named),
          UNIT(what_must_not_be_turned_off_is_not),
          UNIT(patterns_match_as_the_documents_say))
