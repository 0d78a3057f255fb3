/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are there whole or not at all: written under no name, synced,
 * linked to their name, and the folder synced. Nothing is overwritten unless
 * asked, no link is followed, no FIFO waits.
 */
#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEMP_NAME = 40,
    PROC_NAME = 40,
    TEMP_TRIES = 8,
    PUBLIC_MODE = 0644,
    SECRET_MODE = 0600
};

struct content { /* what a file is to hold */
    const char *data;
    size_t len;
    unsigned flags;
};

bool iss_path_join(char out[static ISS_PATH_MAX], const char *folder,
                   const char *name)
{
    int n = snprintf(out, ISS_PATH_MAX, "%s/%s", folder, name);
    return n > 0 && n < ISS_PATH_MAX;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* The folder of path, opened and held, and the last component. */
static int open_folder(const char *path, const char **name)
{
    char folder[ISS_PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);

    *name = slash == NULL ? path : slash + 1;
    if (len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (slash == NULL) {
        folder[0] = '.';
        len = 1;
    } else if (len == 0) {
        folder[0] = '/';
        len = 1;
    } else {
        memcpy(folder, path, len);
    }
    folder[len] = '\0';
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A new file in the folder: without a name where the file system can, else
 * with one of its own that temp gets. */
static int open_temp(int folder, unsigned flags, char temp[static TEMP_NAME])
{
    const mode_t mode =
        (flags & ISS_PUBLISH_SECRET) != 0 ? SECRET_MODE : PUBLIC_MODE;
    int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

    temp[0] = '\0';
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    for (int i = 0; i < TEMP_TRIES; i++) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return -1;
        (void)snprintf(temp, TEMP_NAME, ".privyseal-%016llx",
                       (unsigned long long)random);
        fd = openat(folder, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

static bool link_temp(int folder, int fd, const char *temp, const char *name)
{
    char proc[PROC_NAME];

    if (temp[0] != '\0')
        return linkat(folder, temp, folder, name, 0) == 0;
    (void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, proc, folder, name, AT_SYMLINK_FOLLOW) == 0;
}

/* 1: a regular file of exactly these octets; 0: something else; -1: errno. */
static int same_content(int folder, const char *name, const char *data,
                        size_t len, bool *regular)
{
    char buffer[BUFSIZ];
    struct stat st;
    size_t at = 0;
    int result = -1;
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    *regular = false;
    if (fd < 0)
        return errno == ELOOP || errno == ENXIO || errno == EACCES ? 0 : -1;
    if (fstat(fd, &st) != 0)
        goto out;
    *regular = S_ISREG(st.st_mode);
    result = *regular && st.st_size == (off_t)len;
    while (result == 1 && at < len) {
        size_t want = len - at < sizeof(buffer) ? len - at : sizeof(buffer);
        ssize_t n = read(fd, buffer, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || memcmp(buffer, data + at, (size_t)n) != 0)
            result = 0;
        else
            at += (size_t)n;
    }
out:
    (void)close(fd);
    return result;
}

/* Replaces name by the temporary file, which gets a name of its own first. */
static bool replace(int folder, int fd, char temp[static TEMP_NAME],
                    const char *name)
{
    if (temp[0] == '\0') {
        uint64_t random = 0;
        char fresh[TEMP_NAME];
        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return false;
        (void)snprintf(fresh, sizeof(fresh), ".privyseal-%016llx",
                       (unsigned long long)random);
        if (!link_temp(folder, fd, temp, fresh))
            return false;
        memcpy(temp, fresh, sizeof(fresh));
    }
    if (renameat(folder, temp, folder, name) != 0)
        return false;
    temp[0] = '\0';
    return true;
}

static enum iss_status settle_existing(int folder, int fd,
                                       char temp[static TEMP_NAME],
                                       const char *path,
                                       const struct content *text,
                                       struct iss_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    bool regular = false;
    int same = same_content(folder, name, text->data, text->len, &regular);

    if (same == 1)
        return ISS_OK;
    if (same < 0)
        return iss_fail(error, ISS_STORE, "%s: %s", path, strerror(errno));
    if (!regular)
        return iss_fail(error, ISS_CONFLICT,
                        "%s: exists and is not a regular file", path);
    if ((text->flags & ISS_PUBLISH_FORCE) == 0)
        return iss_fail(error, ISS_CONFLICT,
                        "%s: exists with other content, not overwritten", path);
    if (!replace(folder, fd, temp, name))
        return iss_fail(error, ISS_STORE, "%s: %s", path, strerror(errno));
    return ISS_OK;
}

enum iss_status iss_publish(const char *path, const void *data, size_t len,
                            unsigned flags, struct iss_error *error)
{
    const struct content text = {.data = data, .len = len, .flags = flags};
    enum iss_status status = ISS_STORE;
    char temp[TEMP_NAME] = "";
    const char *name = NULL;
    int fd = -1;
    int folder = open_folder(path, &name);

    if (folder < 0) {
        status = iss_fail(error, ISS_USAGE, "%s: its folder: %s", path,
                          strerror(errno));
        goto out;
    }
    if (name[0] == '\0') {
        status = iss_fail(error, ISS_USAGE, "%s: no file name", path);
        goto out;
    }
    fd = open_temp(folder, flags, temp);
    if (fd < 0 || !write_all(fd, data, len) || fsync(fd) != 0) {
        (void)iss_fail(error, ISS_STORE, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (link_temp(folder, fd, temp, name)) {
        status = ISS_OK;
    } else if (errno == EEXIST) {
        status = settle_existing(folder, fd, temp, path, &text, error);
    } else {
        (void)iss_fail(error, ISS_STORE, "%s: %s", path, strerror(errno));
    }
    if (status == ISS_OK && fsync(folder) != 0)
        status = iss_fail(error, ISS_STORE, "%s: its folder: %s", path,
                          strerror(errno));
out:
    if (temp[0] != '\0')
        (void)unlinkat(folder, temp, 0);
    if (fd >= 0)
        (void)close(fd);
    if (folder >= 0)
        (void)close(folder);
    return status;
}

/* ---- many of one folder ---------------------------------------------------
 */

enum { MANY = 64 }; /* files of a group, each an open descriptor */

struct iss_publisher {
    char *folder; /* for messages */
    int fd;       /* of it */
    size_t count;
    struct one {
        int fd;
        char temp[TEMP_NAME];
        char *name;
    } files[MANY];
};

enum iss_status iss_publisher_new(const char *folder,
                                  struct iss_publisher **out,
                                  struct iss_error *error)
{
    struct iss_publisher *publisher = calloc(1, sizeof(*publisher));

    *out = NULL;
    if (publisher == NULL || (publisher->folder = strdup(folder)) == NULL) {
        free(publisher);
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    }
    publisher->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (publisher->fd < 0) {
        (void)iss_fail(error, ISS_USAGE, "%s: %s", folder, strerror(errno));
        iss_publisher_free(publisher);
        return ISS_USAGE;
    }
    *out = publisher;
    return ISS_OK;
}

static enum iss_status fail_one(const struct iss_publisher *publisher,
                                const char *name, struct iss_error *error)
{
    return iss_fail(error, ISS_STORE, "%s/%s: %s", publisher->folder, name,
                    strerror(errno));
}

static void drop_one(const struct iss_publisher *publisher, struct one *file)
{
    if (file->temp[0] != '\0')
        (void)unlinkat(publisher->fd, file->temp, 0);
    if (file->fd >= 0)
        (void)close(file->fd);
    free(file->name);
}

enum iss_status iss_publisher_add(struct iss_publisher *publisher,
                                  const char *name, const void *data,
                                  size_t len, struct iss_error *error)
{
    bool regular = false;
    int same = same_content(publisher->fd, name, data, len, &regular);
    enum iss_status status = ISS_OK;

    if (same == 1)
        return ISS_OK;
    if (same == 0)
        return iss_fail(error, ISS_CONFLICT,
                        "%s/%s: exists with other content, not overwritten",
                        publisher->folder, name);
    if (errno != ENOENT)
        return fail_one(publisher, name, error);
    if (publisher->count == MANY)
        status = iss_publisher_sync(publisher, error);
    if (status != ISS_OK)
        return status;
    struct one *file = &publisher->files[publisher->count];
    file->name = strdup(name);
    if (file->name == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    file->fd = open_temp(publisher->fd, 0, file->temp);
    if (file->fd >= 0 && write_all(file->fd, data, len)) {
        publisher->count++;
        return ISS_OK;
    }
    /* cut short, it must not get its name with those before it */
    status = fail_one(publisher, name, error);
    drop_one(publisher, file);
    return status;
}

static void drop_all(struct iss_publisher *publisher)
{
    for (size_t i = 0; i < publisher->count; i++)
        drop_one(publisher, &publisher->files[i]);
    publisher->count = 0;
}

enum iss_status iss_publisher_sync(struct iss_publisher *publisher,
                                   struct iss_error *error)
{
    enum iss_status status = ISS_OK;

    /* one call for all of them: a sync a file would cost more than signing */
    if (publisher->count > 0 && syncfs(publisher->fd) != 0)
        status = fail_one(publisher, ".", error);
    for (size_t i = 0; i < publisher->count && status == ISS_OK; i++) {
        const struct one *file = &publisher->files[i];

        if (!link_temp(publisher->fd, file->fd, file->temp, file->name))
            status = errno == EEXIST
                         ? iss_fail(error, ISS_CONFLICT,
                                    "%s/%s: exists, not overwritten",
                                    publisher->folder, file->name)
                         : fail_one(publisher, file->name, error);
    }
    if (publisher->count > 0 && status == ISS_OK && fsync(publisher->fd) != 0)
        status = fail_one(publisher, ".", error);
    drop_all(publisher);
    return status;
}

void iss_publisher_free(struct iss_publisher *publisher)
{
    if (publisher == NULL)
        return;
    drop_all(publisher);
    if (publisher->fd >= 0)
        (void)close(publisher->fd);
    free(publisher->folder);
    free(publisher);
}

enum iss_status iss_read_file(const char *path, size_t max, char **out,
                              size_t *len, struct iss_error *error)
{
    enum iss_status status = ISS_USAGE;
    struct stat st;
    char *text = NULL;
    size_t used = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    *out = NULL;
    *len = 0;
    if (fd < 0 || fstat(fd, &st) != 0) {
        (void)iss_fail(error, status, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)iss_fail(error, status, "%s: not a regular file", path);
        goto out;
    }
    if ((uintmax_t)st.st_size > max) {
        status = iss_fail(error, ISS_MALFORMED, "%s: more than %zu octets",
                          path, max);
        goto out;
    }
    text = malloc((size_t)st.st_size + 1);
    if (text == NULL) {
        status = iss_fail(error, ISS_INTERNAL, "%s: out of memory", path);
        goto out;
    }
    while (used < (size_t)st.st_size) {
        ssize_t n = read(fd, text + used, (size_t)st.st_size - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (used != (size_t)st.st_size) {
        (void)iss_fail(error, status, "%s: cannot be read whole", path);
        goto out;
    }
    text[used] = '\0';
    *out = text;
    *len = used;
    text = NULL;
    status = ISS_OK;
out:
    free(text);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum iss_status iss_append_file(const char *path, const char *text, size_t len,
                                struct iss_error *error)
{
    enum iss_status status = ISS_STORE;
    struct stat st;
    char last = '\n';
    int fd = open(
        path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
        0600);

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        goto out;
    if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
        goto out;
    if (last != '\n' && !write_all(fd, "\n", 1))
        goto out;
    if (write_all(fd, text, len) && fsync(fd) == 0)
        status = ISS_OK;
out:
    if (status != ISS_OK)
        (void)iss_fail(error, status, "%s: cannot be appended to: %s", path,
                       strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum iss_status iss_sync_folder(const char *path, struct iss_error *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;

    if (!done)
        (void)iss_fail(error, ISS_STORE, "%s: cannot be synced: %s", path,
                       strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return done ? ISS_OK : ISS_STORE;
}
