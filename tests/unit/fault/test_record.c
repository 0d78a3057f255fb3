/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/record.c: what is written to files. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder, *path;

/* A fresh file name; then settings with its name for %s. */
static CK_SESSION_HANDLE start(const char *format)
{
    char *settings = NULL;
    CK_SESSION_HANDLE session;

    folder = unit_temp_dir();
    path = fixture_text("%s/file", folder);
    if (asprintf(&settings, "%s='%s'", format, path) < 0)
        exit(1);
    session = fixture_start(settings);
    free(settings);
    return session;
}

static void stop(void)
{
    fixture_stop();
    free(path);
    free(folder);
}

static void log_has_a_line_for_each_call(void)
{
    CK_SESSION_HANDLE session = start("log");
    size_t len = 0;
    char *text;

    CU_ASSERT_EQUAL(fault.rule("C_Logout -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_DEVICE_ERROR);
    fault.clear_rules();
    CU_ASSERT_EQUAL(fault.rule("C_Logout -> rv=0x80000001"), 0);
    CU_ASSERT_EQUAL(ck->C_Logout(session), 0x80000001);
    text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(strncmp(text, "C_Initialize CKR_OK ", 20), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nC_OpenSession CKR_OK "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nC_Login CKR_OK "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nC_Logout CKR_DEVICE_ERROR "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nC_Logout 0x80000001 "));
    CU_ASSERT_PTR_NULL(strstr(text, "1234"));
    free(text);
    stop();
}

static void counts_of_several_processes_add_up(void)
{
    CK_SESSION_HANDLE session;
    CK_SESSION_INFO info;
    size_t len = 0;
    char *text;

    fixture_load();
    fault.reset();
    session = start("count");
    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &info), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &info), CKR_OK);
    fault.write_counts();
    CU_ASSERT_EQUAL(ck->C_GetSessionInfo(session, &info), CKR_OK);
    fault.write_counts();
    text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "C_GetSessionInfo 3\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "C_Login 1\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "C_Sign"));
    free(text);
    stop();
}

static void hex_of_digest(const void *data, size_t len, char out[65])
{
    unsigned char digest[32];

    CU_ASSERT_EQUAL(EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void journal_has_every_signature(void)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_SESSION_HANDLE session = start("journal");
    struct fixture_pair pair;
    CK_BYTE sig[FIXTURE_SIG_MAX], input[20];
    CK_ULONG len = sizeof(sig), ignored = sizeof(sig);
    char in[65], out[65], *want, *text;
    size_t text_len = 0;

    CU_ASSERT_EQUAL(fixture_pair(session, 0xab, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_SHA256_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    /* A forced error is no signature; a length query is none either. */
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(fixture_sign(session, CKM_SHA256_RSA_PKCS, pair.private_key,
                                 sig, &ignored),
                    CKR_DEVICE_ERROR);
    memcpy(input, fixture_input, sizeof(input));
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignUpdate(session, input, 8), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignUpdate(session, input + 8, 12), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignFinal(session, NULL, &ignored), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_SignFinal(session, sig, &ignored), CKR_OK);
    hex_of_digest(fixture_input, sizeof(fixture_input), in);
    hex_of_digest(sig, len, out);
    want = fixture_text("ab %s %s\nab %s %s\n", in, out, in, out);
    text = unit_read_file(path, &text_len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, want);
    free(want);
    free(text);
    stop();
}

/* The token made that signature, whatever was done to it afterwards. */
static void journal_has_the_signature_before_it_is_spoilt(void)
{
    CK_SESSION_HANDLE session = start("journal");
    struct fixture_pair pair;
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);
    char out[65], *text;
    size_t text_len = 0;

    CU_ASSERT_EQUAL(fixture_pair(session, 1, NULL, 0, &pair), CKR_OK);
    CU_ASSERT_EQUAL(fault.rule("C_Sign:1 -> bitflip"), 0);
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, sig, &len),
        CKR_OK);
    sig[len / 2] ^= 1;
    hex_of_digest(sig, len, out);
    text = unit_read_file(path, &text_len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, out));
    free(text);
    stop();
}

static CK_FLAGS pin_flags(void)
{
    CK_TOKEN_INFO info = {.flags = 0};

    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    return info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY |
                         CKF_USER_PIN_LOCKED);
}

static void try_pins(const char *settings)
{
    CK_BYTE wrong[] = "4321", right[] = "1234";
    CK_SESSION_HANDLE session = fixture_start(settings);

    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    CU_ASSERT_EQUAL(pin_flags(), 0);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, wrong, 4),
                    CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(pin_flags(), CKF_USER_PIN_COUNT_LOW);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, right, 4), CKR_OK);
    CU_ASSERT_EQUAL(pin_flags(), 0);
    CU_ASSERT_EQUAL(ck->C_Logout(session), CKR_OK);
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, wrong, 4),
                        CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(pin_flags(),
                    CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, wrong, 4),
                    CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(pin_flags(), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
    CU_ASSERT_EQUAL(ck->C_Login(session, CKU_USER, right, 4), CKR_PIN_LOCKED);
    fixture_stop();
}

static void wrong_pins_lock_the_token(void)
{
    try_pins("pin-tries=3");
}

static void wrong_pins_are_remembered_in_the_folder(void)
{
    char *dir = unit_temp_dir();
    char *settings = fixture_text("pin-tries=3 token-dir='%s'", dir);

    try_pins(settings);
    CU_ASSERT_EQUAL(fixture_initialize(settings), CKR_OK);
    CU_ASSERT_EQUAL(pin_flags(), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
    fixture_stop();
    free(settings);
    free(dir);
}

UNIT_MAIN("record", UNIT(log_has_a_line_for_each_call),
          UNIT(counts_of_several_processes_add_up),
          UNIT(journal_has_every_signature),
          UNIT(journal_has_the_signature_before_it_is_spoilt),
          UNIT(wrong_pins_lock_the_token),
          UNIT(wrong_pins_are_remembered_in_the_folder))
