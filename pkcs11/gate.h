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

/* Returns when no fork is under way. The caller holds no mark. */
void p11_gate_wait(void);

/* True in a process that came of a fork after the gate was set up. */
bool p11_gate_forked(void);

/* What the gate's owner has to do around a fork. `busy` is asked until it
 * says false (at most two seconds): some lease is out. `lock`, `unlock` (in
 * the parent), `child` bracket the fork; child also unlocks. */
struct p11_gate_hooks {
    bool (*busy)(void);
    void (*lock)(void);
    void (*unlock)(void);
    void (*child)(void);
};

/* Once a process, before the first module is loaded. */
void p11_gate_setup(const struct p11_gate_hooks *hooks);

/* Monotonic time. */
uint64_t p11_gate_now_us(void);

#endif
