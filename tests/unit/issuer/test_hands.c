/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/hands.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

enum { TASKS = 2000, SPAN = 8, STEPS = 3 };

struct job {
    struct iss_task task; /* first */
    unsigned done;        /* steps */
    bool disorder;
    pthread_t by[STEPS];
};

static struct job *job_of(struct iss_task *task)
{
    return (struct job *)(void *)task;
}

static void note(struct iss_task *task, unsigned step)
{
    struct job *job = job_of(task);

    job->disorder = job->disorder || job->done != step;
    job->by[job->done++ % STEPS] = pthread_self();
}

static void first(struct iss_task *task)
{
    note(task, 0);
}

static void second(struct iss_task *task)
{
    note(task, 1);
}

static void third(struct iss_task *task)
{
    note(task, 2);
}

static const struct iss_step all[] = {{ISS_AT_CLERKS, first},
                                      {ISS_AT_HANDS, second},
                                      {ISS_AT_CLERKS, third},
                                      {ISS_AT_DESK, NULL}};

/* Gives all of the jobs, no more than 100 at once, and takes them back. */
static void run_all(struct iss_hands *hands, struct job *jobs)
{
    unsigned out = 0, back = 0;

    memset(jobs, 0, TASKS * sizeof(*jobs));
    for (unsigned given = 0; back < TASKS;) {
        if (given < TASKS && out < 100) {
            iss_hands_give(hands, &jobs[given++].task, all);
            out++;
            continue;
        }
        struct job *job = job_of(iss_hands_take(hands, true));
        CU_ASSERT_PTR_NOT_NULL_FATAL(job);
        CU_ASSERT_EQUAL(job->done, STEPS);
        CU_ASSERT_FALSE(job->disorder);
        CU_ASSERT_EQUAL(pthread_equal(job->by[1], pthread_self()), 0);
        job->done++; /* a second time would be a step too many */
        out--;
        back++;
    }
    CU_ASSERT_PTR_NULL(iss_hands_take(hands, true));
}

static void each_task_does_its_steps_once_and_in_order(void)
{
    static const struct {
        unsigned hands, clerks;
    } rows[] = {{1, 0}, {1, 1}, {8, 0}, {8, 2}, {64, 3}};
    static struct job jobs[TASKS];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct iss_hands *hands = NULL;

        CU_ASSERT_EQUAL_FATAL(
            iss_hands_new(rows[i].hands, rows[i].clerks, &hands, NULL), ISS_OK);
        run_all(hands, jobs);
        for (size_t n = 0; n < TASKS && rows[i].clerks == 0; n++)
            CU_ASSERT_NOT_EQUAL(pthread_equal(jobs[n].by[0], pthread_self()),
                                0);
        iss_hands_free(hands);
    }
}

static pthread_barrier_t all_here;

static void meet(struct iss_task *task)
{
    (void)task;
    (void)pthread_barrier_wait(&all_here);
}

static const struct iss_step meeting[] = {{ISS_AT_HANDS, meet},
                                          {ISS_AT_DESK, NULL}};

/* Ends only if as many tasks as there are hands run at the same time. */
static void so_many_hands_work_at_once(void)
{
    struct iss_hands *hands = NULL;
    struct job jobs[SPAN] = {0};
    unsigned back = 0;

    (void)pthread_barrier_init(&all_here, NULL, SPAN);
    CU_ASSERT_EQUAL_FATAL(iss_hands_new(SPAN, 0, &hands, NULL), ISS_OK);
    CU_ASSERT_PTR_NULL(iss_hands_take(hands, true));
    iss_hands_give(hands, &jobs[0].task, meeting);
    CU_ASSERT_PTR_NULL(iss_hands_take(hands, false));
    for (size_t i = 1; i < SPAN; i++)
        iss_hands_give(hands, &jobs[i].task, meeting);
    while (iss_hands_take(hands, true) != NULL)
        back++;
    CU_ASSERT_EQUAL(back, SPAN);
    CU_ASSERT_EQUAL(iss_hands_queued(hands), 0);
    iss_hands_free(hands);
    (void)pthread_barrier_destroy(&all_here);
}

static atomic_uint slow_ones;

static void be_slow(struct iss_task *task)
{
    const struct timespec pause = {.tv_nsec = 2000000};

    (void)task;
    (void)nanosleep(&pause, NULL);
    atomic_fetch_add(&slow_ones, 1);
}

static void freeing_waits_for_what_was_given(void)
{
    static const struct iss_step steps[] = {
        {ISS_AT_HANDS, be_slow}, {ISS_AT_CLERKS, be_slow}, {ISS_AT_DESK, NULL}};
    struct iss_hands *hands = NULL;
    struct job jobs[SPAN] = {0};

    atomic_store(&slow_ones, 0);
    CU_ASSERT_EQUAL_FATAL(iss_hands_new(2, 1, &hands, NULL), ISS_OK);
    for (size_t i = 0; i < SPAN; i++)
        iss_hands_give(hands, &jobs[i].task, steps);
    CU_ASSERT_TRUE(iss_hands_queued(hands) >= SPAN - 2);
    iss_hands_free(hands);
    CU_ASSERT_EQUAL(atomic_load(&slow_ones), 2 * SPAN);
    iss_hands_free(NULL);
}

static pthread_t signalled;
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signalled = pthread_self();
    signals = 1;
}

static void signals_are_for_the_desk(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;
    struct iss_hands *hands = NULL;
    sigset_t mine, old;

    (void)sigaction(SIGUSR1, &action, &before);
    CU_ASSERT_EQUAL_FATAL(iss_hands_new(SPAN, 2, &hands, NULL), ISS_OK);
    (void)sigemptyset(&mine);
    (void)sigaddset(&mine, SIGUSR1);
    /* where the desk does not take it either, nobody does */
    (void)pthread_sigmask(SIG_BLOCK, &mine, &old);
    CU_ASSERT_EQUAL(kill(getpid(), SIGUSR1), 0);
    be_slow(NULL);
    CU_ASSERT_EQUAL(signals, 0);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    CU_ASSERT_EQUAL(signals, 1);
    CU_ASSERT_NOT_EQUAL(pthread_equal(signalled, pthread_self()), 0);
    iss_hands_free(hands);
    (void)sigaction(SIGUSR1, &before, NULL);
}

static void numbers_of_threads_have_bounds(void)
{
    struct iss_hands *hands = NULL;
    struct iss_error error = {.status = ISS_OK};

    CU_ASSERT_EQUAL(iss_hands_new(0, 0, &hands, &error), ISS_USAGE);
    CU_ASSERT_STRING_EQUAL(error.text, "threads: 1 to 64");
    CU_ASSERT_EQUAL(iss_hands_new(65, 0, &hands, NULL), ISS_USAGE);
    CU_ASSERT_EQUAL(iss_hands_new(1, 65, &hands, NULL), ISS_USAGE);
    CU_ASSERT_PTR_NULL(hands);
}

UNIT_MAIN("hands", UNIT(each_task_does_its_steps_once_and_in_order),
          UNIT(so_many_hands_work_at_once),
          UNIT(freeing_waits_for_what_was_given),
          UNIT(signals_are_for_the_desk), UNIT(numbers_of_threads_have_bounds))
