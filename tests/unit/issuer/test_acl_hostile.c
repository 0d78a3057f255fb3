/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile access lists, as files on disk: every one denies and says why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "issuer/acl.h"
#include "unit.h"

enum { OTHER_USER = 65534, PATH_SIZE = 256, FIXTURES = 200 };

#define HEAD  "privyseal-acl 1\n"
#define HEX   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UPPER "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"
#define WHO   "principal lab key-sha256:" HEX "\n"
#define URL   "url=https://lic.example.com/_wmcs"
#define ALLOW "allow lab op=renew " URL "\n"
#define TEN   "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN

/* top/middle/acl: two folders of our own below /tmp, which is sticky. */
static char top[PATH_SIZE], middle[PATH_SIZE], path[PATH_SIZE],
    second[PATH_SIZE];
static size_t seen; /* fixtures of the whole program */

static void begin(void)
{
    (void)snprintf(top, sizeof(top), "/tmp/privyseal-hostile-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(top));
    (void)snprintf(middle, sizeof(middle), "%.100s/middle", top);
    (void)snprintf(path, sizeof(path), "%.120s/acl", middle);
    (void)snprintf(second, sizeof(second), "%.120s/other", middle);
    CU_ASSERT_EQUAL_FATAL(mkdir(middle, 0700), 0);
}

static void end(void)
{
    (void)chmod(top, 0700);
    (void)chmod(middle, 0700);
    (void)rmdir(path);
    (void)unlink(path);
    (void)unlink(second);
    (void)rmdir(middle);
    CU_ASSERT_EQUAL(rmdir(top), 0);
}

static void put(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
    CU_ASSERT_EQUAL(fclose(file), 0);
    CU_ASSERT_EQUAL(chmod(path, 0644), 0);
}

/* As those who decide read it: the file, then what is in it. */
static enum iss_status judge(struct iss_error *error)
{
    struct iss_acl *acl = NULL;
    enum iss_status status;
    char *text = NULL;
    size_t len = 0;

    status = iss_acl_read(path, &text, &len, error);
    CU_ASSERT_EQUAL(text == NULL, status != ISS_OK);
    if (status == ISS_OK) {
        status = iss_acl_parse(path, text, len, &acl, error);
        CU_ASSERT_EQUAL(acl == NULL, status != ISS_OK);
    }
    iss_acl_free(acl);
    free(text);
    return status;
}

static void denies(const char *what)
{
    struct iss_error error = {.status = ISS_OK};
    const enum iss_status status = judge(&error);
    const bool good = (status == ISS_REFUSED || status == ISS_USAGE) &&
                      strlen(error.text) > strlen(path) &&
                      strchr(error.text, '\n') == NULL &&
                      strstr(error.text, path) != NULL;

    seen++;
    CU_ASSERT_TRUE(good);
    if (!good)
        (void)printf("\n%s: status %d, '%s'", what, (int)status, error.text);
}

static void stands(const char *what)
{
    struct iss_error error = {.status = ISS_OK};
    const enum iss_status status = judge(&error);

    CU_ASSERT_EQUAL(status, ISS_OK);
    if (status != ISS_OK)
        (void)printf("\n%s: '%s'", what, error.text);
}

/* ---- the file ----------------------------------------------------------- */

static void put_good(void)
{
    put(HEAD WHO ALLOW "end 2\n", sizeof(HEAD WHO ALLOW "end 2\n") - 1);
}

static void who_may_write_the_file_or_a_folder_decides(void)
{
    static const mode_t bits[] = {0020, 0002, 0022};
    char *const places[] = {path, middle, top};

    begin();
    put_good();
    stands("our own");
    for (size_t i = 0; i < 3; i++) {
        const mode_t mode = i == 0 ? 0644 : 0700;

        for (size_t b = 0; b < 3; b++) {
            for (mode_t more = 0; more < 2; more++) {
                CU_ASSERT_EQUAL(chmod(places[i], mode | bits[b] | more * 0050),
                                0);
                denies("writable by others");
            }
            if (i > 0) {
                CU_ASSERT_EQUAL(chmod(places[i], mode | bits[b] | S_ISVTX), 0);
                stands("a sticky folder");
            }
        }
        CU_ASSERT_EQUAL(chmod(places[i], mode), 0);
        stands("our own again");
    }
    CU_ASSERT_EQUAL(chmod(path, 0644 | S_ISVTX | 0002), 0);
    denies("a sticky file is writable all the same");
    end();
}

static void make_socket(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    CU_ASSERT_FATAL(fd >= 0);
    (void)snprintf(name.sun_path, sizeof(name.sun_path), "%.100s", path);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    (void)close(fd);
}

static void only_a_plain_file_of_one_name_is_read(void)
{
    static const char *const targets[] = {"other", "nowhere", "acl",
                                          "/dev/null", "../middle/other"};

    begin();
    denies("no file");
    put_good();
    CU_ASSERT_EQUAL(link(path, second), 0);
    denies("two names");
    CU_ASSERT_EQUAL(unlink(second), 0);
    stands("one name again");
    CU_ASSERT_EQUAL(rename(path, second), 0);
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        CU_ASSERT_EQUAL(symlink(targets[i], path), 0);
        denies(targets[i]);
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    denies("a fifo");
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    denies("a folder");
    CU_ASSERT_EQUAL(rmdir(path), 0);
    make_socket();
    denies("a socket");
    CU_ASSERT_EQUAL(unlink(path), 0);
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) == 0) {
        denies("a device");
        CU_ASSERT_EQUAL(unlink(path), 0);
    } else {
        unit_skip("no device can be made here");
    }
    end();
}

static void what_belongs_to_another_user_is_refused(void)
{
    char *const places[] = {path, middle, top};

    if (geteuid() != 0) {
        unit_skip("only root can give a file to another user");
        return;
    }
    begin();
    put_good();
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(chown(places[i], OTHER_USER, 0), 0);
        denies("another owner");
        CU_ASSERT_EQUAL(chown(places[i], 0, OTHER_USER), 0);
        stands("another group that may not write");
    }
    end();
}

/* ---- what is in it ------------------------------------------------------ */

struct whole {
    const char *text;
    size_t len;
};
#define WHOLE(text)            \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct whole wholes[] = {
#define HOSTILE_WHOLE(text) WHOLE(text),
#include "acl_hostile.def"
#undef HOSTILE_WHOLE
};

static const struct whole octets[] = {
#define HOSTILE_OCTETS(text) WHOLE(text),
#include "acl_hostile.def"
#undef HOSTILE_OCTETS
};

static const char *const lines[] = {
#define HOSTILE_LINE(text) text,
#include "acl_hostile.def"
#undef HOSTILE_LINE
};

static const char *const constraints[] = {
#define HOSTILE_CONSTRAINT(text) text,
#include "acl_hostile.def"
#undef HOSTILE_CONSTRAINT
};

static const char *const urls[] = {
#define HOSTILE_URL(text) text,
#include "acl_hostile.def"
#undef HOSTILE_URL
};

static void rule(const char *before, const char *word)
{
    char text[4096];
    const int len =
        snprintf(text, sizeof(text), HEAD WHO "%s%s\nend 2\n", before, word);

    CU_ASSERT_FATAL(len > 0 && (size_t)len < sizeof(text));
    put(text, (size_t)len);
}

static void each_whole_file_of_the_table_denies(void)
{
    begin();
    put_good();
    stands("the good one");
    for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
        put(wholes[i].text, wholes[i].len);
        denies(wholes[i].text);
    }
    end();
}

static void no_octet_that_hides_something_passes(void)
{
    static const char after[] = "\nend 0\n";

    begin();
    for (size_t i = 0; i < sizeof(octets) / sizeof(octets[0]); i++) {
        char text[64] = HEAD "# a";
        size_t len = strlen(text);

        memcpy(text + len, octets[i].text, octets[i].len);
        len += octets[i].len;
        memcpy(text + len, after, sizeof(after) - 1);
        put(text, len + sizeof(after) - 1);
        denies("an octet of a comment");
    }
    put(HEAD "# \xc3\xa5\nend 0\n", sizeof(HEAD "# \xc3\xa5\nend 0\n") - 1);
    stands("a letter in a comment");
    end();
}

#define EACH(table, before)                                           \
    for (size_t i = 0; i < sizeof(table) / sizeof((table)[0]); i++) { \
        rule(before, (table)[i]);                                     \
        denies((table)[i]);                                           \
    }

static void each_wrong_statement_denies(void)
{
    begin();
    rule("", "principal ops tls-spki:" OTHER " from=10.0.0.0/8");
    stands("a principal");
    rule("", "deny * op=* why=\"a\"");
    stands("a deny");
    EACH(lines, "")
    end();
}

static void each_wrong_constraint_denies(void)
{
    begin();
    rule("allow lab op=renew " URL " ", "quota=1/30d max-validity=1y");
    stands("constraints");
    EACH(constraints, "allow lab op=renew " URL " ")
    rule("allow lab op=renew url=", "https://*.b.example/*");
    stands("a pattern");
    EACH(urls, "allow lab op=renew url=")
    end();
}

static void what_is_too_much_denies(void)
{
    static const char deny[] = "deny lab op=renew\n";
    const size_t size = ISS_ACL_MAX + 2;
    char *text = malloc(size);
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    begin();
    for (int more = 0; more < 2; more++) { /* the last octet is one too many */
        memset(text, ' ', size);
        memcpy(text, HEAD, sizeof(HEAD) - 1);
        memcpy(text + ISS_ACL_MAX + more - 7, "\nend 0\n", 7);
        put(text, (size_t)(ISS_ACL_MAX + more));
        if (more == 0)
            stands("1 MiB");
        else
            denies("above 1 MiB");
    }
    len = (size_t)snprintf(text, size, HEAD WHO);
    for (unsigned i = 0; i < ISS_ACL_RULES + 1; i++)
        len += (size_t)snprintf(text + len, size - len, "%s", deny);
    len +=
        (size_t)snprintf(text + len, size - len, "end %d\n", ISS_ACL_RULES + 2);
    put(text, len);
    denies("10,001 rules");
    len = (size_t)snprintf(text, size, HEAD WHO "deny");
    for (unsigned i = 0; i < 64; i++)
        len += (size_t)snprintf(text + len, size - len, " a");
    len += (size_t)snprintf(text + len, size - len, "\nend 2\n");
    put(text, len);
    denies("65 words");
    end();
    free(text);
}

static void there_are_enough_of_them(void)
{
    const size_t tables = sizeof(wholes) / sizeof(wholes[0]) +
                          sizeof(octets) / sizeof(octets[0]) +
                          sizeof(lines) / sizeof(lines[0]) +
                          sizeof(constraints) / sizeof(constraints[0]) +
                          sizeof(urls) / sizeof(urls[0]);

    CU_ASSERT_TRUE(tables >= FIXTURES);
    (void)printf("%zu fixtures ", seen);
}

UNIT_MAIN("acl_hostile", UNIT(who_may_write_the_file_or_a_folder_decides),
          UNIT(only_a_plain_file_of_one_name_is_read),
          UNIT(what_belongs_to_another_user_is_refused),
          UNIT(each_whole_file_of_the_table_denies),
          UNIT(no_octet_that_hides_something_passes),
          UNIT(each_wrong_statement_denies), UNIT(each_wrong_constraint_denies),
          UNIT(what_is_too_much_denies), UNIT(there_are_enough_of_them))
