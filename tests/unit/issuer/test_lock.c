/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/lock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/publish.h"
#include "unit.h"

static void a_lock_ends_with_its_process(void)
{
    char path[ISS_PATH_MAX];
    char *dir = unit_temp_dir();
    int ready[2];
    int fd = -1;
    int other = -1;
    char c = 0;

    CU_ASSERT_EQUAL(iss_lock_open(dir, false, &fd, NULL), ISS_STORE);
    CU_ASSERT_EQUAL(iss_lock_open(dir, true, &fd, NULL), ISS_OK);
    CU_ASSERT_EQUAL(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        if (iss_lock_open(dir, false, &other, NULL) != ISS_OK ||
            iss_lock_take(other, 7, NULL) != ISS_OK ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    CU_ASSERT_EQUAL(read(ready[0], &c, 1), 1);
    CU_ASSERT_TRUE(iss_lock_held(fd, 7));
    CU_ASSERT_FALSE(iss_lock_held(fd, 8));
    CU_ASSERT_EQUAL(iss_lock_take(fd, 8, NULL), ISS_OK);
    CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_FALSE(iss_lock_held(fd, 7));
    CU_ASSERT_EQUAL(iss_lock_take(fd, 7, NULL), ISS_OK);
    iss_lock_drop(fd, 7);
    (void)close(fd);
    (void)close(ready[0]);
    (void)close(ready[1]);
    CU_ASSERT_TRUE(iss_path_join(path, dir, "lock"));
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
}

UNIT_MAIN("lock", UNIT(a_lock_ends_with_its_process))
