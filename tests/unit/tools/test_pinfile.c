/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold a PIN: how one must be kept, and what it may contain. */
#include "tools/pinfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char *folder;
static char pin[TOOL_PIN_MAX + 2];
static struct iss_error error;

static const char *path_of(const char *name)
{
    static char path[4096];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static const char *make(const char *name, const char *text, size_t len)
{
    const char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, 0600) != 0)
        abort();
    (void)close(fd);
    return path;
}

static ssize_t read_as(enum tool_pinfile_kind kind, const char *path)
{
    error = (struct iss_error){0};
    memset(pin, 'x', sizeof(pin));
    return tool_pinfile_read(path, kind, pin, sizeof(pin), &error);
}

static ssize_t read_own(const char *path)
{
    return read_as(TOOL_PINFILE_OWN, path);
}

static void refused(const char *path, const char *why)
{
    CU_ASSERT_EQUAL(read_own(path), -1);
    CU_ASSERT_EQUAL(error.status, ISS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, why));
    for (size_t i = 0; i < sizeof(pin); i++)
        CU_ASSERT_EQUAL(pin[i], '\0');
}

static void a_private_file_of_one_line_is_read(void)
{
    CU_ASSERT_EQUAL(read_own(make("good", "1234", 4)), 4);
    CU_ASSERT_EQUAL(memcmp(pin, "1234", 4), 0);
    CU_ASSERT_EQUAL(read_own(make("good", "12 34\n", 6)), 5);
    CU_ASSERT_EQUAL(memcmp(pin, "12 34", 5), 0);
    CU_ASSERT_EQUAL(chmod(path_of("good"), 0400), 0);
    CU_ASSERT_EQUAL(read_own(path_of("good")), 5);
}

static void the_longest_pin_is_256_octets(void)
{
    char text[TOOL_PIN_MAX + 1];

    memset(text, '7', sizeof(text));
    CU_ASSERT_EQUAL(read_own(make("long", text, TOOL_PIN_MAX)), TOOL_PIN_MAX);
    refused(make("long", text, TOOL_PIN_MAX + 1), "256");
}

static void empty_files_and_strange_octets_are_refused(void)
{
    refused(make("bad", "", 0), "empty");
    refused(make("bad", "\n", 1), "empty");
    refused(make("bad", "1234\n\n", 6), "LF");
    refused(make("bad", "1234\r\n", 6), "CR");
    refused(make("bad", "12\n34", 5), "LF");
    refused(make("bad",
                 "12\0"
                 "4",
                 4),
            "NUL");
}

static void a_file_that_others_may_use_is_refused(void)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};
    const char *path = make("open", "1234", 4);

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        CU_ASSERT_EQUAL(chmod(path, modes[i]), 0);
        refused(path, "group or others");
    }
}

static void links_are_refused(void)
{
    char target[4096];

    (void)snprintf(target, sizeof(target), "%s", make("real", "1234", 4));
    CU_ASSERT_EQUAL(symlink(target, path_of("soft")), 0);
    refused(path_of("soft"), "symbolic link");
    CU_ASSERT_EQUAL(link(target, path_of("hard")), 0);
    refused(path_of("hard"), "hard link");
    CU_ASSERT_EQUAL(unlink(path_of("hard")), 0);
    CU_ASSERT_EQUAL(read_own(target), 4);
}

static void what_is_not_a_regular_file_is_refused_without_waiting(void)
{
    CU_ASSERT_EQUAL(mkfifo(path_of("fifo"), 0600), 0);
    refused(path_of("fifo"), "not a regular file");
    refused(folder, "not a regular file");
    CU_ASSERT_EQUAL(read_own("/dev/null"), -1);
    refused(path_of("absent"), "No such file");
}

static void a_folder_that_others_may_write_to_is_refused(void)
{
    char path[4096];

    CU_ASSERT_EQUAL(mkdir(path_of("shared"), 0700), 0);
    (void)snprintf(path, sizeof(path), "%s", make("shared/pin", "1234", 4));
    CU_ASSERT_EQUAL(chmod(path_of("shared"), 0777), 0);
    refused(path, "folder");
    /* sticky, as /tmp: others cannot replace the file */
    CU_ASSERT_EQUAL(chmod(path_of("shared"), 01777), 0);
    CU_ASSERT_EQUAL(read_own(path), 4);
    CU_ASSERT_EQUAL(chmod(path_of("shared"), 0755), 0);
    CU_ASSERT_EQUAL(read_own(path), 4);
}

static void a_file_of_someone_else_is_refused(void)
{
    const char *path = make("theirs", "1234", 4);

    if (geteuid() != 0) {
        unit_skip("only root can give a file away");
        return;
    }
    CU_ASSERT_EQUAL(chown(path, 65534, 65534), 0);
    refused(path, "neither you nor root");
}

static void a_credential_is_judged_by_form_alone(void)
{
    const char *path = make("credential", "1234\n", 5);

    CU_ASSERT_EQUAL(chmod(path, 0440), 0);
    CU_ASSERT_EQUAL(read_as(TOOL_PINFILE_CREDENTIAL, path), 4);
    CU_ASSERT_EQUAL(read_own(path), -1);
    (void)make("credential2", "", 0);
    CU_ASSERT_EQUAL(read_as(TOOL_PINFILE_CREDENTIAL, path_of("credential2")),
                    -1);
}

static const struct unit_test tests[] = {
    UNIT(a_private_file_of_one_line_is_read),
    UNIT(the_longest_pin_is_256_octets),
    UNIT(empty_files_and_strange_octets_are_refused),
    UNIT(a_file_that_others_may_use_is_refused),
    UNIT(links_are_refused),
    UNIT(what_is_not_a_regular_file_is_refused_without_waiting),
    UNIT(a_folder_that_others_may_write_to_is_refused),
    UNIT(a_file_of_someone_else_is_refused),
    UNIT(a_credential_is_judged_by_form_alone),
};

int main(int argc, char **argv)
{
    char command[5000];
    int result;

    folder = unit_temp_dir();
    result = unit_main("pinfile", tests, sizeof(tests) / sizeof(tests[0]), argc,
                       argv);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command) != 0)
        result = 1;
    free(folder);
    return result;
}
