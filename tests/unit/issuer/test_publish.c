/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/publish.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

struct place {
    char *dir;
    char path[ISS_PATH_MAX], other[ISS_PATH_MAX];
    struct iss_error error;
};

static struct place place_new(void)
{
    struct place place = {.dir = unit_temp_dir()};

    CU_ASSERT_TRUE(iss_path_join(place.path, place.dir, "file"));
    CU_ASSERT_TRUE(iss_path_join(place.other, place.dir, "other"));
    return place;
}

static void place_free(struct place *place)
{
    (void)unlink(place->path);
    (void)unlink(place->other);
    /* no temporary file is left: the folder is empty */
    CU_ASSERT_EQUAL(rmdir(place->dir), 0);
    free(place->dir);
}

static enum iss_status put(struct place *place, const char *text,
                           unsigned flags)
{
    memset(&place->error, 0, sizeof(place->error));
    return iss_publish(place->path, text, strlen(text), flags, &place->error);
}

static bool holds(const struct place *place, const char *text)
{
    size_t len = 0;
    char *got = unit_read_file(place->path, &len);
    bool same = got != NULL && strcmp(got, text) == 0;

    free(got);
    return same;
}

static void the_same_octets_again_are_no_conflict(void)
{
    struct place place = place_new();

    CU_ASSERT_EQUAL(put(&place, "one\n", 0), ISS_OK);
    CU_ASSERT_EQUAL(put(&place, "one\n", 0), ISS_OK);
    CU_ASSERT_EQUAL(put(&place, "two\n", 0), ISS_CONFLICT);
    CU_ASSERT_EQUAL(put(&place, "one\nmore\n", 0), ISS_CONFLICT);
    CU_ASSERT_TRUE(holds(&place, "one\n"));
    CU_ASSERT_EQUAL(put(&place, "two\n", ISS_PUBLISH_FORCE), ISS_OK);
    CU_ASSERT_TRUE(holds(&place, "two\n"));
    place_free(&place);
}

static void links_fifos_and_folders_are_left_alone(void)
{
    struct place place = place_new();

    CU_ASSERT_EQUAL(symlink(place.other, place.path), 0);
    CU_ASSERT_EQUAL(put(&place, "one\n", ISS_PUBLISH_FORCE), ISS_CONFLICT);
    CU_ASSERT_EQUAL(access(place.other, F_OK), -1);
    CU_ASSERT_EQUAL(unlink(place.path), 0);
    CU_ASSERT_EQUAL(mkfifo(place.path, 0600), 0);
    CU_ASSERT_EQUAL(put(&place, "one\n", ISS_PUBLISH_FORCE), ISS_CONFLICT);
    CU_ASSERT_EQUAL(unlink(place.path), 0);
    CU_ASSERT_EQUAL(mkdir(place.path, 0700), 0);
    CU_ASSERT_EQUAL(put(&place, "one\n", ISS_PUBLISH_FORCE), ISS_CONFLICT);
    CU_ASSERT_EQUAL(rmdir(place.path), 0);
    place_free(&place);
}

static void a_missing_folder_is_the_users_error(void)
{
    struct iss_error error = {0};

    CU_ASSERT_EQUAL(iss_publish("no-such-folder/file", "a", 1, 0, &error),
                    ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no-such-folder/file"));
    CU_ASSERT_EQUAL(iss_publish("./", "a", 1, 0, NULL), ISS_USAGE);
}

/* RLIMIT_FSIZE is a disk that is full at a known octet. */
static void a_full_disk_leaves_no_file(void)
{
    enum { LIMIT = 100, SIZE = 1000 };
    struct place place = place_new();
    int result = 0;
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit limit = {LIMIT, LIMIT};
        char text[SIZE];

        memset(text, 'a', sizeof(text));
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(ISS_INTERNAL);
        _exit((int)iss_publish(place.path, text, sizeof(text), 0, NULL));
    }
    CU_ASSERT_EQUAL(waitpid(child, &result, 0), child);
    CU_ASSERT_EQUAL(WEXITSTATUS(result), ISS_STORE);
    CU_ASSERT_EQUAL(access(place.path, F_OK), -1);
    place_free(&place);
}

static void files_are_read_whole_or_not_at_all(void)
{
    struct place place = place_new();
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL(iss_read_file(place.path, 4, &text, &len, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(put(&place, "four", 0), ISS_OK);
    CU_ASSERT_EQUAL(iss_read_file(place.path, 4, &text, &len, NULL), ISS_OK);
    CU_ASSERT_EQUAL(len, 4);
    CU_ASSERT_STRING_EQUAL(text, "four");
    free(text);
    CU_ASSERT_EQUAL(iss_read_file(place.path, 3, &text, &len, NULL),
                    ISS_MALFORMED);
    CU_ASSERT_PTR_NULL(text);
    CU_ASSERT_EQUAL(iss_read_file(place.dir, 9, &text, &len, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(unlink(place.path), 0);
    CU_ASSERT_EQUAL(mkfifo(place.path, 0600), 0);
    CU_ASSERT_EQUAL(iss_read_file(place.path, 4, &text, &len, NULL), ISS_USAGE);
    place_free(&place);
}

static void appending_closes_a_line_that_was_cut(void)
{
    struct place place = place_new();

    CU_ASSERT_EQUAL(iss_append_file(place.path, "a\n", 2, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_append_file(place.path, "cut", 3, NULL), ISS_OK);
    CU_ASSERT_EQUAL(iss_append_file(place.path, "b\n", 2, NULL), ISS_OK);
    CU_ASSERT_TRUE(holds(&place, "a\ncut\nb\n"));
    place_free(&place);
}

static void many_files_of_a_folder_share_a_sync(void)
{
    enum { FILES = 150 };
    struct place place = place_new();
    struct iss_publisher *publisher = NULL;
    char name[32];
    char path[ISS_PATH_MAX];

    CU_ASSERT_EQUAL(iss_publisher_new(place.path, &publisher, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(put(&place, "first\n", 0), ISS_OK);
    CU_ASSERT_EQUAL_FATAL(iss_publisher_new(place.dir, &publisher, NULL),
                          ISS_OK);
    CU_ASSERT_EQUAL(iss_publisher_add(publisher, "file", "first\n", 6, NULL),
                    ISS_OK);
    CU_ASSERT_EQUAL(iss_publisher_add(publisher, "file", "other\n", 6, NULL),
                    ISS_CONFLICT);
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(name, sizeof(name), "many %d", i);
        CU_ASSERT_EQUAL(iss_publisher_add(publisher, name, name, strlen(name),
                                          &place.error),
                        ISS_OK);
    }
    /* the last group has no names before its end */
    CU_ASSERT_TRUE(iss_path_join(path, place.dir, name));
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    CU_ASSERT_EQUAL(iss_publisher_sync(publisher, NULL), ISS_OK);
    for (int i = 0; i < FILES; i++) {
        size_t len = 0;

        (void)snprintf(name, sizeof(name), "many %d", i);
        CU_ASSERT_TRUE(iss_path_join(path, place.dir, name));
        char *text = unit_read_file(path, &len);
        CU_ASSERT_TRUE(text != NULL && strcmp(text, name) == 0);
        free(text);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    /* what is not synced is not there */
    CU_ASSERT_EQUAL(iss_publisher_add(publisher, "other", "x", 1, NULL),
                    ISS_OK);
    iss_publisher_free(publisher);
    CU_ASSERT_EQUAL(access(place.other, F_OK), -1);
    iss_publisher_free(NULL);
    place_free(&place);
}

/* A license in full, then the disk fills up within the next: what was whole is
 * handed out, what was cut short has no name. */
static void a_file_cut_short_is_not_in_its_group(void)
{
    enum { LIMIT = 100, SIZE = 1000 };
    struct place place = place_new();
    int result = 0;
    pid_t child = fork();

    if (child == 0) {
        const struct rlimit limit = {LIMIT, LIMIT};
        struct iss_publisher *publisher = NULL;
        char text[SIZE];

        memset(text, 'a', sizeof(text));
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
            iss_publisher_new(place.dir, &publisher, NULL) != ISS_OK ||
            iss_publisher_add(publisher, "file", "whole", 5, NULL) != ISS_OK ||
            iss_publisher_add(publisher, "other", text, sizeof(text), NULL) !=
                ISS_STORE ||
            iss_publisher_sync(publisher, NULL) != ISS_OK)
            _exit(ISS_INTERNAL);
        iss_publisher_free(publisher);
        _exit(ISS_OK);
    }
    CU_ASSERT_EQUAL(waitpid(child, &result, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(result));
    CU_ASSERT_EQUAL(WEXITSTATUS(result), ISS_OK);
    CU_ASSERT_TRUE(holds(&place, "whole"));
    CU_ASSERT_EQUAL(access(place.other, F_OK), -1);
    place_free(&place);
}

UNIT_MAIN("publish", UNIT(the_same_octets_again_are_no_conflict),
          UNIT(links_fifos_and_folders_are_left_alone),
          UNIT(a_missing_folder_is_the_users_error),
          UNIT(a_full_disk_leaves_no_file),
          UNIT(files_are_read_whole_or_not_at_all),
          UNIT(many_files_of_a_folder_share_a_sync),
          UNIT(a_file_cut_short_is_not_in_its_group),
          UNIT(appending_closes_a_line_that_was_cut))
