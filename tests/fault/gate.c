/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the gate between callers and the token. */
#include "gate.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static unsigned calls_inside;
static bool gate_closing;

/* With sleeps instead of a condition variable: one of those would have to be
 * made anew in the child. */
static void wait_at_gate(void)
{
    const struct timespec time = {.tv_nsec = 20000};

    (void)pthread_mutex_unlock(&gate);
    (void)nanosleep(&time, NULL);
    (void)pthread_mutex_lock(&gate);
}

void fault_gate_pass(void)
{
    (void)pthread_mutex_lock(&gate);
    while (gate_closing)
        wait_at_gate();
    calls_inside++;
    (void)pthread_mutex_unlock(&gate);
}

void fault_gate_leave(void)
{
    (void)pthread_mutex_lock(&gate);
    calls_inside--;
    (void)pthread_mutex_unlock(&gate);
}

void fault_gate_close(void)
{
    (void)pthread_mutex_lock(&gate);
    while (gate_closing)
        wait_at_gate();
    gate_closing = true;
    while (calls_inside > 0)
        wait_at_gate();
}

void fault_gate_open(void)
{
    gate_closing = false;
    (void)pthread_mutex_unlock(&gate);
}
