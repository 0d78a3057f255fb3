/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of a desk: see hands.h. */
#include "hands.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { PLACES = ISS_AT_DESK + 1 };

struct queue { /* first in, first out */
    struct iss_task *first, **last;
    unsigned count, idle; /* idle: threads that wait for one */
    pthread_cond_t filled;
};

struct iss_hands {
    pthread_mutex_t mutex;
    struct queue queues[PLACES];
    unsigned out; /* given and not taken */
    unsigned clerks;
    bool ended;
    pthread_t threads[2 * ISS_HANDS_MAX];
    unsigned thread_count;
};

struct place { /* what a thread is told */
    struct iss_hands *hands;
    enum iss_place place;
};

/* All below with the mutex held. */

static void push(struct iss_hands *hands, struct iss_task *task)
{
    struct queue *queue = &hands->queues[task->at->place];

    task->next = NULL;
    *queue->last = task;
    queue->last = &task->next;
    queue->count++;
    if (queue->idle > 0)
        (void)pthread_cond_signal(&queue->filled);
}

static struct iss_task *pop(struct iss_hands *hands, enum iss_place place)
{
    struct queue *queue = &hands->queues[place];
    struct iss_task *task = queue->first;

    if (task == NULL)
        return NULL;
    queue->first = task->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return task;
}

static void await(struct iss_hands *hands, enum iss_place place)
{
    struct queue *queue = &hands->queues[place];

    queue->idle++;
    (void)pthread_cond_wait(&queue->filled, &hands->mutex);
    queue->idle--;
}

/* Lets go of the mutex meanwhile. */
static void do_step(struct iss_hands *hands, struct iss_task *task)
{
    (void)pthread_mutex_unlock(&hands->mutex);
    task->at->run(task);
    task->at++;
    (void)pthread_mutex_lock(&hands->mutex);
    push(hands, task);
    /* a desk that helps out waits in its own queue alone */
    if (task->at->place == ISS_AT_CLERKS)
        (void)pthread_cond_signal(&hands->queues[ISS_AT_DESK].filled);
}

static void *work(void *arg)
{
    const struct place *told = arg;
    struct iss_hands *hands = told->hands;
    const enum iss_place place = told->place;

    free(arg);
    (void)pthread_mutex_lock(&hands->mutex);
    for (;;) {
        struct iss_task *task = pop(hands, place);

        if (task != NULL)
            do_step(hands, task);
        else if (hands->ended)
            break;
        else
            await(hands, place);
    }
    (void)pthread_mutex_unlock(&hands->mutex);
    return NULL;
}

static bool start(struct iss_hands *hands, enum iss_place place, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct place *told = malloc(sizeof(*told));

        if (told == NULL)
            return false;
        *told = (struct place){.hands = hands, .place = place};
        if (pthread_create(&hands->threads[hands->thread_count], NULL, work,
                           told) != 0) {
            free(told);
            return false;
        }
        hands->thread_count++;
    }
    return true;
}

enum iss_status iss_hands_new(unsigned hands, unsigned clerks,
                              struct iss_hands **out, struct iss_error *error)
{
    struct iss_hands *new = NULL;
    sigset_t all, before;
    bool good = false;

    *out = NULL;
    if (hands == 0 || hands > ISS_HANDS_MAX || clerks > ISS_HANDS_MAX)
        return iss_fail(error, ISS_USAGE, "threads: 1 to %d", ISS_HANDS_MAX);
    new = calloc(1, sizeof(*new));
    if (new == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    (void)pthread_mutex_init(&new->mutex, NULL);
    for (size_t i = 0; i < PLACES; i++) {
        new->queues[i].last = &new->queues[i].first;
        (void)pthread_cond_init(&new->queues[i].filled, NULL);
    }
    /* a signal is for whoever owns the program's first thread */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    good = start(new, ISS_AT_HANDS, hands) && start(new, ISS_AT_CLERKS, clerks);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!good) {
        iss_hands_free(new);
        return iss_fail(error, ISS_INTERNAL, "no more threads to be had");
    }
    new->clerks = clerks;
    *out = new;
    return ISS_OK;
}

void iss_hands_free(struct iss_hands *hands)
{
    if (hands == NULL)
        return;
    while (iss_hands_take(hands, true) != NULL)
        continue;
    (void)pthread_mutex_lock(&hands->mutex);
    hands->ended = true;
    for (size_t i = 0; i < PLACES; i++)
        (void)pthread_cond_broadcast(&hands->queues[i].filled);
    (void)pthread_mutex_unlock(&hands->mutex);
    for (unsigned i = 0; i < hands->thread_count; i++)
        (void)pthread_join(hands->threads[i], NULL);
    for (size_t i = 0; i < PLACES; i++)
        (void)pthread_cond_destroy(&hands->queues[i].filled);
    (void)pthread_mutex_destroy(&hands->mutex);
    free(hands);
}

void iss_hands_give(struct iss_hands *hands, struct iss_task *task,
                    const struct iss_step *steps)
{
    (void)pthread_mutex_lock(&hands->mutex);
    task->at = steps;
    hands->out++;
    push(hands, task);
    (void)pthread_mutex_unlock(&hands->mutex);
}

struct iss_task *iss_hands_take(struct iss_hands *hands, bool wait)
{
    struct iss_task *task = NULL;

    (void)pthread_mutex_lock(&hands->mutex);
    while (task == NULL && hands->out > 0) {
        struct iss_task *other = NULL;

        task = pop(hands, ISS_AT_DESK);
        if (task == NULL && (wait || hands->clerks == 0))
            other = pop(hands, ISS_AT_CLERKS);
        if (other != NULL)
            do_step(hands, other);
        else if (task == NULL && wait)
            await(hands, ISS_AT_DESK);
        else
            break;
    }
    if (task != NULL)
        hands->out--;
    (void)pthread_mutex_unlock(&hands->mutex);
    return task;
}

unsigned iss_hands_queued(struct iss_hands *hands)
{
    (void)pthread_mutex_lock(&hands->mutex);
    const unsigned count = hands->queues[ISS_AT_HANDS].count;
    (void)pthread_mutex_unlock(&hands->mutex);
    return count;
}
