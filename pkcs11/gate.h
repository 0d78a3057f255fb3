/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate between our calls into modules and fork(): a fork waits until no
 * call is under way, and no call begins while it happens. A module's own locks
 * are then free in the child.
 *
 * Who calls a module has a mark: a leased session (its slot is busy) or a
 * pass through the gate. Never wait at the gate with a mark or a lock held.
 */
#ifndef PRIVYSEAL_P11_GATE_H
#define PRIVYSEAL_P11_GATE_H

#include "p11.h"

#include <stdatomic.h>

extern atomic_bool p11_gate_closed; /* a fork is under way */

/* A mark for calls that have no leased session. Waits while a fork is under
 * way. */
void p11_gate_enter(void);
void p11_gate_leave(void);

/* A lease was given to this thread, or given back by it. A fork waits for the
 * marks of other threads: the forking thread's own are those of a call in whose
 * course the module itself forks. */
void p11_gate_leased(void);
void p11_gate_returned(void);

/* True where this thread has a mark: whoever asks was called by a module in the
 * course of our call, and waiting for anything might be for ourselves. */
bool p11_gate_inside(void);

/* Returns when no fork is under way. The caller holds no mark. */
void p11_gate_wait(void);

/* True in a process that came of a fork after the gate was set up. */
bool p11_gate_forked(void);

/* What the gate's owner has to do around a fork. `leases` is asked until
 * it counts no other thread's (at most two seconds). `lock`, `unlock` (in
 * the parent), `child` bracket the fork; child also unlocks. */
struct p11_gate_hooks {
    unsigned (*leases)(void);
    void (*lock)(void);
    void (*unlock)(void);
    void (*child)(void);
};

/* Once a process, before the first module is loaded. */
void p11_gate_setup(const struct p11_gate_hooks *hooks);

/* After a module was loaded or initialised: puts us before what it may have
 * registered with pthread_atfork(). Were its handler first, the calls that we
 * wait for might wait for it. */
void p11_gate_renew(void);

/* Monotonic time. */
uint64_t p11_gate_now_us(void);

#endif
