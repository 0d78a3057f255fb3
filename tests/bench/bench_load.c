/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a key by URI once more in a process that has loaded it before.
 *   title load bridge us min max calls
 * calls: token calls of one such load, where the module counts them.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contest.h"

enum { ROUNDS_MAX = 64, WARM = 2 };

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int measure(const struct contest *contest,
                   const struct bench_bridge *bridge)
{
    double us[ROUNDS_MAX], calls, median;
    void *key = bridge->open(&contest->target);
    size_t n = 0;

    for (int i = 0; key != NULL && i < WARM; i++) {
        if (!bridge->again(key))
            return 1;
    }
    calls = contest_calls(&contest->target, "*");
    if (key == NULL || !bridge->again(key))
        return 1;
    if (calls >= 0)
        calls = contest_calls(&contest->target, "*") - calls;
    while (n < (size_t)contest->rounds && n < ROUNDS_MAX) {
        const double start = now_us();

        if (!bridge->again(key))
            return 1;
        us[n++] = now_us() - start;
    }
    median = contest_median(us, n);
    (void)printf("%s\tload\t%s\t%.1f\t%.1f\t%.1f\t%.0f\n", contest->title,
                 bridge->name, median, us[0], us[n - 1], calls);
    (void)fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    struct contest contest;

    contest_start(&contest, argc, argv);
    contest_end(&contest);
    for (size_t i = 0; i < contest.count; i++) {
        const pid_t pid = fork();

        if (pid == 0)
            _exit(measure(&contest, contest.entrants[i].bridge));
        (void)waitpid(pid, NULL, 0);
    }
    return contest.count == 0;
}
