/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/presence.c, and of several tokens in token.c: who is in
 * which slot, and that they have nothing in common. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 8 };

static CK_SLOT_ID slots[SLOTS_MAX];

static CK_ULONG list(CK_BYTE present)
{
    CK_ULONG asked = 0, count = SLOTS_MAX;

    CU_ASSERT_EQUAL(ck->C_GetSlotList(present, NULL, &asked), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetSlotList(present, slots, &count), CKR_OK);
    CU_ASSERT_EQUAL(asked, count);
    return count;
}

static CK_SESSION_HANDLE open_at(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    CU_ASSERT_EQUAL_FATAL(ck->C_OpenSession(slot,
                                            CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                            NULL, NULL, &session),
                          CKR_OK);
    return session;
}

static CK_RV login(CK_SESSION_HANDLE session, const char *pin)
{
    CK_BYTE copy[16];

    memcpy(copy, pin, strlen(pin) + 1);
    return ck->C_Login(session, CKU_USER, copy, strlen(pin));
}

static bool has_label(CK_SLOT_ID slot, const char *label)
{
    CK_TOKEN_INFO info;

    return ck->C_GetTokenInfo(slot, &info) == CKR_OK &&
           memcmp(info.label, label, strlen(label)) == 0 &&
           info.label[strlen(label)] == ' ';
}

static void end(void)
{
    fault.insert();
    for (CK_ULONG i = 0, count = list(CK_FALSE); i < count; i++)
        (void)ck->C_CloseAllSessions(slots[i]);
    fixture_stop();
}

static void two_tokens_have_labels_serials_and_pins_of_their_own(void)
{
    CK_TOKEN_INFO first, second;
    CK_SESSION_HANDLE a, b;

    CU_ASSERT_EQUAL(fixture_initialize("slots=2 label=one label-2=two "
                                       "pin=1111 pin-2=2222 serial-2=S2"),
                    CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 2);
    CU_ASSERT_TRUE(has_label(slots[0], "one"));
    CU_ASSERT_TRUE(has_label(slots[1], "two"));
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[0], &first), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[1], &second), CKR_OK);
    CU_ASSERT_EQUAL(memcmp(second.serialNumber, "S2              ", 16), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first.serialNumber, second.serialNumber, 16), 0);
    a = open_at(slots[0]);
    b = open_at(slots[1]);
    CU_ASSERT_EQUAL(login(a, "2222"), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(login(b, "1111"), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(login(a, "1111"), CKR_OK);
    CU_ASSERT_EQUAL(login(b, "2222"), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Logout(a), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Logout(b), CKR_OK);
    end();
}

static void objects_of_one_token_are_not_in_the_other(void)
{
    struct fixture_pair pair, other;
    CK_SESSION_HANDLE a, b;
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    CU_ASSERT_EQUAL(fixture_initialize("slots=2"), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 2);
    a = open_at(slots[0]);
    b = open_at(slots[1]);
    CU_ASSERT_EQUAL(login(a, "1234"), CKR_OK);
    CU_ASSERT_EQUAL(fixture_pair(b, 1, NULL, 0, &pair), CKR_USER_NOT_LOGGED_IN);
    CU_ASSERT_EQUAL(login(b, "1234"), CKR_OK);
    CU_ASSERT_EQUAL(fixture_pair(b, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(a, NULL, 0, NULL, 0), 0);
    CU_ASSERT_EQUAL(fixture_find(b, NULL, 0, NULL, 0), 2);
    CU_ASSERT_EQUAL(fixture_sign(a, CKM_RSA_PKCS, pair.private_key, sig, &len),
                    CKR_KEY_HANDLE_INVALID);
    CU_ASSERT_EQUAL(fixture_sign(b, CKM_RSA_PKCS, pair.private_key, sig, &len),
                    CKR_OK);
    CU_ASSERT_EQUAL(fixture_pair(a, 1, NULL, 0, &other), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_CloseAllSessions(slots[0]), CKR_OK);
    len = sizeof(sig);
    CU_ASSERT_EQUAL(fixture_sign(b, CKM_RSA_PKCS, pair.private_key, sig, &len),
                    CKR_OK);
    end();
}

static void tokens_in_a_folder_stay_apart(void)
{
    char *folder = unit_temp_dir(), *settings;
    struct fixture_pair pair;

    settings = fixture_text("slots=2 token-dir=%s", folder);
    for (CK_ULONG i = 0; i < 2; i++) {
        CK_SESSION_HANDLE session;

        CU_ASSERT_EQUAL(fixture_initialize(settings), CKR_OK);
        CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 2);
        session = open_at(slots[1]);
        CU_ASSERT_EQUAL(login(session, "1234"), CKR_OK);
        CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 2 * i);
        CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
        session = open_at(slots[0]);
        CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 0);
        end();
    }
    free(folder);
    free(settings);
}

static void wrong_pins_count_for_their_token(void)
{
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE a, b;

    CU_ASSERT_EQUAL(fixture_initialize("slots=2 pin-tries=2"), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 2);
    a = open_at(slots[0]);
    b = open_at(slots[1]);
    CU_ASSERT_EQUAL(login(b, "4321"), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(login(b, "4321"), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(login(b, "1234"), CKR_PIN_LOCKED);
    CU_ASSERT_EQUAL(login(a, "1234"), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[0], &info), CKR_OK);
    CU_ASSERT_EQUAL(info.flags & CKF_USER_PIN_LOCKED, 0);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[1], &info), CKR_OK);
    CU_ASSERT_NOT_EQUAL(info.flags & CKF_USER_PIN_LOCKED, 0);
    end();
}

static void a_spare_token_waits_to_be_initialised(void)
{
    CK_TOKEN_INFO info;
    CK_BYTE pin[] = "87654321", label[32];

    CU_ASSERT_EQUAL(fixture_initialize("spare=yes"), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 2);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[1], &info), CKR_OK);
    CU_ASSERT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
    memset(label, ' ', sizeof(label));
    memcpy(label, "new", 3);
    CU_ASSERT_EQUAL(ck->C_InitToken(slots[1], pin, 8, label), CKR_OK);
    CU_ASSERT_TRUE(has_label(slots[1], "new"));
    CU_ASSERT_TRUE(has_label(slots[0], "fault"));
    end();
}

static void a_late_token_comes_by_a_rule(void)
{
    CK_INFO info;

    CU_ASSERT_EQUAL(fixture_initialize("slots=2 late=yes"), CKR_OK);
    CU_ASSERT_EQUAL(list(CK_FALSE), 1);
    CU_ASSERT_EQUAL(fault.rule("C_GetInfo=appear"), 0);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_FALSE), 2);
    CU_ASSERT_TRUE(has_label(slots[1], "fault2"));
    end();
    CU_ASSERT_EQUAL(fixture_initialize("late=yes"), CKR_OK);
    CU_ASSERT_EQUAL(list(CK_FALSE), 0);
    fault.appear();
    CU_ASSERT_EQUAL(list(CK_FALSE), 1);
    end();
}

static void removal_leaves_the_second_token(void)
{
    CK_SESSION_HANDLE b;
    CK_SLOT_INFO info;
    CK_BYTE octet;

    CU_ASSERT_EQUAL(fixture_initialize("slots=2"), CKR_OK);
    fault.remove();
    CU_ASSERT_EQUAL(list(CK_FALSE), 2);
    CU_ASSERT_EQUAL(ck->C_GetSlotInfo(slots[0], &info), CKR_OK);
    CU_ASSERT_EQUAL(info.flags & CKF_TOKEN_PRESENT, 0);
    CU_ASSERT_FALSE(has_label(slots[0], "fault"));
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 1);
    b = open_at(slots[0]);
    CU_ASSERT_TRUE(has_label(slots[0], "fault2"));
    CU_ASSERT_EQUAL(ck->C_GenerateRandom(b, &octet, 1), CKR_OK);
    end();
}

static void slots_have_other_ids_after_insertion(void)
{
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session;
    CK_SLOT_ID before;

    CU_ASSERT_EQUAL(fixture_initialize("fresh-slots=yes"), CKR_OK);
    CU_ASSERT_EQUAL(list(CK_TRUE), 1);
    before = slots[0];
    fault.remove();
    CU_ASSERT_EQUAL(list(CK_TRUE), 0);
    fault.insert();
    CU_ASSERT_EQUAL(list(CK_TRUE), 1);
    CU_ASSERT_NOT_EQUAL(slots[0], before);
    CU_ASSERT_FALSE(has_label(before, "fault"));
    CU_ASSERT_TRUE(has_label(slots[0], "fault"));
    session = open_at(slots[0]);
    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &info), CKR_OK);
    CU_ASSERT_EQUAL(info.slotID, slots[0]);
    end();
}

static void a_pin_pad_takes_no_pin(void)
{
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    CU_ASSERT_EQUAL(fixture_initialize("pin-pad=yes"), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(list(CK_TRUE), 1);
    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(slots[0], &info), CKR_OK);
    CU_ASSERT_NOT_EQUAL(info.flags & CKF_PROTECTED_AUTHENTICATION_PATH, 0);
    session = open_at(slots[0]);
    CU_ASSERT_EQUAL(login(session, "1234"), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, NULL, 0), CKR_OK);
    end();
}

static void open_sessions_and_operations_are_counted(void)
{
    CK_SESSION_HANDLE session = fixture_start("slots=2");

    CU_ASSERT_EQUAL(fault.sessions(), 1);
    CU_ASSERT_EQUAL(fault.operations(), 0);
    CU_ASSERT_EQUAL(ck->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    CU_ASSERT_EQUAL(fault.operations(), 1);
    CU_ASSERT_EQUAL(ck->C_FindObjectsFinal(session), CKR_OK);
    CU_ASSERT_EQUAL(fault.operations(), 0);
    CU_ASSERT_EQUAL(ck->C_CloseSession(session), CKR_OK);
    CU_ASSERT_EQUAL(fault.sessions(), 0);
    end();
}

UNIT_MAIN(
    "presence", UNIT(two_tokens_have_labels_serials_and_pins_of_their_own),
    UNIT(objects_of_one_token_are_not_in_the_other),
    UNIT(tokens_in_a_folder_stay_apart), UNIT(wrong_pins_count_for_their_token),
    UNIT(a_spare_token_waits_to_be_initialised),
    UNIT(a_late_token_comes_by_a_rule), UNIT(removal_leaves_the_second_token),
    UNIT(slots_have_other_ids_after_insertion), UNIT(a_pin_pad_takes_no_pin),
    UNIT(open_sessions_and_operations_are_counted))
