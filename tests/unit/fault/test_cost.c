/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/cost.c: signatures that are none, and what they cost. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 7, PAIRS = 20000, FRACTION = 4 };

static void octets_have_the_length_of_a_signature(void)
{
    CK_SESSION_HANDLE session = fixture_start("cost=none");
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);
    struct fixture_pair pair;

    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    CU_ASSERT_EQUAL(len, 128);
    CU_ASSERT_FALSE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    CU_ASSERT_EQUAL(fault.count("C_Sign"), 0);
    len = 127;
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(len, 128);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key + 99, sig, &len),
        CKR_KEY_HANDLE_INVALID);
    fixture_stop();
}

static void it_can_be_turned_off_and_on(void)
{
    CK_SESSION_HANDLE session = fixture_start("cost=none");
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);
    struct fixture_pair pair;

    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fault.set("cost=full"), 0);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    CU_ASSERT_TRUE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    CU_ASSERT_EQUAL(fault.count("C_Sign"), 1);
    CU_ASSERT_EQUAL(fault.set("cost=none"), 0);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    CU_ASSERT_EQUAL(fault.count("C_Sign"), 1);
    fixture_stop();
}

static double seconds(void)
{
    struct timespec time = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One round, in seconds a pair of calls. */
static double time_free(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE sig[FIXTURE_SIG_MAX], input[20] = {0};
    double start = seconds();

    for (int i = 0; i < PAIRS; i++) {
        CK_ULONG len = sizeof(sig);

        (void)ck->C_SignInit(session, &mechanism, key);
        (void)ck->C_Sign(session, input, sizeof(input), sig, &len);
    }
    return (seconds() - start) / PAIRS;
}

static double time_counted(CK_SESSION_HANDLE session)
{
    double start = seconds();
    CK_SESSION_INFO info;

    for (int i = 0; i < 2 * PAIRS; i++)
        (void)ck->C_GetSessionInfo(session, &info);
    return (seconds() - start) / PAIRS;
}

/* Beside calls that are counted and checked, so that slow machines and
 * instrumented builds are judged alike; the best of several rounds. */
static void a_pair_of_calls_costs_a_fraction_of_others(void)
{
    CK_SESSION_HANDLE session = fixture_start("cost=none");
    struct fixture_pair pair;
    double best = 1, counted = 1;

    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        double took = time_free(session, pair.private_key);

        best = took < best ? took : best;
        took = time_counted(session);
        counted = took < counted ? took : counted;
    }
    (void)printf(" %.1f ns a pair of calls, others %.1f ns... ", best * 1e9,
                 counted * 1e9);
    CU_ASSERT_TRUE(best * FRACTION < counted);
    fixture_stop();
}

UNIT_MAIN("cost", UNIT(octets_have_the_length_of_a_signature),
          UNIT(it_can_be_turned_off_and_on),
          UNIT(a_pair_of_calls_costs_a_fraction_of_others))
