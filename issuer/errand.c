/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of a batch on their way: see errand.h. */
#include "errand.h"

#include <stdlib.h>

bool iss_pile_make(struct iss_pile *pile, size_t size)
{
    pile->at = calloc(size, sizeof(struct iss_errand *));
    return pile->at != NULL;
}

void iss_pile_put(struct iss_pile *pile, struct iss_errand *errand)
{
    pile->at[pile->count++] = errand;
}

struct iss_errand *iss_pile_pull(struct iss_pile *pile)
{
    return pile->count == 0 ? NULL : pile->at[--pile->count];
}

/* ---- steps of the threads ------------------------------------------------ */

/* A task is the first member of its errand. */
struct iss_errand *iss_errand_of(struct iss_task *task)
{
    return (struct iss_errand *)(void *)task;
}

static void do_unseal(struct iss_task *task)
{
    iss_matter_unseal(&iss_errand_of(task)->matter);
}

void iss_errand_write(struct iss_errand *errand)
{
    errand->why = (struct iss_error){.status = ISS_OK};
    errand->written = iss_matter_write(&errand->matter, &errand->why);
}

static void do_write(struct iss_task *task)
{
    iss_errand_write(iss_errand_of(task));
}

static void do_prepare(struct iss_task *task)
{
    iss_acting_prepare(&iss_errand_of(task)->acting);
}

static void do_sign(struct iss_task *task)
{
    iss_acting_sign(&iss_errand_of(task)->acting);
}

static void do_verify(struct iss_task *task)
{
    iss_acting_verify(&iss_errand_of(task)->acting);
}

const struct iss_step iss_errand_unsealing[] = {{ISS_AT_HANDS, do_unseal},
                                                {ISS_AT_DESK, NULL}};
const struct iss_step iss_errand_writing[] = {{ISS_AT_CLERKS, do_write},
                                              {ISS_AT_DESK, NULL}};
const struct iss_step iss_errand_unsealing_and_writing[] = {
    {ISS_AT_HANDS, do_unseal}, {ISS_AT_CLERKS, do_write}, {ISS_AT_DESK, NULL}};
const struct iss_step iss_errand_signing[] = {{ISS_AT_CLERKS, do_prepare},
                                              {ISS_AT_HANDS, do_sign},
                                              {ISS_AT_CLERKS, do_verify},
                                              {ISS_AT_DESK, NULL}};
