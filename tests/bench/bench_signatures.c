/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures a second and CPU time a signature. A line for each bridge,
 * operation and number of threads, columns separated by tabs:
 *   title op threads bridge ops/s min max ratio copy cpu_us errors calls
 * ratio: to the first bridge, median of the ratios of the same round; copy: the
 * same to the raw loop on a session copy (0: not in the contest); calls: token
 * calls of one warm operation, where the module counts them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "contest.h"

enum { ROUNDS_MAX = 64 };

struct series {
    double rate[ROUNDS_MAX], ratio[ROUNDS_MAX], copy[ROUNDS_MAX];
    double cpu[ROUNDS_MAX];
    double errors, calls;
    size_t rounds;
    bool dead;
};

static const char *const names[] = {
    [BENCH_SIGN] = "sign", [BENCH_DIGEST] = "digest"};

static void one_round(const struct contest *contest,
                      const struct contest_turn *turn, struct series *series)
{
    double base = 0, copy = 0;

    for (size_t i = 0; i < contest->count; i++) {
        struct series *s = &series[i];
        struct contest_score score;
        const size_t n = s->rounds;

        if (s->dead)
            continue;
        if (!contest_turn(contest, i, turn, &score)) {
            s->dead = true;
            continue;
        }
        s->errors += score.errors;
        if (score.operations == 0)
            continue;
        s->rate[n] = score.operations * 1e6 / score.wall_us;
        s->cpu[n] = score.cpu_us / score.operations;
        if (i == 0)
            base = s->rate[n];
        if (contest->entrants[i].bridge == &bench_copy)
            copy = s->rate[n];
        s->ratio[n] = base > 0 ? s->rate[n] / base : 0;
        s->copy[n] = copy > 0 ? s->rate[n] / copy : 0;
        s->rounds++;
    }
}

static void count_calls(const struct contest *contest, enum bench_op op,
                        struct series *series)
{
    const struct contest_turn turn = {.op = op, .threads = 1};

    for (size_t i = 0; i < contest->count; i++) {
        struct contest_score score = {.calls = -1};

        if (contest_turn(contest, i, &turn, &score))
            series[i].calls = score.calls;
    }
}

static void contend(const struct contest *contest, enum bench_op op,
                    int threads)
{
    static struct series series[CONTEST_BRIDGES];
    const struct contest_turn turn = {op, threads, contest->milliseconds};

    for (size_t i = 0; i < CONTEST_BRIDGES; i++)
        series[i] = (struct series){.calls = -1};
    for (int r = 0; r < contest->rounds && r < ROUNDS_MAX; r++)
        one_round(contest, &turn, series);
    count_calls(contest, op, series);
    for (size_t i = 0; i < contest->count; i++) {
        struct series *s = &series[i];
        const double rate = contest_median(s->rate, s->rounds);

        if (s->rounds == 0) {
            (void)printf("%s\t%s\t%d\t%s\t-\t-\t-\t-\t-\t-\t%.0f\t-\n",
                         contest->title, names[op], threads,
                         contest->entrants[i].bridge->name, s->errors);
            continue;
        }
        (void)printf("%s\t%s\t%d\t%s\t%.0f\t%.0f\t%.0f\t%.3f\t%.3f\t%.3f\t"
                     "%.0f\t%.0f\n",
                     contest->title, names[op], threads,
                     contest->entrants[i].bridge->name, rate, s->rate[0],
                     s->rate[s->rounds - 1],
                     contest_median(s->ratio, s->rounds),
                     contest_median(s->copy, s->rounds),
                     contest_median(s->cpu, s->rounds), s->errors, s->calls);
    }
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct contest contest;

    contest_start(&contest, argc, argv);
    for (size_t t = 0; t < contest.thread_counts; t++) {
        if (!contest.skip[BENCH_SIGN])
            contend(&contest, BENCH_SIGN, contest.threads[t]);
        if (!contest.skip[BENCH_DIGEST])
            contend(&contest, BENCH_DIGEST, contest.threads[t]);
    }
    contest_end(&contest);
    return contest.count == 0;
}
