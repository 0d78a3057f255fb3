/* SPDX-License-Identifier: Apache-2.0 */
/* The gate between calls and fork(). */
#include "pkcs11/gate.h"

#include "unit.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOLD_MS = 200, QUICK_US = 1000000 };

static atomic_uint leased, locked, unlocked;

static unsigned leases(void)
{
    return atomic_load(&leased);
}

static void lock(void)
{
    atomic_fetch_add(&locked, 1);
}

static void unlock(void)
{
    atomic_fetch_add(&unlocked, 1);
}

static const struct p11_gate_hooks hooks = {leases, lock, unlock, unlock};

/* Forks; the child's answer, or -1. *took gets the time of fork() itself. */
static int forked(int (*in_child)(void), uint64_t *took)
{
    const uint64_t begun = p11_gate_now_us();
    const pid_t child = fork();
    int status;

    if (child == 0)
        _exit(in_child());
    *took = p11_gate_now_us() - begun;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static int knows_it(void)
{
    return p11_gate_forked() ? 0 : 1;
}

static void a_child_knows_that_it_is_one(void)
{
    uint64_t took;

    p11_gate_setup(&hooks);
    CU_ASSERT_EQUAL(forked(knows_it, &took), 0);
    CU_ASSERT_FALSE(p11_gate_forked());
    CU_ASSERT_EQUAL(atomic_load(&locked), atomic_load(&unlocked));
}

/* The call in whose course it was made ends in the child too. */
static int leaves_and_forks(void)
{
    uint64_t took;

    p11_gate_leave();
    if (forked(knows_it, &took) != 0 || took >= QUICK_US)
        return 1;
    p11_gate_enter();
    if (forked(knows_it, &took) != 0 || took >= QUICK_US)
        return 2;
    p11_gate_leave();
    return 0;
}

static void a_module_that_forks_does_not_wait_for_its_own_call(void)
{
    uint64_t took;

    p11_gate_setup(&hooks);
    p11_gate_enter();
    CU_ASSERT_EQUAL(forked(leaves_and_forks, &took), 0);
    CU_ASSERT(took < QUICK_US);
    p11_gate_leave();

    atomic_store(&leased, 1);
    p11_gate_leased();
    CU_ASSERT_EQUAL(forked(knows_it, &took), 0);
    CU_ASSERT(took < QUICK_US);
    p11_gate_returned();
    atomic_store(&leased, 0);
}

static atomic_bool holding, released;

static void hold(void)
{
    const struct timespec time = {.tv_nsec = HOLD_MS * 1000000L};

    atomic_store(&holding, true);
    (void)nanosleep(&time, NULL);
    atomic_store(&released, true);
}

static void *hold_pass(void *arg)
{
    p11_gate_enter();
    hold();
    p11_gate_leave();
    return arg;
}

static void *hold_lease(void *arg)
{
    atomic_store(&leased, 1);
    hold();
    atomic_store(&leased, 0);
    return arg;
}

static int was_released(void)
{
    return atomic_load(&released) ? 0 : 1;
}

static void a_fork_waits_for_the_calls_of_other_threads(void)
{
    static void *(*const holders[])(void *) = {hold_pass, hold_lease};

    p11_gate_setup(&hooks);
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        uint64_t took;

        atomic_store(&holding, false);
        atomic_store(&released, false);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, holders[i], NULL),
                              0);
        while (!atomic_load(&holding))
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        CU_ASSERT_EQUAL(forked(was_released, &took), 0);
        CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
    }
}

UNIT_MAIN("gate", UNIT(a_child_knows_that_it_is_one),
          UNIT(a_module_that_forks_does_not_wait_for_its_own_call),
          UNIT(a_fork_waits_for_the_calls_of_other_threads))
