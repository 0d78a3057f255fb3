/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a store is: see owner.h. */
#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish.h"

enum { RECORD_SIZE = 16384, USER_SIZE = 64 };

/* ---- who may change it -----------------------------------------------------
 */

/* The user's name, or "uid N". */
static void name_user(uid_t uid, char out[static USER_SIZE])
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *record = malloc(RECORD_SIZE);

    (void)snprintf(out, USER_SIZE, "uid %u", (unsigned)uid);
    if (record != NULL &&
        getpwuid_r(uid, &entry, record, RECORD_SIZE, &found) == 0 &&
        found != NULL)
        (void)snprintf(out, USER_SIZE, "%s", entry.pw_name);
    free(record);
}

static enum iss_status check_group(const struct iss *iss,
                                   struct iss_error *error)
{
    const char *group = iss->conf.admin_group;
    bool member = strcmp(iss->user, "root") == 0;

    for (size_t i = 0; i < iss->env.group_count && !member; i++)
        member = strcmp(iss->env.groups[i], group) == 0;
    return member ? ISS_OK
                  : iss_fail(error, ISS_REFUSED,
                             "%s: only root and members of the group %s may "
                             "change this store; %s is none of them",
                             iss->dir, group,
                             iss->user[0] == '\0' ? "nobody" : iss->user);
}

enum iss_status iss_owner_check(const struct iss *iss, struct iss_error *error)
{
    char owner[USER_SIZE];
    struct stat st;

    if (iss->conf.admin_group[0] != '\0')
        return check_group(iss, error);
    /* a folder that is not there is for others to report */
    if (stat(iss->dir, &st) != 0 || geteuid() == 0 || st.st_uid == geteuid())
        return ISS_OK;
    name_user(st.st_uid, owner);
    return iss_fail(error, ISS_REFUSED,
                    "%s: belongs to %s; only that user and root may change "
                    "this store, and %s is neither",
                    iss->dir, owner,
                    iss->user[0] == '\0' ? "nobody" : iss->user);
}

/* ---- whose its files are ---------------------------------------------------
 */

enum iss_status iss_owner_find(const char *user, struct iss_owner *owner,
                               struct iss_error *error)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *record = NULL;
    int cause = 0;

    *owner = (struct iss_owner){.uid = geteuid(), .gid = getegid()};
    if (user == NULL)
        return ISS_OK;
    record = malloc(RECORD_SIZE);
    if (record == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    cause = getpwnam_r(user, &entry, record, RECORD_SIZE, &found);
    if (found != NULL) {
        owner->other = entry.pw_uid != owner->uid;
        owner->uid = entry.pw_uid;
        owner->gid = entry.pw_gid;
    }
    free(record);
    if (found == NULL)
        return iss_fail(error, ISS_USAGE, "service user %s: %s", user,
                        cause == 0 ? "no such user" : strerror(cause));
    if (owner->other && geteuid() != 0)
        return iss_fail(error, ISS_REFUSED,
                        "service user %s: only root can give a store to "
                        "another user: run this as root or as %s",
                        user, user);
    return ISS_OK;
}

/* Opened by O_PATH: closing it drops none of this process's locks. */
static enum iss_status give_one(const char *path, const struct iss_owner *owner,
                                struct iss_error *error)
{
    struct stat st;
    enum iss_status status = ISS_STORE;
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0)
        goto out;
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1) {
        status = iss_fail(error, ISS_CONFLICT,
                          "%s: not a regular file with one name: it is not "
                          "given to another user",
                          path);
        goto out;
    }
    if ((st.st_uid == owner->uid && st.st_gid == owner->gid) ||
        fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH) == 0)
        status = ISS_OK;
out:
    if (status == ISS_STORE)
        (void)iss_fail(error, status, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum iss_status iss_owner_give(const char *dir, const struct iss_owner *owner,
                               struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    const struct dirent *entry = NULL;
    enum iss_status status = ISS_OK;
    DIR *folder = NULL;

    if (!owner->other)
        return ISS_OK;
    folder = opendir(dir);
    if (folder == NULL)
        return iss_fail(error, ISS_STORE, "%s: %s", dir, strerror(errno));
    while (status == ISS_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        status = iss_path_join(path, dir, entry->d_name)
                     ? give_one(path, owner, error)
                     : iss_fail(error, ISS_USAGE, "%s: path too long", dir);
    }
    if (status == ISS_OK &&
        (fchown(dirfd(folder), owner->uid, owner->gid) != 0 ||
         fsync(dirfd(folder)) != 0))
        status = iss_fail(error, ISS_STORE, "%s: %s", dir, strerror(errno));
    (void)closedir(folder);
    return status;
}

enum iss_status iss_owner_keep(const char *dir, const char *path,
                               struct iss_error *error)
{
    struct stat st;

    if (geteuid() != 0)
        return ISS_OK;
    if (stat(dir, &st) != 0)
        return iss_fail(error, ISS_STORE, "%s: %s", dir, strerror(errno));
    const struct iss_owner owner = {
        .other = st.st_uid != 0, .uid = st.st_uid, .gid = st.st_gid};
    return owner.other ? give_one(path, &owner, error) : ISS_OK;
}
