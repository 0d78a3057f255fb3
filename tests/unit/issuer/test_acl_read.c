/* SPDX-License-Identifier: Apache-2.0 */
/* Whose file an access list may be, and who else might have written it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "issuer/acl.h"
#include "unit.h"

enum { OTHER_USER = 65534, PATH_SIZE = 4096 };

static const char content[] = "privyseal-acl 1\nend 0\n";
static char folder[PATH_SIZE], path[PATH_SIZE];

static void write_list(void)
{
    FILE *file = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(content, 1, sizeof(content) - 1, file),
                    sizeof(content) - 1);
    (void)fclose(file);
    CU_ASSERT_EQUAL(chmod(path, 0644), 0);
}

/* A folder of our own below /tmp, which is sticky; PATH in it. */
static void begin(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/privyseal-acl-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_FATAL((size_t)snprintf(path, sizeof(path), "%.4000s/acl",
                                     folder) < sizeof(path));
    write_list();
}

static void end(void)
{
    (void)chmod(folder, 0700);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void refused_with(const char *says)
{
    struct iss_error error = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL(iss_acl_read(path, &text, &len, &error), ISS_REFUSED);
    CU_ASSERT_PTR_NULL(text);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, says));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    free(text);
}

static void our_own_file_is_read_whole(void)
{
    struct iss_error error = {.status = ISS_OK};
    char *text = NULL;
    size_t len = 0;

    begin();
    CU_ASSERT_EQUAL(iss_acl_read(path, &text, &len, &error), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(len, sizeof(content) - 1);
    CU_ASSERT_EQUAL(memcmp(text, content, sizeof(content)), 0);
    free(text);
    end();
}

static void what_others_may_write_is_refused(void)
{
    static const mode_t modes[] = {0664, 0646, 0666, 0620, 0602};

    begin();
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        CU_ASSERT_EQUAL(chmod(path, modes[i]), 0);
        refused_with("group or others may write to it");
    }
    CU_ASSERT_EQUAL(chmod(path, 0644), 0);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(chmod(folder, i == 0 ? 0770 : 0707), 0);
        refused_with("may write to a folder above it");
    }
    end();
}

static void other_kinds_of_file_are_refused(void)
{
    char other[PATH_SIZE + 8];

    begin();
    (void)snprintf(other, sizeof(other), "%s.2", path);
    CU_ASSERT_EQUAL(link(path, other), 0);
    refused_with("hard link");
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(symlink(other, path), 0);
    refused_with("symbolic link");
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    refused_with("not a regular file");
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    refused_with("not a regular file");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    refused_with("No such file");
    CU_ASSERT_EQUAL(unlink(other), 0);
    end();
}

static void a_file_above_the_limit_is_refused(void)
{
    begin();
    CU_ASSERT_EQUAL(truncate(path, ISS_ACL_MAX + 1), 0);
    refused_with("above 1 MiB");
    end();
}

static void a_file_of_another_user_is_refused(void)
{
    if (geteuid() != 0) {
        unit_skip("only root can give a file to another user");
        return;
    }
    begin();
    CU_ASSERT_EQUAL(chown(path, OTHER_USER, OTHER_USER), 0);
    refused_with("belongs to neither root nor the user");
    CU_ASSERT_EQUAL(chown(path, 0, 0), 0);
    CU_ASSERT_EQUAL(chown(folder, OTHER_USER, OTHER_USER), 0);
    refused_with("may write to a folder above it");
    end();
}

UNIT_MAIN("acl_read", UNIT(our_own_file_is_read_whole),
          UNIT(what_others_may_write_is_refused),
          UNIT(other_kinds_of_file_are_refused),
          UNIT(a_file_above_the_limit_is_refused),
          UNIT(a_file_of_another_user_is_refused))
