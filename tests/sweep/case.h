/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the sweep: what goes wrong where, what came of it, and whether
 * that is as it should be. */
#ifndef PRIVYSEAL_SWEEP_CASE_H
#define PRIVYSEAL_SWEEP_CASE_H

#include "sweep.h"

enum { SWEEP_TEXT = 320 };

struct sweep_case {
    const struct flow *flow;
    unsigned function;  /* index of case_function */
    unsigned long call; /* the n-th of them; 0: nothing goes wrong */
    unsigned behaviour; /* index of case_behaviour */
    bool stays;         /* at that call and all after it */
};

enum stage { STAGE_NONE, STAGE_ACTED, STAGE_AGAIN, STAGE_DONE };

struct result { /* in shared memory, written by the child */
    enum stage stage;
    enum verdict verdict, again;
    unsigned ours, foreign; /* errors on the queue after the flow */
    char error[SWEEP_TEXT]; /* the first of them */
    unsigned tries;         /* until it worked again */
    char again_error[SWEEP_TEXT];
    unsigned long sessions, operations, objects; /* when it worked again */
    unsigned long left;                          /* sessions, at the end */
    long token_objects; /* more than before, after a failure */
    unsigned shim_faults;
    char shim_text[SWEEP_TEXT];
    unsigned long shim_calls, violations;
    char violation[SWEEP_TEXT];
    struct shared shared;
};

/* "C_Sign", NULL at the end. */
const char *case_function(unsigned index);
/* The action of a rule; NULL at the end. */
const char *case_behaviour(unsigned index);

/* "plain sign-rsa C_Sign 2 rv=CKR_DEVICE_ERROR"; "2+" where it stays. */
void case_name(const struct sweep_case *c, char *out, size_t size);

/* What the module calls gone, though it is not, is not closed by the caller:
 * its handle may soon be another's. That is a life of the token's sessions. */
bool case_disowns(const struct sweep_case *c);

/* Runs the case in this process, to *result. dry: its calls are noted. */
void case_run(const struct sweep_case *c, struct result *result);

/* What is wrong with the result, or NULL. Dry: the same flow without a fault.
 */
const char *case_judge(const struct sweep_case *c, const struct result *result,
                       const struct result *dry);

#endif
