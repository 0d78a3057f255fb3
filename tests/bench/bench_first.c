/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first signature of a process: from a fresh process to the signature.
 *   title first bridge ms min max ratio calls
 * ratio: to the first bridge, of the same round; the median of --rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "contest.h"

enum { ROUNDS_MAX = 64 };

struct report {
    double us, calls;
};

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void live(const struct bench_target *target,
                 const struct bench_bridge *bridge, double start, int to)
{
    void *key = bridge->open(target);
    void *thread = key != NULL ? bridge->thread_new(key, BENCH_DIGEST) : NULL;
    struct report report = {-1, -1};

    if (thread != NULL && bridge->once(thread)) {
        report.us = now_us() - start;
        report.calls = contest_calls(target, "*");
    }
    if (write(to, &report, sizeof(report)) < 0)
        _exit(1);
    _exit(0);
}

static struct report first(const struct bench_target *target,
                           const struct bench_bridge *bridge)
{
    struct report report = {-1, -1};
    int ends[2];
    pid_t pid;
    double start = now_us();

    if (pipe(ends) != 0)
        return report;
    pid = fork();
    if (pid == 0)
        live(target, bridge, start, ends[1]);
    (void)close(ends[1]);
    if (read(ends[0], &report, sizeof(report)) != (ssize_t)sizeof(report))
        report.us = -1;
    (void)close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    return report;
}

int main(int argc, char **argv)
{
    static double us[CONTEST_BRIDGES][ROUNDS_MAX];
    static double ratio[CONTEST_BRIDGES][ROUNDS_MAX];
    double calls[CONTEST_BRIDGES] = {0};
    struct contest contest;
    size_t rounds;

    contest_start(&contest, argc, argv);
    contest_end(&contest); /* only to know which of them open */
    rounds = contest.rounds < ROUNDS_MAX ? (size_t)contest.rounds : ROUNDS_MAX;
    for (size_t r = 0; r < rounds; r++) {
        for (size_t i = 0; i < contest.count; i++) {
            struct report report =
                first(&contest.target, contest.entrants[i].bridge);

            us[i][r] = report.us;
            calls[i] = report.calls;
            ratio[i][r] = report.us / us[0][r];
        }
    }
    for (size_t i = 0; i < contest.count; i++) {
        const double median = contest_median(us[i], rounds);

        (void)printf("%s\tfirst\t%s\t%.2f\t%.2f\t%.2f\t%.3f\t%.0f\n",
                     contest.title, contest.entrants[i].bridge->name,
                     median / 1e3, us[i][0] / 1e3, us[i][rounds - 1] / 1e3,
                     contest_median(ratio[i], rounds), calls[i]);
    }
    return contest.count == 0;
}
