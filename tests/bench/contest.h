/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A contest of bridges: one process each, which opens the key once and then
 * runs a slice whenever it is its turn, so that noise of the machine befalls
 * all of them alike. Figures are compared within a round.
 */
#ifndef PRIVYSEAL_BENCH_CONTEST_H
#define PRIVYSEAL_BENCH_CONTEST_H

#include <stddef.h>
#include <sys/types.h>

#include "bridge.h"

enum { CONTEST_BRIDGES = 8, CONTEST_LIST = 16, CONTEST_THREADS = 64 };

struct contest_turn {
    enum bench_op op;
    int threads;
    int milliseconds; /* 0: one operation, counting calls */
};

struct contest_score {
    double operations, errors;
    double wall_us, cpu_us;
    double calls; /* into a module that counts (tests/fault), -1: it does not */
};

struct contest_entrant {
    const struct bench_bridge *bridge;
    pid_t pid;
    int to, from;
};

/* What a program was asked to do. */
struct contest {
    struct bench_target target;
    struct contest_entrant entrants[CONTEST_BRIDGES];
    size_t count;
    int threads[CONTEST_LIST];
    size_t thread_counts;
    int raw_threads; /* at most so many for the raw loops, 0: as asked */
    int rounds, milliseconds;
    bool skip[2];      /* by enum bench_op */
    const char *title; /* first column of each line */
};

/* Reads options and starts the entrants that open; those that do not are named
 * on standard error and left out. Exits with 2 on wrong options. */
void contest_start(struct contest *contest, int argc, char **argv);

/* One slice of one entrant; false where its process has died. */
bool contest_turn(const struct contest *contest, size_t entrant,
                  const struct contest_turn *turn, struct contest_score *score);

/* Ends all processes. */
void contest_end(struct contest *contest);

/* Calls into a counting module so far, by one function or "*"; -1 where the
 * target's module does not count. */
double contest_calls(const struct bench_target *target, const char *function);

/* Of count values, which it sorts. */
double contest_median(double *values, size_t count);

#endif
