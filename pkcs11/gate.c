/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draining calls around fork(). The order of stores and loads is Dekker's: a
 * caller makes its mark, then looks at the gate; a fork closes the gate, then
 * looks for marks. All of them are sequentially consistent.
 */
#include "gate.h"

#include <pthread.h>
#include <time.h>

enum { DRAIN_US = 2000000, POLL_NS = 200000, RENEWALS = 64 };

atomic_bool p11_gate_closed;

static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint passes; /* marks without a session */
static _Thread_local unsigned my_passes, my_leases;
static _Thread_local unsigned handlers; /* of ours, in this thread's fork */
static atomic_bool forked;
static const struct p11_gate_hooks *hooks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

uint64_t p11_gate_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void p11_gate_wait(void)
{
    (void)pthread_mutex_lock(&fork_lock);
    (void)pthread_mutex_unlock(&fork_lock);
}

void p11_gate_enter(void)
{
    atomic_fetch_add(&passes, 1);
    while (atomic_load(&p11_gate_closed)) {
        atomic_fetch_sub(&passes, 1);
        p11_gate_wait();
        atomic_fetch_add(&passes, 1);
    }
    my_passes++;
}

void p11_gate_leave(void)
{
    my_passes--;
    atomic_fetch_sub(&passes, 1);
}

void p11_gate_leased(void)
{
    my_leases++;
}

void p11_gate_returned(void)
{
    my_leases--;
}

bool p11_gate_inside(void)
{
    return my_passes > 0 || my_leases > 0;
}

bool p11_gate_forked(void)
{
    return atomic_load(&forked);
}

static void prepare(void)
{
    const struct timespec poll = {.tv_nsec = POLL_NS};
    uint64_t start;

    if (handlers++ > 0)
        return;
    (void)pthread_mutex_lock(&fork_lock);
    atomic_store(&p11_gate_closed, true);
    start = p11_gate_now_us();
    while ((atomic_load(&passes) > my_passes || hooks->leases() > my_leases) &&
           p11_gate_now_us() - start < DRAIN_US)
        (void)nanosleep(&poll, NULL);
    hooks->lock();
}

static void parent(void)
{
    if (--handlers > 0)
        return;
    hooks->unlock();
    atomic_store(&p11_gate_closed, false);
    (void)pthread_mutex_unlock(&fork_lock);
}

static void child(void)
{
    if (--handlers > 0)
        return;
    atomic_store(&forked, true);
    atomic_store(&passes, my_passes);
    hooks->child();
    atomic_store(&p11_gate_closed, false);
    (void)pthread_mutex_unlock(&fork_lock);
}

static void install(void)
{
    (void)pthread_atfork(prepare, parent, child);
}

void p11_gate_setup(const struct p11_gate_hooks *h)
{
    hooks = h;
    (void)pthread_once(&once, install);
}

void p11_gate_renew(void)
{
    static atomic_uint renewals;

    if (atomic_fetch_add(&renewals, 1) < RENEWALS)
        install();
}
