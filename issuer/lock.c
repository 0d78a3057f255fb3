/* SPDX-License-Identifier: Apache-2.0 */
/* Open file description locks: see lock.h. */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "publish.h"

enum { PAUSE_NS = 5000000, PAUSES = 12000 };

enum iss_status iss_lock_open(const char *dir, bool create, int *fd,
                              struct iss_error *error)
{
    char path[ISS_PATH_MAX];
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);

    *fd = -1;
    if (!iss_path_join(path, dir, "lock"))
        return iss_fail(error, ISS_USAGE, "%s: path too long", dir);
    *fd = open(path, flags, 0600);
    if (*fd < 0)
        return iss_fail(error, ISS_STORE, "%s: %s", path, strerror(errno));
    return ISS_OK;
}

static struct flock range(short type, uint64_t number)
{
    return (struct flock){.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)number,
                          .l_len = 1};
}

enum iss_status iss_lock_take(int fd, uint64_t number, struct iss_error *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct flock lock = range(F_WRLCK, number);

    for (int i = 0; i < PAUSES; i++) {
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return ISS_OK;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return iss_fail(error, ISS_STORE, "lock: %s", strerror(errno));
        (void)nanosleep(&pause, NULL);
    }
    return iss_fail(error, ISS_STORE,
                    "lock: another process has held number %llu for a minute",
                    (unsigned long long)number);
}

bool iss_lock_try(int fd, uint64_t number)
{
    struct flock lock = range(F_WRLCK, number);
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

void iss_lock_drop(int fd, uint64_t number)
{
    struct flock lock = range(F_UNLCK, number);
    (void)fcntl(fd, F_OFD_SETLK, &lock);
}

bool iss_lock_held(int fd, uint64_t number)
{
    struct flock lock = range(F_WRLCK, number);

    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
