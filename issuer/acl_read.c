/* SPDX-License-Identifier: Apache-2.0 */
/* A file that only those can have written who may write it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acl.h"

static enum iss_status refuse(const char *path, const char *why,
                              struct iss_error *error)
{
    return iss_fail(error, ISS_REFUSED, "access list %s: %s; it allows nothing",
                    path, why);
}

static bool ours(uid_t owner)
{
    return owner == 0 || owner == geteuid();
}

static bool others_write(mode_t mode)
{
    return (mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* The first fault of an open file, or NULL. */
static const char *fault_of(const struct stat *file)
{
    if (!S_ISREG(file->st_mode))
        return "not a regular file";
    if (file->st_nlink == 0)
        return "was replaced while it was read: ask again";
    if (file->st_nlink != 1)
        return "has a second name (hard link)";
    if (!ours(file->st_uid))
        return "belongs to neither root nor the user who runs the command";
    if (others_write(file->st_mode))
        return "group or others may write to it (chmod 644)";
    if (file->st_size > ISS_ACL_MAX)
        return "above 1 MiB";
    return NULL;
}

/* Whoever may write to a folder above may put another file in its place. */
static bool folders_safe(const char *path, const struct stat *file)
{
    char *real = realpath(path, NULL);
    struct stat now, folder;
    bool safe = real != NULL && stat(real, &now) == 0 &&
                now.st_ino == file->st_ino && now.st_dev == file->st_dev;

    for (char *slash = safe ? strrchr(real, '/') : NULL; slash != NULL && safe;
         slash = slash == real ? NULL : strrchr(real, '/')) {
        slash[slash == real] = '\0';
        safe =
            stat(real, &folder) == 0 && ours(folder.st_uid) &&
            (!others_write(folder.st_mode) || (folder.st_mode & S_ISVTX) != 0);
    }
    free(real);
    return safe;
}

/* One octet more than the file should have is asked for: it may grow. */
static char *read_all(int fd, size_t size, size_t *len)
{
    char *text = malloc(size + 2);
    ssize_t got = 1;

    *len = 0;
    while (text != NULL && *len <= size && got != 0) {
        got = read(fd, text + *len, size + 1 - *len);
        if (got < 0 && errno != EINTR)
            break;
        if (got > 0)
            *len += (size_t)got;
    }
    if (text != NULL && (got != 0 || *len != size)) {
        free(text);
        text = NULL;
    }
    if (text != NULL)
        text[*len] = '\0';
    return text;
}

enum iss_status iss_acl_read(const char *path, char **text, size_t *len,
                             struct iss_error *error)
{
    int fd =
        open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum iss_status status = ISS_OK;
    struct stat file;

    *text = NULL;
    if (fd < 0 || fstat(fd, &file) != 0)
        status = refuse(
            path, errno == ELOOP ? "a symbolic link" : strerror(errno), error);
    else if (fault_of(&file) != NULL)
        status = refuse(path, fault_of(&file), error);
    else if (!folders_safe(path, &file))
        status = refuse(path,
                        "others than root and the user who runs the command "
                        "may write to a folder above it",
                        error);
    if (status == ISS_OK) {
        *text = read_all(fd, (size_t)file.st_size, len);
        if (*text == NULL)
            status = refuse(path, "it cannot be read, or changes", error);
    }
    if (fd >= 0)
        (void)close(fd);
    return status;
}
