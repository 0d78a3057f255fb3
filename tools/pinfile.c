/* SPDX-License-Identifier: Apache-2.0 */
/* A file that holds a PIN. */
#include "pinfile.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ours(uid_t owner)
{
    return owner == geteuid() || owner == 0;
}

struct fault { /* the first that applies is the message */
    bool (*applies)(const struct stat *file);
    const char *text;
};

static bool not_regular(const struct stat *file)
{
    return !S_ISREG(file->st_mode);
}

static bool not_ours(const struct stat *file)
{
    return !ours(file->st_uid);
}

static bool open_to_others(const struct stat *file)
{
    return (file->st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

static bool linked(const struct stat *file)
{
    return file->st_nlink != 1;
}

static bool empty(const struct stat *file)
{
    return file->st_size == 0;
}

static bool long_file(const struct stat *file)
{
    return file->st_size > TOOL_PIN_MAX;
}

static const struct fault faults[] = {
    {not_regular, "not a regular file"},
    {empty, "empty"},
    {long_file, "longer than 256 octets"},
};

static const struct fault own_faults[] = {
    {not_ours, "belongs to neither you nor root"},
    {open_to_others, "group or others may use it (chmod 600)"},
    {linked, "has a second name (hard link)"},
};

static bool faultless(const struct fault *rows, size_t count, const char *path,
                      const struct stat *file, struct iss_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].applies(file))
            continue;
        (void)iss_fail(error, ISS_USAGE, "PIN file %s: %s", path, rows[i].text);
        return false;
    }
    return true;
}

/* A group of the owner alone, as Debian gives each user, is not "others". */
static bool private_group(const struct stat *folder)
{
    struct passwd *user = getpwuid(folder->st_uid);
    struct group *group = getgrgid(folder->st_gid);

    return user != NULL && group != NULL &&
           strcmp(user->pw_name, group->gr_name) == 0 &&
           (group->gr_mem[0] == NULL ||
            (strcmp(group->gr_mem[0], user->pw_name) == 0 &&
             group->gr_mem[1] == NULL));
}

/* Whoever may write to a folder may put another file in the place of this one;
 * in a sticky folder (/tmp) only its owner may. */
static bool folder_safe(const struct stat *folder)
{
    if (!ours(folder->st_uid))
        return false;
    if ((folder->st_mode & S_ISVTX) != 0)
        return true;
    return (folder->st_mode & S_IWOTH) == 0 &&
           ((folder->st_mode & S_IWGRP) == 0 || private_group(folder));
}

static bool folders_safe(const char *path, const struct stat *file,
                         struct iss_error *error)
{
    char *real = realpath(path, NULL);
    struct stat now, folder;
    bool safe = false;

    if (real == NULL || stat(real, &now) != 0 || now.st_ino != file->st_ino ||
        now.st_dev != file->st_dev) {
        (void)iss_fail(error, ISS_USAGE, "PIN file %s: moved while it was read",
                       path);
        goto out;
    }
    for (char *slash = strrchr(real, '/'); slash != NULL;
         slash = strrchr(real, '/')) {
        slash[slash == real] = '\0';
        if (stat(real, &folder) != 0 || !folder_safe(&folder)) {
            (void)iss_fail(error, ISS_USAGE,
                           "PIN file %s: others may write to its folder %s",
                           path, real);
            goto out;
        }
        if (slash == real)
            break;
    }
    safe = true;
out:
    free(real);
    return safe;
}

static ssize_t read_pin(int fd, char *pin, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = read(fd, pin + len, size - len);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

/* One line end is the editor's; any other is a mistake that would cost a try.
 */
static ssize_t trim(const char *path, const char *pin, ssize_t len,
                    struct iss_error *error)
{
    size_t used = len > 0 ? (size_t)len : 0;

    if (used > 0 && pin[used - 1] == '\n')
        used--;
    if (len <= 0 || used == 0) {
        (void)iss_fail(error, ISS_USAGE, "PIN file %s: %s", path,
                       len < 0 ? strerror(errno) : "empty");
        return -1;
    }
    if (used > TOOL_PIN_MAX || memchr(pin, '\0', used) != NULL ||
        memchr(pin, '\r', used) != NULL || memchr(pin, '\n', used) != NULL) {
        (void)iss_fail(error, ISS_USAGE,
                       "PIN file %s: not one line of at most 256 octets "
                       "(CR, LF or NUL in it?)",
                       path);
        return -1;
    }
    return (ssize_t)used;
}

ssize_t tool_pinfile_read(const char *path, enum tool_pinfile_kind kind,
                          char *pin, size_t size, struct iss_error *error)
{
    int fd =
        open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat file;
    ssize_t len = -1;

    if (fd < 0 || fstat(fd, &file) != 0) {
        (void)iss_fail(error, ISS_USAGE, "PIN file %s: %s", path,
                       errno == ELOOP ? "a symbolic link" : strerror(errno));
        goto out;
    }
    if (!faultless(faults, sizeof(faults) / sizeof(faults[0]), path, &file,
                   error))
        goto out;
    if (kind == TOOL_PINFILE_OWN &&
        (!faultless(own_faults, sizeof(own_faults) / sizeof(own_faults[0]),
                    path, &file, error) ||
         !folders_safe(path, &file, error)))
        goto out;
    len = trim(path, pin, read_pin(fd, pin, size), error);
out:
    if (fd >= 0)
        (void)close(fd);
    if (len < 0)
        OPENSSL_cleanse(pin, size);
    return len;
}
