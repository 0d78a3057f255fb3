/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/rules.c: which call a rule hits. */
#include "fixture.h"

#include <string.h>

enum { CALLS = 6 };

/* Which of the first calls of C_GetInfo fail: "..x..." */
static void pattern(const char *rule, char out[CALLS + 1])
{
    CK_INFO info;

    fault.clear_rules();
    CU_ASSERT_EQUAL(fault.rule(rule), 0);
    for (int i = 0; i < CALLS; i++)
        out[i] = ck->C_GetInfo(&info) == CKR_DEVICE_ERROR ? 'x' : '.';
    out[CALLS] = '\0';
}

static void rule_hits_the_calls_that_it_names(void)
{
    static const struct {
        const char *rule, *hits;
    } rows[] = {
        {"C_GetInfo -> rv=CKR_DEVICE_ERROR", "xxxxxx"},
        {"C_GetInfo:2 -> rv=CKR_DEVICE_ERROR", ".x...."},
        {"C_GetInfo:every=3 -> rv=CKR_DEVICE_ERROR", "..x..x"},
        {"C_GetInfo:from=4 -> rv=CKR_DEVICE_ERROR", "...xxx"},
        {"C_GetInfo=rv=CKR_DEVICE_ERROR", "xxxxxx"},
        {"C_GetInfo:2=rv=CKR_DEVICE_ERROR", ".x...."},
        {"C_GetInfo:every=3=rv=0x30", "..x..x"},
        {"C_GetInfo:from=4=rv=48", "...xxx"},
        {"*:5 -> rv=CKR_DEVICE_ERROR", "....x."},
        {"*:5=rv=CKR_DEVICE_ERROR", "....x."},
        {"C_GetSlotInfo -> rv=CKR_DEVICE_ERROR", "......"},
    };
    char hits[CALLS + 1];

    (void)fixture_start("");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pattern(rows[i].rule, hits);
        CU_ASSERT_STRING_EQUAL(hits, rows[i].hits);
    }
    fixture_stop();
}

static void star_counts_all_functions_together(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    CK_SESSION_INFO session_info;
    CK_INFO info;

    CU_ASSERT_EQUAL(fault.rule("*:3 -> rv=CKR_HOST_MEMORY"), 0);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &session_info), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_HOST_MEMORY);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    fixture_stop();
}

static void malformed_rule_is_refused(void)
{
    static const char *const rows[] = {
        "",
        "C_GetInfo",
        "C_Nothing -> hang",
        "C_GetInfo -> explode",
        "C_GetInfo -> rv",
        "C_GetInfo -> rv=CKR_NONSENSE",
        "C_GetInfo -> hang=3",
        "C_GetInfo:0 -> hang",
        "C_GetInfo:x -> hang",
        "C_GetInfo:every= -> hang",
        "C_GetInfo:prob=2 -> hang",
        "C_GetInfo:prob=1.000001 -> hang",
        "C_GetInfo:prob=.5 -> hang",
        "C_GetInfo:prob=0.0000001 -> hang",
    };

    fixture_load();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(fault.rule(rows[i]), -1);
}

/* Which of 500 calls fail, one octet each; their number. */
static unsigned chance(const char *settings, const char *rule, char hits[500])
{
    unsigned count = 0;
    CK_INFO info;

    (void)fixture_start(settings);
    CU_ASSERT_EQUAL(fault.rule(rule), 0);
    for (int i = 0; i < 500; i++) {
        hits[i] = ck->C_GetInfo(&info) == CKR_DEVICE_ERROR;
        count += hits[i] != 0;
    }
    fixture_stop();
    return count;
}

/* The bounds are six standard deviations wide, and the seeds fixed. */
static void chance_hits_about_so_many_calls_the_same_again(void)
{
    static const char half[] = "C_GetInfo:prob=0.5 -> rv=CKR_DEVICE_ERROR";
    static const char tenth[] = "C_GetInfo:prob=0.1=rv=CKR_DEVICE_ERROR";
    char first[500], second[500];
    unsigned count = chance("seed=one", half, first);

    CU_ASSERT_TRUE(count > 182 && count < 318);
    CU_ASSERT_EQUAL(chance("seed=one", half, second), count);
    CU_ASSERT_EQUAL(memcmp(first, second, 500), 0);
    (void)chance("seed=two", half, second);
    CU_ASSERT_NOT_EQUAL(memcmp(first, second, 500), 0);
    count = chance("", tenth, first);
    CU_ASSERT_TRUE(count > 9 && count < 91);
    CU_ASSERT_EQUAL(chance("", "C_GetInfo:prob=1=rv=CKR_DEVICE_ERROR", first),
                    500);
    CU_ASSERT_EQUAL(chance("", "C_GetInfo:prob=0=rv=CKR_DEVICE_ERROR", first),
                    0);
}

static void reset_restarts_the_count_of_a_rule(void)
{
    CK_INFO info;

    (void)fixture_start("");
    CU_ASSERT_EQUAL(fault.rule("C_GetInfo:2 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    fault.reset();
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(fault.count("C_GetInfo"), 2);
    CU_ASSERT_EQUAL(fault.count("*"), 2);
    CU_ASSERT_EQUAL(fault.count("C_Nothing"), 0);
    fixture_stop();
}

UNIT_MAIN("rules", UNIT(rule_hits_the_calls_that_it_names),
          UNIT(star_counts_all_functions_together),
          UNIT(malformed_rule_is_refused),
          UNIT(chance_hits_about_so_many_calls_the_same_again),
          UNIT(reset_restarts_the_count_of_a_rule))
