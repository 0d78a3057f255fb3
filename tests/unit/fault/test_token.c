/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/token.c and token_info.c: sessions, login, PINs. */
#include "fixture.h"

#include <string.h>

static CK_BYTE pin[] = "1234", so_pin[] = "12345678", wrong[] = "4321";

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info = {.state = 99};

    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &info), CKR_OK);
    return info.state;
}

static void login_changes_the_state_of_all_sessions(void)
{
    CK_SESSION_HANDLE rw = fixture_start(""), ro = CK_INVALID_HANDLE;

    CU_ASSERT_EQUAL(ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &ro),
                    CKR_OK);
    CU_ASSERT_EQUAL(state_of(rw), CKS_RW_USER_FUNCTIONS);
    CU_ASSERT_EQUAL(state_of(ro), CKS_RO_USER_FUNCTIONS);
    CU_ASSERT_EQUAL(ck->C_Login(ro, CKU_USER, pin, 4),
                    CKR_USER_ALREADY_LOGGED_IN);
    CU_ASSERT_EQUAL(ck->C_Login(rw, CKU_SO, so_pin, 8),
                    CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    CU_ASSERT_EQUAL(ck->C_Logout(ro), CKR_OK);
    CU_ASSERT_EQUAL(state_of(rw), CKS_RW_PUBLIC_SESSION);
    CU_ASSERT_EQUAL(state_of(ro), CKS_RO_PUBLIC_SESSION);
    CU_ASSERT_EQUAL(ck->C_Logout(ro), CKR_USER_NOT_LOGGED_IN);
    CU_ASSERT_EQUAL(ck->C_Login(rw, CKU_SO, so_pin, 8),
                    CKR_SESSION_READ_ONLY_EXISTS);
    CU_ASSERT_EQUAL(ck->C_Login(rw, CKU_USER, wrong, 4), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(ck->C_Login(rw, 7, pin, 4), CKR_USER_TYPE_INVALID);
    fixture_stop();
}

static void login_ends_with_the_last_session(void)
{
    CK_SESSION_HANDLE first = fixture_start("");
    CK_SESSION_HANDLE second = fixture_session();

    CU_ASSERT_EQUAL(ck->C_CloseSession(first), CKR_OK);
    CU_ASSERT_EQUAL(state_of(second), CKS_RW_USER_FUNCTIONS);
    CU_ASSERT_EQUAL(ck->C_CloseSession(second), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_CloseSession(second), CKR_SESSION_HANDLE_INVALID);
    CU_ASSERT_EQUAL(state_of(fixture_session()), CKS_RW_PUBLIC_SESSION);
    fixture_stop();
}

static void calls_are_checked(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    CK_TOKEN_INFO info;
    CK_ULONG count = 0;
    CK_SLOT_ID slot;

    CU_ASSERT_EQUAL(
        ck->C_OpenSession(5, CKF_SERIAL_SESSION, NULL, NULL, &session),
        CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(ck->C_OpenSession(0, 0, NULL, NULL, &session),
                    CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(5, &info), CKR_SLOT_ID_INVALID);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_TRUE, &slot, &count),
                    CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(ck->C_Finalize(&count), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(ck->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    fixture_stop();
}

static void random_octets_differ(void)
{
    CK_SESSION_HANDLE session = fixture_start("");
    CK_BYTE a[32] = {0}, b[32] = {0};

    CU_ASSERT_EQUAL(ck->C_GenerateRandom(session, a, sizeof(a)), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GenerateRandom(session, b, sizeof(b)), CKR_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
    CU_ASSERT_EQUAL(ck->C_GenerateRandom(12345, a, sizeof(a)),
                    CKR_SESSION_HANDLE_INVALID);
    fixture_stop();
}

static void hidden_mechanism_is_not_there(void)
{
    CK_MECHANISM_TYPE list[64];
    CK_MECHANISM_INFO info;
    CK_ULONG all = 0, count = 64;

    (void)fixture_start("");
    CU_ASSERT_EQUAL(ck->C_GetMechanismList(0, NULL, &all), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetMechanismInfo(0, CKM_RSA_PKCS, &info), CKR_OK);
    CU_ASSERT_EQUAL(info.flags & (CKF_SIGN | CKF_DECRYPT),
                    CKF_SIGN | CKF_DECRYPT);
    CU_ASSERT_EQUAL(fault.set("no-mechanism=CKM_RSA_PKCS,CKM_RSA_X_509"), 0);
    CU_ASSERT_EQUAL(ck->C_GetMechanismList(0, list, &count), CKR_OK);
    CU_ASSERT_EQUAL(count, all - 2);
    for (CK_ULONG i = 0; i < count; i++)
        CU_ASSERT_TRUE(list[i] != CKM_RSA_PKCS && list[i] != CKM_RSA_X_509);
    CU_ASSERT_EQUAL(ck->C_GetMechanismInfo(0, CKM_RSA_PKCS, &info),
                    CKR_MECHANISM_INVALID);
    count = 1;
    CU_ASSERT_EQUAL(ck->C_GetMechanismList(0, list, &count),
                    CKR_BUFFER_TOO_SMALL);
    fixture_stop();
}

static void uninitialised_token_is_initialised_in_three_steps(void)
{
    CK_BYTE label[33] = "fresh                           ";
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    CU_ASSERT_EQUAL(fixture_initialize("initialized=no"), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
    CU_ASSERT_EQUAL(ck->C_InitToken(0, so_pin, 8, label), CKR_OK);
    session = fixture_session();
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4),
                    CKR_USER_PIN_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(ck->C_InitPIN(session, pin, 4), CKR_USER_NOT_LOGGED_IN);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_SO, so_pin, 8), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitPIN(session, pin, 2), CKR_PIN_LEN_RANGE);
    CU_ASSERT_EQUAL(ck->C_InitPIN(session, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(memcmp(info.label, label, 32), 0);
    CU_ASSERT_NOT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
    CU_ASSERT_NOT_EQUAL(info.flags & CKF_USER_PIN_INITIALIZED, 0);
    CU_ASSERT_EQUAL(ck->C_InitToken(0, so_pin, 8, label), CKR_SESSION_EXISTS);
    fixture_stop();
}

static void initialising_again_wipes_the_objects(void)
{
    CK_BYTE label[33] = "again                           ";
    CK_SESSION_HANDLE session = fixture_start("");
    struct fixture_pair pair;

    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_CloseSession(session), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitToken(0, wrong, 4, label), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(ck->C_InitToken(0, so_pin, 8, label), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(fixture_session(), NULL, 0, NULL, 0), 0);
    fixture_stop();
}

static void pin_is_changed(void)
{
    CK_SESSION_HANDLE session = fixture_start("");

    CU_ASSERT_EQUAL(ck->C_SetPIN(session, wrong, 4, wrong, 4),
                    CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(ck->C_SetPIN(session, pin, 4, wrong, 4), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, wrong, 4), CKR_OK);
    fixture_stop();
}

UNIT_MAIN("token", UNIT(login_changes_the_state_of_all_sessions),
          UNIT(login_ends_with_the_last_session), UNIT(calls_are_checked),
          UNIT(random_octets_differ), UNIT(hidden_mechanism_is_not_there),
          UNIT(uninitialised_token_is_initialised_in_three_steps),
          UNIT(initialising_again_wipes_the_objects), UNIT(pin_is_changed))
