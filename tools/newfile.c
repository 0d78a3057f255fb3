/* SPDX-License-Identifier: Apache-2.0 */
/* Files written piece by piece: see newfile.h. */
#include "newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROC_SIZE = 40, TRIES = 8 };

static enum iss_status fail(const struct tool_newfile *file,
                            struct iss_error *error)
{
    return iss_fail(error, ISS_STORE, "%s: %s", file->path, strerror(errno));
}

static const char *name_of(const struct tool_newfile *file)
{
    const char *slash = strrchr(file->path, '/');

    return slash == NULL ? file->path : slash + 1;
}

static int open_folder(const struct tool_newfile *file)
{
    char folder[ISS_PATH_MAX];
    const size_t len = (size_t)(name_of(file) - file->path);

    memcpy(folder, file->path, len);
    folder[len] = '\0';
    return open(len == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool new_name(char out[static 48])
{
    uint64_t random = 0;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return false;
    (void)snprintf(out, 48, ".privyseal-%016" PRIx64, random);
    return true;
}

static bool open_named(struct tool_newfile *file, mode_t mode)
{
    for (int i = 0; i < TRIES && file->file < 0; i++) {
        if (!new_name(file->temp))
            break;
        file->file = openat(file->folder, file->temp,
                            O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file->file < 0 && errno != EEXIST)
            break;
    }
    if (file->file < 0)
        file->temp[0] = '\0';
    return file->file >= 0;
}

enum iss_status tool_newfile_begin(struct tool_newfile *file, const char *path,
                                   mode_t mode, struct iss_error *error)
{
    *file = (struct tool_newfile){.folder = -1, .file = -1};
    const int len = snprintf(file->path, sizeof(file->path), "%s", path);

    if (len <= 0 || (size_t)len >= sizeof(file->path) ||
        name_of(file)[0] == '\0')
        return iss_fail(error, ISS_USAGE, "%.200s: no name of a file", path);
    file->folder = open_folder(file);
    if (file->folder < 0)
        return iss_fail(error, ISS_USAGE, "%s: its folder: %s", path,
                        strerror(errno));
    file->file =
        openat(file->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (file->file < 0 && errno != EOPNOTSUPP && errno != EISDIR &&
        errno != ENOENT)
        return fail(file, error);
    return file->file >= 0 || open_named(file, mode) ? ISS_OK
                                                     : fail(file, error);
}

enum iss_status tool_newfile_differs(const struct tool_newfile *file, int other,
                                     struct iss_error *error)
{
    struct stat there, source;

    if (fstatat(file->folder, name_of(file), &there, AT_SYMLINK_NOFOLLOW) !=
            0 ||
        fstat(other, &source) != 0 || there.st_dev != source.st_dev ||
        there.st_ino != source.st_ino)
        return ISS_OK;
    return iss_fail(error, ISS_USAGE,
                    "%s: this is the file that is read: another with --out",
                    file->path);
}

enum iss_status tool_newfile_write(struct tool_newfile *file,
                                   const void *octets, size_t len,
                                   struct iss_error *error)
{
    const char *at = octets;

    while (len > 0) {
        ssize_t n = write(file->file, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(file, error);
        at += n;
        len -= (size_t)n;
    }
    return ISS_OK;
}

/* Under a name of its own or the last, which must be free. */
static bool give_name(struct tool_newfile *file, const char *name)
{
    char proc[PROC_SIZE];

    if (file->temp[0] != '\0')
        return linkat(file->folder, file->temp, file->folder, name, 0) == 0;
    (void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", file->file);
    return linkat(AT_FDCWD, proc, file->folder, name, AT_SYMLINK_FOLLOW) == 0;
}

static enum iss_status replace(struct tool_newfile *file,
                               struct iss_error *error)
{
    char temp[sizeof(file->temp)];
    struct stat there;

    if (fstatat(file->folder, name_of(file), &there, AT_SYMLINK_NOFOLLOW) ==
            0 &&
        !S_ISREG(there.st_mode))
        return iss_fail(error, ISS_CONFLICT,
                        "%s: exists and is not a regular file", file->path);
    if (file->temp[0] == '\0') {
        if (!new_name(temp) || !give_name(file, temp))
            return fail(file, error);
        memcpy(file->temp, temp, sizeof(temp));
    }
    if (renameat(file->folder, file->temp, file->folder, name_of(file)) != 0)
        return fail(file, error);
    file->temp[0] = '\0';
    return ISS_OK;
}

enum iss_status tool_newfile_finish(struct tool_newfile *file, bool force,
                                    struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    if (fsync(file->file) != 0)
        return fail(file, error);
    if (!give_name(file, name_of(file))) {
        if (errno != EEXIST)
            return fail(file, error);
        if (!force)
            return iss_fail(error, ISS_CONFLICT,
                            "%s: exists, not overwritten (--force)",
                            file->path);
        status = replace(file, error);
    }
    if (status == ISS_OK && fsync(file->folder) != 0)
        status = fail(file, error);
    return status;
}

void tool_newfile_drop(struct tool_newfile *file)
{
    if (file->temp[0] != '\0')
        (void)unlinkat(file->folder, file->temp, 0);
    if (file->file >= 0)
        (void)close(file->file);
    if (file->folder >= 0)
        (void)close(file->folder);
    *file = (struct tool_newfile){.folder = -1, .file = -1};
}
