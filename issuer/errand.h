/* SPDX-License-Identifier: Apache-2.0 */
/* An order of a batch on its way: what it is, which thread does what to it, and
 * piles of them. Internal to batch.c, which is the desk. */
#ifndef PRIVYSEAL_ERRAND_H
#define PRIVYSEAL_ERRAND_H

#include "acts.h"
#include "hands.h"
#include "matter.h"

struct iss_errand { /* an order on its way */
    struct iss_task task;
    uint64_t line;
    struct iss_license_order order;
    struct iss_matter matter;
    struct iss_act act;
    struct iss_acting acting;
    EVP_PKEY *with; /* a reference, while it is unsealed with */
    enum iss_status written;
    struct iss_error why;
    unsigned tries;
    int64_t waits; /* since when it is busy, 0: it is not */
};

struct iss_pile {
    struct iss_errand **at;
    size_t count;
};

/* The errand of a task. */
struct iss_errand *iss_errand_of(struct iss_task *task);

/* What the hands and clerks do: matter.h unseals and, where that may be done
 * apart from the desk, writes; acts.h prepares, signs, verifies. */
extern const struct iss_step iss_errand_unsealing[], iss_errand_writing[],
    iss_errand_unsealing_and_writing[], iss_errand_signing[];

/* Writes the license: written and why say what came of it. */
void iss_errand_write(struct iss_errand *errand);

/* A pile of room for size; false: no memory. The caller frees at. */
bool iss_pile_make(struct iss_pile *pile, size_t size);
void iss_pile_put(struct iss_pile *pile, struct iss_errand *errand);
/* The newest; NULL: none. */
struct iss_errand *iss_pile_pull(struct iss_pile *pile);

#endif
