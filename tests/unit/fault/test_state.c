/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/state.c: lost sessions, and what is a violation. */
#include "fixture.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, SIGNATURES = 20 };

static CK_SESSION_HANDLE session;
static struct fixture_pair pair;

static void start(const char *settings)
{
    session = fixture_start(settings);
    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
}

static CK_RV sign_with(CK_SESSION_HANDLE in, CK_OBJECT_HANDLE key)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    return fixture_sign(in, CKM_RSA_PKCS, key, sig, &len);
}

static CK_SESSION_HANDLE log_in_again(void)
{
    static CK_BYTE pin[] = "1234";
    CK_SESSION_HANDLE fresh = fixture_session();

    CU_ASSERT_EQUAL(ck->C_Login(fresh, CKU_USER, pin, 4), CKR_OK);
    return fresh;
}

static CK_OBJECT_HANDLE private_key_of(CK_SESSION_HANDLE in, CK_BYTE id)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_ID, &id, 1}};
    CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;

    CU_ASSERT_EQUAL(fixture_find(in, template, 2, &found, 1), 1);
    return found;
}

static void stale_invalidates_sessions_and_objects(void)
{
    CK_SESSION_HANDLE fresh;

    start("");
    fault.stale();
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key),
                    CKR_SESSION_HANDLE_INVALID);
    fresh = log_in_again();
    CU_ASSERT_NOT_EQUAL(fresh, session);
    CU_ASSERT_EQUAL(sign_with(fresh, pair.private_key), CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(sign_with(fresh, private_key_of(fresh, 1)), CKR_OK);
    fixture_no_violation();
    fixture_stop();
}

static void renumbered_handle_leads_to_another_key(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);
    struct fixture_pair second;
    CK_SESSION_HANDLE fresh;
    CK_BYTE id = 0;

    start("");
    CU_ASSERT_EQUAL(fixture_pair(session, 2, NULL, 0, &second), CKR_OK);
    fault.renumber();
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key),
                    CKR_SESSION_HANDLE_INVALID);
    fresh = log_in_again();
    CU_ASSERT_EQUAL(
        fixture_sign(fresh, CKM_RSA_PKCS, pair.private_key, sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(fresh, pair.private_key, CKA_ID, &id, 1), 1);
    CU_ASSERT_EQUAL(id, 2);
    CU_ASSERT_NOT_EQUAL(private_key_of(fresh, 1), pair.private_key);
    fixture_stop();
}

static void removed_token_is_gone_until_inserted(void)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE fresh;

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_SignInit:1 -> remove"), 0);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key), CKR_DEVICE_REMOVED);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_TOKEN_NOT_PRESENT);
    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    CU_ASSERT_EQUAL(count, 0);
    count = 4;
    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_FALSE, slots, &count), CKR_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(ck->C_GetSlotInfo(slots[0], &slot_info), CKR_OK);
    CU_ASSERT_EQUAL(slot_info.flags & CKF_TOKEN_PRESENT, 0);
    fault.insert();
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key),
                    CKR_SESSION_HANDLE_INVALID);
    fresh = log_in_again();
    CU_ASSERT_EQUAL(sign_with(fresh, private_key_of(fresh, 1)), CKR_OK);
    fixture_stop();
}

static void removed_token_comes_back_after_its_time(void)
{
    struct timespec wait = {.tv_nsec = 60000000};
    CK_TOKEN_INFO info;

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_SignInit:1 -> remove=50"), 0);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key), CKR_DEVICE_REMOVED);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_TOKEN_NOT_PRESENT);
    (void)nanosleep(&wait, NULL);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    fixture_stop();
}

static void logout_in_the_middle_of_an_operation_is_told(void)
{
    static CK_BYTE pin[] = "1234";

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> logout"), 0);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key),
                    CKR_USER_NOT_LOGGED_IN);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key), CKR_OK);
    fixture_no_violation();
    fixture_stop();
}

static void auto_logout_comes_after_idle_time(void)
{
    struct timespec wait = {.tv_nsec = 800000000};

    start("auto-logout=500");
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key), CKR_OK);
    (void)nanosleep(&wait, NULL);
    CU_ASSERT_NOT_EQUAL(sign_with(session, pair.private_key), CKR_OK);
    fixture_no_violation();
    fixture_stop();
}

static void max_sessions_is_a_limit_and_is_announced(void)
{
    CK_SESSION_HANDLE second, third;
    CK_TOKEN_INFO info;

    start("max-sessions=2");
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(info.ulMaxSessionCount, 2);
    second = fixture_session();
    CU_ASSERT_EQUAL(
        ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &third),
        CKR_SESSION_COUNT);
    CU_ASSERT_EQUAL(ck->C_CloseSession(second), CKR_OK);
    third = fixture_session();
    CU_ASSERT_NOT_EQUAL(third, CK_INVALID_HANDLE);
    fixture_stop();
}

/* ---- violations -------------------------------------------------------- */

static void *get_session_info(void *arg)
{
    CK_SESSION_INFO info;

    (void)arg;
    (void)ck->C_GetSessionInfo(session, &info);
    return NULL;
}

static void two_threads_in_one_session_are_a_violation(void)
{
    struct timespec wait = {.tv_nsec = 1000000};
    pthread_t other;

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_GetSessionInfo:1 -> delay=300"), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, get_session_info, NULL),
                          0);
    while (fault.count("C_GetSessionInfo") == 0)
        (void)nanosleep(&wait, NULL);
    wait.tv_nsec = 50000000;
    (void)nanosleep(&wait, NULL);
    (void)get_session_info(NULL);
    CU_ASSERT_EQUAL(pthread_join(other, NULL), 0);
    fixture_one_violation("thread: C_GetSessionInfo: ");
    fixture_stop();
}

static void *sign_in_own_session(void *arg)
{
    CK_SESSION_HANDLE own = fixture_session();

    (void)arg;
    for (int i = 0; i < SIGNATURES; i++) {
        if (sign_with(own, pair.private_key) != CKR_OK)
            CU_FAIL("signature failed");
    }
    (void)ck->C_CloseSession(own);
    return NULL;
}

static void threads_with_own_sessions_are_none(void)
{
    pthread_t threads[THREADS];

    start("");
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, sign_in_own_session, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
    CU_ASSERT_EQUAL(fault.count("C_Sign"), (unsigned long)THREADS * SIGNATURES);
    fixture_no_violation();
    fixture_stop();
}

static void wrong_order_of_calls_is_a_violation(void)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE sig[FIXTURE_SIG_MAX], input[4] = "abc";
    CK_ULONG len = sizeof(sig);

    start("");
    CU_ASSERT_EQUAL(ck->C_Sign(session, input, 4, sig, &len),
                    CKR_OPERATION_NOT_INITIALIZED);
    fixture_one_violation("state: C_Sign: ");
    fault.reset();
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_OPERATION_ACTIVE);
    fixture_one_violation("state: C_SignInit: ");
    fault.reset();
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, NULL, 0),
                    CKR_OPERATION_ACTIVE);
    fixture_one_violation("state: C_FindObjectsInit: ");
    fixture_stop();
}

static void too_small_buffer_is_a_violation_and_untouched(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = 100;

    start("");
    memset(sig, 0xa5, sizeof(sig));
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(len, 128);
    for (size_t i = 0; i < sizeof(sig); i++)
        CU_ASSERT_EQUAL(sig[i], 0xa5);
    fixture_one_violation("buffer: C_Sign: ");
    fixture_stop();
}

static void session_left_open_is_a_violation(void)
{
    start("");
    CU_ASSERT_EQUAL(ck->C_Finalize(NULL), CKR_OK);
    fixture_one_violation("finalize: C_Finalize: ");
    fault.reset();
}

static int sign_in_child(void *arg)
{
    char text[256];
    CK_SESSION_INFO info;

    (void)arg;
    if (ck->C_GetSessionInfo(session, &info) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 1;
    if (fault.violations(text, sizeof(text)) != 1 ||
        strncmp(text, "fork: C_GetSessionInfo: ", 24) != 0)
        return 2;
    if (ck->C_Initialize(NULL) != CKR_OK)
        return 3;
    if (ck->C_GetSessionInfo(session, &info) != CKR_SESSION_HANDLE_INVALID)
        return 4;
    return 0;
}

static void child_must_initialise_anew(void)
{
    int status;

    start("");
    status = fixture_child(sign_in_child, NULL);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    CU_ASSERT_EQUAL(sign_with(session, pair.private_key), CKR_OK);
    fixture_no_violation();
    fixture_stop();
}

static int sign_as_new_process(void *arg)
{
    CK_SESSION_HANDLE own;

    (void)arg;
    (void)alarm(20); /* a lock that a thread of the parent held */
    if (fixture_again() != CKR_OK)
        return 1;
    own = log_in_again();
    return sign_with(own, private_key_of(own, 1)) == CKR_OK ? 0 : 2;
}

static void child_of_a_busy_process_works(void)
{
    pthread_t threads[THREADS];

    start("");
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&threads[i], NULL, sign_in_own_session, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(fixture_child(sign_as_new_process, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
    fixture_no_violation();
    fixture_stop();
}

static void violations_not_looked_for_are_not_counted(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = 100;

    start("strict=thread,state");
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_BUFFER_TOO_SMALL);
    fixture_no_violation();
    fixture_stop();
}

UNIT_MAIN("state", UNIT(stale_invalidates_sessions_and_objects),
          UNIT(renumbered_handle_leads_to_another_key),
          UNIT(removed_token_is_gone_until_inserted),
          UNIT(removed_token_comes_back_after_its_time),
          UNIT(logout_in_the_middle_of_an_operation_is_told),
          UNIT(auto_logout_comes_after_idle_time),
          UNIT(max_sessions_is_a_limit_and_is_announced),
          UNIT(two_threads_in_one_session_are_a_violation),
          UNIT(threads_with_own_sessions_are_none),
          UNIT(wrong_order_of_calls_is_a_violation),
          UNIT(too_small_buffer_is_a_violation_and_untouched),
          UNIT(session_left_open_is_a_violation),
          UNIT(child_must_initialise_anew), UNIT(child_of_a_busy_process_works),
          UNIT(violations_not_looked_for_are_not_counted))
