/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/call.c and module.c: what each action does. */
#include "fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const CK_ULONG size_1024 = 128;

static CK_SESSION_HANDLE session;
static struct fixture_pair pair;

static void start(const char *settings)
{
    session = fixture_start(settings);
    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
}

static CK_RV sign(CK_BYTE sig[FIXTURE_SIG_MAX], CK_ULONG *len)
{
    return fixture_sign(session, CKM_SHA256_RSA_PKCS, pair.private_key, sig,
                        len);
}

static bool verifies(const CK_BYTE *sig, CK_ULONG len)
{
    return fixture_verify(session, pair.public_key, CKM_SHA256_RSA_PKCS, sig,
                          len);
}

static void every_function_is_in_the_list(void)
{
    void *pointers[68];

    fixture_load();
    CU_ASSERT_EQUAL(ck->version.major, 2);
    CU_ASSERT_EQUAL(ck->version.minor, 40);
    CU_ASSERT_EQUAL_FATAL(sizeof(*ck) -
                              offsetof(CK_FUNCTION_LIST, C_Initialize),
                          sizeof(pointers));
    memcpy(pointers, &ck->C_Initialize, sizeof(pointers));
    for (size_t i = 0; i < 68; i++)
        CU_ASSERT_PTR_NOT_NULL(pointers[i]);
}

static void unsupported_function_says_so(void)
{
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};

    start("");
    CU_ASSERT_EQUAL(ck->C_DigestInit(session, &mechanism),
                    CKR_FUNCTION_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(ck->C_WaitForSlotEvent(0, NULL, NULL),
                    CKR_FUNCTION_NOT_SUPPORTED);
    fixture_stop();
}

static void forced_error_ends_the_operation(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_DEVICE_ERROR);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_TRUE(verifies(sig, len));
    fixture_no_violation();
    fixture_stop();
}

static void forced_error_of_c_initialize_leaves_it_uninitialised(void)
{
    CK_INFO info;

    CU_ASSERT_EQUAL(
        fixture_initialize("rule=C_Initialize:1=rv=CKR_DEVICE_ERROR"),
        CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    fault.clear_rules();
    CU_ASSERT_EQUAL(fixture_initialize(""), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    fixture_stop();
}

static void forced_error_of_c_close_session_closes_it(void)
{
    start("");
    CU_ASSERT_EQUAL(fault.rule("C_CloseSession -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(ck->C_CloseSession(session), CKR_DEVICE_ERROR);
    fault.clear_rules();
    CU_ASSERT_EQUAL(ck->C_Finalize(NULL), CKR_OK);
    fixture_no_violation();
    fault.reset();
}

static void outputs_are_spoilt_as_told(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX], second[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> bitflip"), 0);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(len, size_1024);
    CU_ASSERT_FALSE(verifies(sig, len));
    len = sizeof(sig);
    CU_ASSERT_EQUAL(sign(second, &len), CKR_OK);
    CU_ASSERT_TRUE(verifies(second, len));
    CU_ASSERT_NOT_EQUAL(memcmp(sig, second, size_1024), 0);

    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> short-out"), 0);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(len, size_1024 - 1);

    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> long-len"), 0);
    len = 200;
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(len, 201);
    fixture_stop();
}

static void too_small_leaves_the_operation_active(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX], input[sizeof(fixture_input)];
    CK_ULONG len = 128;

    start("");
    memcpy(input, fixture_input, sizeof(input));
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> too-small"), 0);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(len, 129);
    CU_ASSERT_EQUAL(ck->C_Sign(session, input, sizeof(input), sig, &len),
                    CKR_OK);
    CU_ASSERT_TRUE(verifies(sig, len));
    fixture_no_violation();
    fixture_stop();
}

static void other_key_signs_well_but_wrongly(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX], again[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_Sign:from=1 -> other-key"), 0);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_EQUAL(len, size_1024);
    CU_ASSERT_FALSE(verifies(sig, len));
    len = sizeof(again);
    CU_ASSERT_EQUAL(sign(again, &len), CKR_OK);
    CU_ASSERT_EQUAL(memcmp(sig, again, len), 0);
    fault.clear_rules();
    len = sizeof(sig);
    CU_ASSERT_EQUAL(sign(sig, &len), CKR_OK);
    CU_ASSERT_TRUE(verifies(sig, len));
    fixture_stop();
}

static void lie_attr_tells_a_wrong_modulus(void)
{
    CK_BYTE right[128], wrong[128], again[128];

    start("");
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_MODULUS, right, 128), 128);
    CU_ASSERT_EQUAL(fault.rule("C_GetAttributeValue:1 -> lie-attr"), 0);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_MODULUS, wrong, 128), 128);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_MODULUS, again, 128), 128);
    CU_ASSERT_NOT_EQUAL(memcmp(right, wrong, 128), 0);
    CU_ASSERT_EQUAL(memcmp(right, again, 128), 0);
    fixture_stop();
}

static void outputs_spoil_attributes_and_searches_too(void)
{
    static const struct {
        const char *rule;
        long len;
        bool same;
    } rows[] = {{"C_GetAttributeValue:1 -> bitflip", 128, false},
                {"C_GetAttributeValue:1 -> short-out", 127, true},
                {"C_GetAttributeValue:1 -> long-len", 1 << 20, true}};
    CK_BYTE right[128], wrong[128];
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;

    start("");
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_MODULUS, right, 128), 128);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CU_ASSERT_EQUAL(fault.rule(rows[i].rule), 0);
        CU_ASSERT_EQUAL(
            fixture_read(session, pair.public_key, CKA_MODULUS, wrong, 128),
            rows[i].len);
        CU_ASSERT_EQUAL(memcmp(right, wrong, 127) == 0, rows[i].same);
        fault.clear_rules();
    }
    CU_ASSERT_EQUAL(fault.rule("C_FindObjects:1 -> long-len"), 0);
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_FindObjects(session, found, 2, &count), CKR_OK);
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_EQUAL(ck->C_FindObjectsFinal(session), CKR_OK);
    fixture_stop();
}

static long ms_of_get_info(void)
{
    struct timespec from, to;
    CK_INFO info;

    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    return (to.tv_sec - from.tv_sec) * 1000 +
           (to.tv_nsec - from.tv_nsec) / 1000000;
}

static void delay_and_latency_take_time(void)
{
    long took;

    start("");
    CU_ASSERT_EQUAL(fault.rule("C_GetInfo:1 -> delay=60"), 0);
    CU_ASSERT_TRUE(ms_of_get_info() >= 60);
    CU_ASSERT_EQUAL(fault.set("latency=C_GetInfo:40"), 0);
    CU_ASSERT_TRUE(ms_of_get_info() >= 40);
    CU_ASSERT_EQUAL(fault.set("latency=C_GetInfo:0 latency=50"), 0);
    CU_ASSERT_TRUE(ms_of_get_info() >= 50);
    CU_ASSERT_EQUAL(fault.set("latency=20.5"), 0);
    took = ms_of_get_info();
    CU_ASSERT_TRUE(took >= 20 && took < 205);
    CU_ASSERT_EQUAL(fault.set("latency=0"), 0);
    fixture_stop();
}

static int call_under_rule(void *rule)
{
    char *text = fixture_text("rule=%s", (const char *)rule);
    CK_INFO info;

    if (fixture_initialize(text) != CKR_OK)
        return 99;
    free(text);
    return ck->C_GetInfo(&info) == CKR_OK ? 0 : 98;
}

static void deadly_actions_kill_the_caller(void)
{
    static char killing[] = "C_GetInfo=kill", crash[] = "C_GetInfo:1=segv",
                stop[] = "C_GetInfo=abort", leave[] = "C_GetInfo=exit=7",
                none[] = "C_GetInfo:2=kill", third[] = "*:2=kill";
    int status;

    fixture_load();
    status = fixture_child(call_under_rule, killing);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    status = fixture_child(call_under_rule, crash);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = fixture_child(call_under_rule, stop);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = fixture_child(call_under_rule, leave);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = fixture_child(call_under_rule, none);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    status = fixture_child(call_under_rule, third);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void hang_never_returns(void)
{
    static char rule[] = "C_GetInfo=hang";
    struct timespec wait = {.tv_nsec = 200000000};
    int status = 0;
    pid_t child;

    fixture_load();
    child = fork();
    if (child == 0)
        _exit(call_under_rule(rule));
    (void)nanosleep(&wait, NULL);
    CU_ASSERT_EQUAL(waitpid(child, &status, WNOHANG), 0);
    CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
}

UNIT_MAIN("call", UNIT(every_function_is_in_the_list),
          UNIT(unsupported_function_says_so),
          UNIT(forced_error_ends_the_operation),
          UNIT(forced_error_of_c_initialize_leaves_it_uninitialised),
          UNIT(forced_error_of_c_close_session_closes_it),
          UNIT(outputs_are_spoilt_as_told),
          UNIT(too_small_leaves_the_operation_active),
          UNIT(other_key_signs_well_but_wrongly),
          UNIT(lie_attr_tells_a_wrong_modulus),
          UNIT(outputs_spoil_attributes_and_searches_too),
          UNIT(delay_and_latency_take_time),
          UNIT(deadly_actions_kill_the_caller), UNIT(hang_never_returns))
