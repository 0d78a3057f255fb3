/* SPDX-License-Identifier: Apache-2.0 */
/* The trace file. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char *traced(int level)
{
    char *dir = unit_temp_dir(), path[4096], *text;
    struct prov_trace trace;
    struct stat st;
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    (void)snprintf(path, sizeof(path), "%s/trace", dir);
    CU_ASSERT_TRUE_FATAL(prov_trace_open(&trace, path, level));
    prov_trace_call(&trace, "C_Sign", CKR_OK, 42);
    prov_trace_call(&trace, "C_Login", CKR_PIN_INCORRECT, 7);
    prov_trace_call(&trace, "C_Odd", CKR_VENDOR_DEFINED, 1);
    prov_trace_close(&trace);
    prov_trace_call(&trace, "C_Late", CKR_PIN_INCORRECT, 7);
    prov_trace_close(&trace);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
    return text;
}

static void level_1_has_failures_only(void)
{
    char *text = traced(1);

    CU_ASSERT_PTR_NULL(strstr(text, "C_Sign"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, " C_Login CKR_PIN_INCORRECT 0xa0 7us\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " C_Odd "));
    CU_ASSERT_PTR_NULL(strstr(text, "C_Late"));
    free(text);
}

static void level_2_has_every_call(void)
{
    char *text = traced(2);

    CU_ASSERT_PTR_NOT_NULL(strstr(text, " C_Sign CKR_OK 0x0 42us\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " C_Login "));
    free(text);
}

static void a_file_that_cannot_be_opened_is_told(void)
{
    struct prov_trace trace;

    CU_ASSERT_FALSE(prov_trace_open(&trace, "/nowhere/trace", 1));
    CU_ASSERT_EQUAL(trace.fd, -1);
}

UNIT_MAIN("provider/trace", UNIT(level_1_has_failures_only),
          UNIT(level_2_has_every_call),
          UNIT(a_file_that_cannot_be_opened_is_told))
