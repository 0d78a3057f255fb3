/* SPDX-License-Identifier: Apache-2.0 */
/* One call into a module, with its trace. */
#ifndef PRIVYSEAL_P11_CALL_H
#define PRIVYSEAL_P11_CALL_H

#include "gate.h"

/* Whoever traces: settings of a struct p11. */
struct p11_tracer {
    p11_trace_fn *trace; /* NULL: off, and costs nothing */
    void *arg;
};

/* A line of the trace that is no call. */
void p11_note(const struct p11_tracer *tracer, CK_RV rv, const char *format,
              ...) __attribute__((format(printf, 3, 4)));

static inline uint64_t p11_call_begin(const struct p11_tracer *tracer)
{
    return tracer->trace != NULL ? p11_gate_now_us() : 0;
}

static inline void p11_call_end(const struct p11_tracer *tracer,
                                const char *function, CK_RV rv, uint64_t begun)
{
    if (tracer->trace != NULL)
        tracer->trace(tracer->arg, function, rv, p11_gate_now_us() - begun);
}

/* P11_CALL(rv, tracer, functions, C_Sign, (session, ...)): the caller has a
 * mark (see gate.h). Modules of few functions leave out the others, although
 * Cryptoki wants all of them to be there. */
#define P11_CALL(rv, tracer, functions, name, arguments)               \
    do {                                                               \
        const uint64_t p11_begun_ = p11_call_begin(tracer);            \
        (rv) = (functions)->name != NULL ? (functions)->name arguments \
                                         : CKR_FUNCTION_NOT_SUPPORTED; \
        p11_call_end((tracer), #name, (rv), p11_begun_);               \
    } while (0)

/* The same with a pass through the gate around it. */
#define P11_CALL_PASSING(rv, tracer, functions, name, arguments) \
    do {                                                         \
        p11_gate_enter();                                        \
        P11_CALL(rv, tracer, functions, name, arguments);        \
        p11_gate_leave();                                        \
    } while (0)

#endif
