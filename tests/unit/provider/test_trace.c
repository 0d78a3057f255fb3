/* SPDX-License-Identifier: Apache-2.0 */
/* The trace file. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
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

static void each_line_has_time_process_and_thread(void)
{
    char *text = traced(2), *end = NULL;
    int y, mo, d, h, mi, s, us, pid, tid;

    CU_ASSERT_EQUAL(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ %d %d C_Sign",
                           &y, &mo, &d, &h, &mi, &s, &us, &pid, &tid),
                    9);
    CU_ASSERT_EQUAL(pid, (int)getpid());
    CU_ASSERT_EQUAL(tid, (int)gettid());
    CU_ASSERT_TRUE(y >= 2020 && us >= 0);
    end = strchr(text, '\n');
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    CU_ASSERT_PTR_NOT_NULL(strstr(end, " C_Login "));
    free(text);
}

static void notes_are_lines_too_and_cut_where_too_long(void)
{
    char *dir = unit_temp_dir(), path[4096], *text, note[2048];
    struct prov_trace trace;
    size_t len;

    (void)snprintf(path, sizeof(path), "%s/trace", dir);
    memset(note, 'x', sizeof(note) - 1);
    note[sizeof(note) - 1] = '\0';
    memcpy(note, "first\nsecond\n", 13);
    CU_ASSERT_TRUE_FATAL(prov_trace_open(&trace, path, 1));
    prov_trace_note(&trace, "");
    prov_trace_note(&trace, note);
    prov_trace_close(&trace);
    prov_trace_note(&trace, "late\n");
    text = unit_read_file(path, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " first\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " second\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "xxx\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "late"));
    CU_ASSERT_TRUE(len < 1000);
    free(text);
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
}

static void links_and_pipes_are_refused(void)
{
    char *dir = unit_temp_dir(), path[4096];
    struct prov_trace trace;

    (void)snprintf(path, sizeof(path), "%s/link", dir);
    CU_ASSERT_EQUAL(symlink("target", path), 0);
    CU_ASSERT_FALSE(prov_trace_open(&trace, path, 1));
    CU_ASSERT_EQUAL(errno, ELOOP);
    (void)unlink(path);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    CU_ASSERT_FALSE(prov_trace_open(&trace, path, 1));
    (void)unlink(path);
    CU_ASSERT_FALSE(prov_trace_open(&trace, dir, 1));
    (void)rmdir(dir);
    free(dir);
}

static void standard_error_is_a_copy_of_its_own(void)
{
    struct prov_trace trace;

    CU_ASSERT_TRUE_FATAL(prov_trace_open(&trace, "/dev/stderr", 1));
    CU_ASSERT_TRUE(trace.fd > 2);
    prov_trace_close(&trace);
    CU_ASSERT_TRUE(fcntl(2, F_GETFD) >= 0);
}

static void a_file_that_cannot_be_opened_is_told(void)
{
    struct prov_trace trace;

    CU_ASSERT_FALSE(prov_trace_open(&trace, "/nowhere/trace", 1));
    CU_ASSERT_EQUAL(trace.fd, -1);
}

UNIT_MAIN("provider/trace", UNIT(level_1_has_failures_only),
          UNIT(level_2_has_every_call),
          UNIT(each_line_has_time_process_and_thread),
          UNIT(notes_are_lines_too_and_cut_where_too_long),
          UNIT(links_and_pipes_are_refused),
          UNIT(standard_error_is_a_copy_of_its_own),
          UNIT(a_file_that_cannot_be_opened_is_told))
