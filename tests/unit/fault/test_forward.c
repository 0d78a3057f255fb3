/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/forward.c: a real module behind the faults. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const modules[] = {
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
};

static const char *softhsm(void)
{
    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        if (access(modules[i], R_OK) == 0)
            return modules[i];
    }
    return NULL;
}

/* A SoftHSM2 token of this test's own; an open session, logged in. */
static CK_SESSION_HANDLE start(const char *module)
{
    static CK_BYTE pin[] = "1234";
    CK_BYTE label[33] = "forwarded                       ";
    char *folder = unit_temp_dir();
    char *path = fixture_text("%s/softhsm2.conf", folder);
    char *text = fixture_text("directories.tokendir = %s\n"
                              "objectstore.backend = file\n"
                              "log.level = ERROR\n",
                              folder);
    char *settings = fixture_text("module='%s'", module);
    FILE *file = fopen(path, "w");
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slot = 0;
    CK_ULONG count = 1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs(text, file);
    (void)fclose(file);
    CU_ASSERT_EQUAL(setenv("SOFTHSM2_CONF", path, 1), 0);
    CU_ASSERT_EQUAL_FATAL(fixture_initialize(settings), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_TRUE, &slot, &count), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitToken(slot, pin, 4, label), CKR_OK);
    count = 2;
    CU_ASSERT_EQUAL(ck->C_GetSlotList(CK_TRUE, (CK_SLOT_ID[2]){0}, &count),
                    CKR_OK);
    session = fixture_session();
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_SO, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_InitPIN(session, pin, 4), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, pin, 4), CKR_OK);
    free(settings);
    free(text);
    free(path);
    free(folder);
    return session;
}

static void stop(CK_SESSION_HANDLE session)
{
    fault.clear_rules();
    (void)ck->C_CloseSession(session);
    CU_ASSERT_EQUAL(ck->C_Finalize(NULL), CKR_OK);
    fault.reset();
}

static void faults_hit_a_real_module(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX], pin[] = "1234";
    CK_ULONG len = sizeof(sig);
    struct fixture_pair pair;
    CK_SESSION_HANDLE session, fresh;
    const char *module = softhsm();

    if (module == NULL) {
        unit_skip("SoftHSM2 is not installed");
        return;
    }
    session = start(module);
    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(fault.rule("C_Sign:2 -> bitflip"), 0);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(len, sizeof(sig));
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    CU_ASSERT_FALSE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    CU_ASSERT_TRUE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    fault.stale();
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_SESSION_HANDLE_INVALID);
    fresh = fixture_session();
    CU_ASSERT_EQUAL(ck->C_Login(fresh, CKU_USER, pin, 4), CKR_OK);
    CU_ASSERT_NOT_EQUAL(
        fixture_sign(fresh, CKM_RSA_PKCS, pair.private_key, sig, &len), CKR_OK);
    fixture_no_violation();
    stop(fresh);
}

static void missing_module_fails_c_initialize(void)
{
    CU_ASSERT_EQUAL(fixture_initialize("module=/does/not/exist.so"),
                    CKR_GENERAL_ERROR);
}

UNIT_MAIN("forward", UNIT(faults_hit_a_real_module),
          UNIT(missing_module_fails_c_initialize))
