/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/token_objects.c, object.c and template.c. */
#include "fixture.h"

#include <string.h>

static CK_SESSION_HANDLE session;
static struct fixture_pair pair;

static void start(const char *settings, const CK_ATTRIBUTE *extra,
                  CK_ULONG count)
{
    session = fixture_start(settings);
    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, extra, count, &pair),
                          CKR_OK);
}

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                 const void *value, CK_ULONG len)
{
    CK_BYTE copy[64];
    CK_ATTRIBUTE attribute = {type, copy, len};

    memcpy(copy, value, len);
    return ck->C_SetAttributeValue(session, object, &attribute, 1);
}

static void private_objects_are_hidden_without_login(void)
{
    CK_BYTE value[8];

    start("", NULL, 0);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 2);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(fixture_find(session, NULL, 0, NULL, 0), 1);
    CU_ASSERT_EQUAL(fixture_read(session, pair.private_key, CKA_ID, value, 8),
                    -1);
    fixture_stop();
}

static void search_compares_every_attribute(void)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BYTE id = 1;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_ID, &id, 1},
                               FIXTURE_TRUE(CKA_SIGN)};
    CK_OBJECT_HANDLE found = 0;

    start("", NULL, 0);
    CU_ASSERT_EQUAL(fixture_find(session, template, 3, &found, 1), 1);
    CU_ASSERT_EQUAL(found, pair.private_key);
    id = 2;
    CU_ASSERT_EQUAL(fixture_find(session, template, 3, NULL, 0), 0);
    id = 1;
    CU_ASSERT_EQUAL(fault.set("no-attr=CKA_SIGN"), 0);
    CU_ASSERT_EQUAL(fixture_find(session, template, 3, NULL, 0), 0);
    CU_ASSERT_EQUAL(fixture_find(session, template, 2, NULL, 0), 1);
    fixture_stop();
}

static void attributes_answer_as_cryptoki_says(void)
{
    CK_BYTE small[1], label[16];
    CK_ATTRIBUTE template[] = {
        {CKA_MODULUS, NULL, 0},  {CKA_PRIVATE_EXPONENT, NULL, 0},
        {CKA_EC_POINT, NULL, 0}, {CKA_MODULUS, small, sizeof(small)},
        {CKA_LABEL, label, 16},
    };

    start("", NULL, 0);
    CU_ASSERT_NOT_EQUAL(
        ck->C_GetAttributeValue(session, pair.private_key, template, 5),
        CKR_OK);
    CU_ASSERT_EQUAL(template[0].ulValueLen, 128);
    CU_ASSERT_EQUAL(template[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    CU_ASSERT_EQUAL(template[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    CU_ASSERT_EQUAL(template[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    CU_ASSERT_EQUAL(template[4].ulValueLen, 0);
    template[1].ulValueLen = 0;
    CU_ASSERT_EQUAL(
        ck->C_GetAttributeValue(session, pair.private_key, &template[1], 1),
        CKR_ATTRIBUTE_SENSITIVE);
    CU_ASSERT_EQUAL(
        ck->C_GetAttributeValue(session, pair.private_key, &template[2], 1),
        CKR_ATTRIBUTE_TYPE_INVALID);
    CU_ASSERT_EQUAL(fault.set("no-attr=CKA_LABEL,CKA_LOCAL"), 0);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_LOCAL), -1);
    fixture_stop();
}

static void attributes_become_stricter_only(void)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

    start("", NULL, 0);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_LABEL, "name", 4), CKR_OK);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_ID, "\7", 1), CKR_OK);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_SENSITIVE, &no, 1),
                    CKR_ATTRIBUTE_READ_ONLY);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_EXTRACTABLE, &yes, 1),
                    CKR_ATTRIBUTE_READ_ONLY);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_LOCAL, &no, 1),
                    CKR_ATTRIBUTE_READ_ONLY);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_MODULUS, "1", 1),
                    CKR_ATTRIBUTE_READ_ONLY);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_SIGN, "ab", 2),
                    CKR_ATTRIBUTE_VALUE_INVALID);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_COPYABLE, &no, 1), CKR_OK);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_COPYABLE, &yes, 1),
                    CKR_ATTRIBUTE_READ_ONLY);
    fixture_stop();
}

static void unmodifiable_object_is_not_modified(void)
{
    const CK_ATTRIBUTE extra = FIXTURE_FALSE(CKA_MODIFIABLE);

    start("", &extra, 1);
    CU_ASSERT_EQUAL(set(pair.private_key, CKA_LABEL, "name", 4),
                    CKR_ACTION_PROHIBITED);
    fixture_stop();
}

static void uncopyable_object_is_not_copied(void)
{
    const CK_ATTRIBUTE extra = FIXTURE_FALSE(CKA_COPYABLE);
    CK_OBJECT_HANDLE copy;

    start("", &extra, 1);
    CU_ASSERT_EQUAL(ck->C_CopyObject(session, pair.private_key, NULL, 0, &copy),
                    CKR_ACTION_PROHIBITED);
    fixture_stop();
}

static void undestroyable_object_is_not_destroyed(void)
{
    const CK_ATTRIBUTE extra = FIXTURE_FALSE(CKA_DESTROYABLE);

    start("", &extra, 1);
    CU_ASSERT_EQUAL(ck->C_DestroyObject(session, pair.private_key),
                    CKR_ACTION_PROHIBITED);
    CU_ASSERT_EQUAL(ck->C_DestroyObject(session, pair.public_key), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_DestroyObject(session, pair.public_key),
                    CKR_OBJECT_HANDLE_INVALID);
    fixture_stop();
}

static void session_copy_signs_and_dies_with_its_session(void)
{
    CK_ATTRIBUTE template[] = {FIXTURE_FALSE(CKA_TOKEN)};
    CK_SESSION_HANDLE other;
    CK_OBJECT_HANDLE copy;
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    start("", NULL, 0);
    other = fixture_session();
    CU_ASSERT_EQUAL(
        ck->C_CopyObject(other, pair.private_key, template, 1, &copy), CKR_OK);
    CU_ASSERT_EQUAL(fixture_bool(session, copy, CKA_TOKEN), 0);
    CU_ASSERT_EQUAL(fixture_sign(session, CKM_RSA_PKCS, copy, sig, &len),
                    CKR_OK);
    CU_ASSERT_TRUE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    CU_ASSERT_EQUAL(ck->C_CloseSession(other), CKR_OK);
    CU_ASSERT_EQUAL(fixture_bool(session, copy, CKA_TOKEN), -1);
    CU_ASSERT_EQUAL(fixture_bool(session, pair.private_key, CKA_TOKEN), 1);
    fixture_stop();
}

static void read_only_session_makes_no_token_object(void)
{
    CK_SESSION_HANDLE ro = CK_INVALID_HANDLE;
    struct fixture_pair another;

    start("", NULL, 0);
    CU_ASSERT_EQUAL(ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &ro),
                    CKR_OK);
    CU_ASSERT_EQUAL(fixture_pair(ro, 2, NULL, 0, &another),
                    CKR_SESSION_READ_ONLY);
    CU_ASSERT_EQUAL(ck->C_DestroyObject(ro, pair.public_key),
                    CKR_SESSION_READ_ONLY);
    fixture_stop();
}

static void certificates_and_data_are_created(void)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BYTE value[] = "not really DER", got[32];
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)},
        FIXTURE_TRUE(CKA_TOKEN),
        {CKA_VALUE, value, sizeof(value)},
        {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
    };
    CK_OBJECT_HANDLE object;

    start("", NULL, 0);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 3, &object),
                    CKR_TEMPLATE_INCOMPLETE);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 4, &object), CKR_OK);
    CU_ASSERT_EQUAL(fixture_read(session, object, CKA_VALUE, got, sizeof(got)),
                    sizeof(value));
    CU_ASSERT_EQUAL(memcmp(got, value, sizeof(value)), 0);
    class = CKO_DATA;
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 3, &object), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 4, &object),
                    CKR_ATTRIBUTE_TYPE_INVALID);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template + 1, 2, &object),
                    CKR_TEMPLATE_INCOMPLETE);
    fixture_stop();
}

static void public_key_is_created_and_verifies(void)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_RSA;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE n[128], e[4], sig[FIXTURE_SIG_MAX], input[20];
    CK_ULONG len = sizeof(sig), bits = 0;
    CK_OBJECT_HANDLE object;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_MODULUS, n, sizeof(n)},
        {CKA_PUBLIC_EXPONENT, e, 3},
    };

    start("", NULL, 0);
    CU_ASSERT_EQUAL(fixture_read(session, pair.public_key, CKA_MODULUS, n, 128),
                    128);
    CU_ASSERT_EQUAL(
        fixture_read(session, pair.public_key, CKA_PUBLIC_EXPONENT, e, 4), 3);
    CU_ASSERT_EQUAL(ck->C_CreateObject(session, template, 4, &object), CKR_OK);
    CU_ASSERT_EQUAL(fixture_bool(session, object, CKA_LOCAL), 0);
    CU_ASSERT_EQUAL(
        fixture_read(session, object, CKA_MODULUS_BITS, &bits, sizeof(bits)),
        sizeof(bits));
    CU_ASSERT_EQUAL(bits, 1024);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    memcpy(input, fixture_input, sizeof(input));
    CU_ASSERT_EQUAL(ck->C_VerifyInit(session, &mechanism, object), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Verify(session, input, 20, sig, len), CKR_OK);
    input[0] ^= 1;
    CU_ASSERT_EQUAL(ck->C_VerifyInit(session, &mechanism, object), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Verify(session, input, 20, sig, len),
                    CKR_SIGNATURE_INVALID);
    fixture_stop();
}

UNIT_MAIN("token_objects", UNIT(private_objects_are_hidden_without_login),
          UNIT(search_compares_every_attribute),
          UNIT(attributes_answer_as_cryptoki_says),
          UNIT(attributes_become_stricter_only),
          UNIT(unmodifiable_object_is_not_modified),
          UNIT(uncopyable_object_is_not_copied),
          UNIT(undestroyable_object_is_not_destroyed),
          UNIT(session_copy_signs_and_dies_with_its_session),
          UNIT(read_only_session_makes_no_token_object),
          UNIT(certificates_and_data_are_created),
          UNIT(public_key_is_created_and_verifies))
