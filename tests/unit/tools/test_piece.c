/* SPDX-License-Identifier: Apache-2.0 */
#include "piece.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

enum { PATH_SIZE = 4096 };

static void path_of(const char *dir, const char *name,
                    char out[static PATH_SIZE])
{
    CU_ASSERT_TRUE(snprintf(out, PATH_SIZE, "%s/%s", dir, name) < PATH_SIZE);
}

static void a_file_is_read_in_pieces_to_its_end(void)
{
    static const char text[] = "seven octets more";
    struct iss_error error = {.status = ISS_OK};
    char *dir = unit_temp_dir();
    char path[PATH_SIZE];
    uint8_t octets[7];
    size_t got = 0, all = 0;
    int file = -1;

    path_of(dir, "text", path);
    FILE *out = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    CU_ASSERT_EQUAL(fputs(text, out) < 0, 0);
    CU_ASSERT_EQUAL(fclose(out), 0);
    CU_ASSERT_EQUAL_FATAL(tool_piece_open(path, &file, &error), ISS_OK);
    do {
        CU_ASSERT_EQUAL_FATAL(
            tool_piece_read(file, path, octets, sizeof(octets), &got, &error),
            ISS_OK);
        CU_ASSERT_TRUE(got <= sizeof(octets));
        CU_ASSERT_EQUAL(memcmp(octets, text + all, got), 0);
        all += got;
    } while (got > 0);
    CU_ASSERT_EQUAL(all, strlen(text));
    (void)close(file);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    free(dir);
}

/* A device may have no end, a pipe nobody at its other one. */
static void what_is_no_regular_file_is_refused_by_name(void)
{
    static const char *const names[] = {"missing", "pipe", "folder"};
    char *dir = unit_temp_dir();
    char path[PATH_SIZE];

    path_of(dir, "pipe", path);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    path_of(dir, "folder", path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct iss_error error = {.status = ISS_OK};
        int file = -1;

        path_of(dir, names[i], path);
        CU_ASSERT_EQUAL(tool_piece_open(path, &file, &error), ISS_USAGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
        if (file >= 0)
            (void)close(file);
    }
    struct iss_error error = {.status = ISS_OK};
    int file = -1;
    CU_ASSERT_EQUAL(tool_piece_open("/dev/zero", &file, &error), ISS_USAGE);
    if (file >= 0)
        (void)close(file);
    CU_ASSERT_EQUAL(rmdir(path), 0);
    path_of(dir, "pipe", path);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    free(dir);
}

static void a_read_that_fails_names_the_file(void)
{
    struct iss_error error = {.status = ISS_OK};
    uint8_t octet = 0;
    size_t got = 1;

    CU_ASSERT_EQUAL(tool_piece_read(-1, "some file", &octet, 1, &got, &error),
                    ISS_USAGE);
    CU_ASSERT_EQUAL(got, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "some file"));
}

UNIT_MAIN("piece", UNIT(a_file_is_read_in_pieces_to_its_end),
          UNIT(what_is_no_regular_file_is_refused_by_name),
          UNIT(a_read_that_fails_names_the_file))
