/* SPDX-License-Identifier: Apache-2.0 */
/* Files written piece by piece: whole or not at all, and never over another. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/newfile.h"
#include "unit.h"

static char *folder;

static const char *path_of(const char *name)
{
    static char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static size_t entries(void)
{
    size_t count = 0;
    DIR *dir = opendir(folder);

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    (void)closedir(dir);
    return count;
}

static void begin(void)
{
    folder = unit_temp_dir();
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
}

static void end(const char *name)
{
    if (name != NULL)
        CU_ASSERT_EQUAL(unlink(path_of(name)), 0);
    CU_ASSERT_EQUAL(rmdir(folder), 0);
    free(folder);
}

static enum iss_status put(const char *name, const char *text, bool force)
{
    struct tool_newfile file;
    enum iss_status status =
        tool_newfile_begin(&file, path_of(name), TOOL_SECRET_MODE, NULL);

    for (size_t i = 0; status == ISS_OK && text[i] != '\0'; i++)
        status = tool_newfile_write(&file, text + i, 1, NULL);
    if (status == ISS_OK)
        status = tool_newfile_finish(&file, force, NULL);
    tool_newfile_drop(&file);
    return status;
}

static void expect(const char *name, const char *text)
{
    size_t len = 0;
    char *there = unit_read_file(path_of(name), &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(there);
    CU_ASSERT_STRING_EQUAL(there, text);
    free(there);
}

static void a_file_has_what_was_written_and_its_owner_alone_reads_it(void)
{
    struct stat st;

    begin();
    CU_ASSERT_EQUAL(put("a", "piece by piece", false), ISS_OK);
    expect("a", "piece by piece");
    CU_ASSERT_EQUAL(stat(path_of("a"), &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(entries(), 1);
    end("a");
}

static void what_is_dropped_leaves_nothing(void)
{
    struct tool_newfile file;

    begin();
    CU_ASSERT_EQUAL_FATAL(
        tool_newfile_begin(&file, path_of("a"), TOOL_SECRET_MODE, NULL),
        ISS_OK);
    CU_ASSERT_EQUAL(tool_newfile_write(&file, "half", 4, NULL), ISS_OK);
    CU_ASSERT_NOT_EQUAL(access(path_of("a"), F_OK), 0);
    tool_newfile_drop(&file);
    CU_ASSERT_EQUAL(entries(), 0);
    end(NULL);
}

static void another_file_is_replaced_only_when_asked(void)
{
    begin();
    CU_ASSERT_EQUAL(put("a", "first", false), ISS_OK);
    CU_ASSERT_EQUAL(put("a", "second", false), ISS_CONFLICT);
    expect("a", "first");
    CU_ASSERT_EQUAL(put("a", "second", true), ISS_OK);
    expect("a", "second");
    CU_ASSERT_EQUAL(entries(), 1);
    end("a");
}

static void what_is_no_file_is_never_replaced(void)
{
    begin();
    CU_ASSERT_EQUAL(symlink("/dev/null", path_of("a")), 0);
    CU_ASSERT_EQUAL(put("a", "text", false), ISS_CONFLICT);
    CU_ASSERT_EQUAL(put("a", "text", true), ISS_CONFLICT);
    CU_ASSERT_EQUAL(entries(), 1);
    end("a");
}

static void a_path_without_a_folder_or_a_name_is_told(void)
{
    struct tool_newfile file;
    struct iss_error error = {.status = ISS_OK};

    begin();
    CU_ASSERT_EQUAL(
        tool_newfile_begin(&file, path_of("none/a"), TOOL_SECRET_MODE, &error),
        ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "its folder"));
    tool_newfile_drop(&file);
    CU_ASSERT_EQUAL(
        tool_newfile_begin(&file, path_of(""), TOOL_SECRET_MODE, NULL),
        ISS_USAGE);
    tool_newfile_drop(&file);
    end(NULL);
}

UNIT_MAIN("newfile",
          UNIT(a_file_has_what_was_written_and_its_owner_alone_reads_it),
          UNIT(what_is_dropped_leaves_nothing),
          UNIT(another_file_is_replaced_only_when_asked),
          UNIT(what_is_no_file_is_never_replaced),
          UNIT(a_path_without_a_folder_or_a_name_is_told))
