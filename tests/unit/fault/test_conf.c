/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/conf.c: how settings are read. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void label_is(const char *label)
{
    CK_TOKEN_INFO info;

    CU_ASSERT_EQUAL(ck->C_GetTokenInfo(0, &info), CKR_OK);
    CU_ASSERT_EQUAL(memcmp(info.label, label, strlen(label)), 0);
    CU_ASSERT_EQUAL(info.label[strlen(label)], ' ');
}

static void settings_are_separated_by_blanks_or_semicolons(void)
{
    CU_ASSERT_EQUAL(fixture_initialize("  label=one;pin=1234 ; local=no "),
                    CKR_OK);
    label_is("one");
    fixture_stop();
}

static void quoted_value_may_have_blanks(void)
{
    CU_ASSERT_EQUAL(fixture_initialize("label='two words' pin=\"a b;c\""),
                    CKR_OK);
    label_is("two words");
    fixture_stop();
}

static void bad_setting_is_refused_by_c_initialize(void)
{
    static const char *const rows[] = {
        "colour=red",     "label",          "max-sessions=many",
        "local=perhaps",  "strict=nothing", "no-attr=CKA_NONSENSE",
        "latency=C_No:3", "rule=C_Sign=no", "rules=/does/not/exist",
        "weak=knees",     "pin-tries=-1",   "ec-point=raw,wrapped",
        "ec-params=der",  "slots=0",        "slots=3",
        "cost=little",    "latency=0.",     "latency=0.1234",
        "latency=.5",     "latency=-1",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(fixture_initialize(rows[i]), CKR_ARGUMENTS_BAD);
}

static void environment_serves_where_there_is_no_init_string(void)
{
    fixture_load();
    CU_ASSERT_EQUAL(setenv("PRIVYSEAL_FAULT", "label=environment", 1), 0);
    CU_ASSERT_EQUAL(ck->C_Initialize(NULL), CKR_OK);
    label_is("environment");
    CU_ASSERT_EQUAL(unsetenv("PRIVYSEAL_FAULT"), 0);
    fixture_stop();
}

static void rules_come_from_a_file(void)
{
    char *folder = unit_temp_dir();
    char *path = fixture_text("%s/rules", folder);
    char *settings = fixture_text("rules='%s'", path);
    FILE *file = fopen(path, "w");
    CK_INFO info;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs("# a comment\n\nC_GetInfo:1 -> rv=CKR_HOST_MEMORY # why\n"
                "C_GetInfo:2 -> rv=CKR_DEVICE_MEMORY\n",
                file);
    (void)fclose(file);
    CU_ASSERT_EQUAL(fixture_initialize(settings), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_HOST_MEMORY);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_DEVICE_MEMORY);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    fixture_stop();
    free(settings);
    free(path);
    free(folder);
}

/* Else a client that re-initialises after a fault would meet it again. */
static void same_settings_again_keep_the_count_of_rules(void)
{
    static char text[] = "label=again rule=C_GetInfo:1=rv=CKR_DEVICE_ERROR";
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK, .pReserved = text};
    CK_INFO info;

    fixture_load();
    CU_ASSERT_EQUAL(ck->C_Initialize(&args), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(ck->C_Finalize(NULL), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Initialize(&args), CKR_OK);
    CU_ASSERT_EQUAL(ck->C_GetInfo(&info), CKR_OK);
    fixture_stop();
}

static void settings_change_at_run_time(void)
{
    CK_SESSION_HANDLE session, other = CK_INVALID_HANDLE;

    session = fixture_start("");
    CU_ASSERT_EQUAL(fault.set("max-sessions=1"), 0);
    CU_ASSERT_EQUAL(
        ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other),
        CKR_SESSION_COUNT);
    CU_ASSERT_EQUAL(fault.set("max-sessions=2"), 0);
    CU_ASSERT_EQUAL(
        ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
    CU_ASSERT_EQUAL(fault.set("max-sessions=1 colour=red"), -1);
    CU_ASSERT_EQUAL(ck->C_CloseSession(other), CKR_OK);
    CU_ASSERT_EQUAL(
        ck->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
    CU_ASSERT_NOT_EQUAL(session, other);
    fixture_stop();
}

UNIT_MAIN("conf", UNIT(settings_are_separated_by_blanks_or_semicolons),
          UNIT(quoted_value_may_have_blanks),
          UNIT(bad_setting_is_refused_by_c_initialize),
          UNIT(environment_serves_where_there_is_no_init_string),
          UNIT(rules_come_from_a_file),
          UNIT(same_settings_again_keep_the_count_of_rules),
          UNIT(settings_change_at_run_time))
