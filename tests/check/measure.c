/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure FILE PROGRAM ARGUMENTS...: runs the program and writes "exit-code
 * cpu-microseconds maximum-resident-KiB" into FILE. A child's resident maximum
 * begins with that of the process it was forked from, so a script interpreter
 * cannot measure small programs; this one is small.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    pid_t child = 0;
    int state = 0;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: measure FILE PROGRAM ARGUMENTS...\n");
        return 2;
    }
    int failed = posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ);
    if (failed != 0) {
        (void)fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(failed));
        return 2;
    }
    while (wait4(child, &state, 0, &usage) < 0)
        if (errno != EINTR)
            return 2;
    FILE *file = fopen(argv[1], "w");
    if (file == NULL)
        return 2;
    int code = WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
    (void)fprintf(file, "%d %ld %ld\n", code,
                  (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L +
                      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
                  usage.ru_maxrss);
    return fclose(file) == 0 ? 0 : 2;
}
