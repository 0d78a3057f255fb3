/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that do the steps of tasks for a desk: hands call the token, and
 * nothing else, so that it is never kept waiting; clerks do what needs neither
 * token nor store. A task walks down a list of steps and is back at the desk
 * when it has done the last; between two of them it belongs to no thread.
 *
 * The desk is one thread. It bounds how many tasks are under way; the queues
 * hold as many as it gives.
 */
#ifndef PRIVYSEAL_HANDS_H
#define PRIVYSEAL_HANDS_H

#include <stdbool.h>

#include "status.h"

enum { ISS_HANDS_MAX = 64 };

enum iss_place { ISS_AT_HANDS, ISS_AT_CLERKS, ISS_AT_DESK };

struct iss_task;
struct iss_step { /* rows; the last has place ISS_AT_DESK and no function */
    enum iss_place place;
    void (*run)(struct iss_task *task);
};
struct iss_task { /* within what it is about; untouched by the desk meanwhile */
    const struct iss_step *at;
    struct iss_task *next;
};

struct iss_hands; /* opaque */

/* hands: 1 to ISS_HANDS_MAX. clerks: 0 to ISS_HANDS_MAX; the desk does their
 * work too while it waits, and all of it where there are none. The threads take
 * no signals. *out returns new. ISS_INTERNAL: no memory, no threads. */
ISS_CHECKED enum iss_status iss_hands_new(unsigned hands, unsigned clerks,
                                          struct iss_hands **out,
                                          struct iss_error *error);
/* Ends the threads once everything given is done; NULL is legal. */
void iss_hands_free(struct iss_hands *hands);

/* Lends a task, to do steps from the first. */
void iss_hands_give(struct iss_hands *hands, struct iss_task *task,
                    const struct iss_step *steps);
/* A task that is done, or NULL. Those given earlier are not always earlier
 * back. wait: until one is, NULL only where none is out. */
struct iss_task *iss_hands_take(struct iss_hands *hands, bool wait);
/* How many tasks no hand has begun with. */
unsigned iss_hands_queued(struct iss_hands *hands);

#endif
