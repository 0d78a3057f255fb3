/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of a token: an array of slots, each on a cache line of its own. A
 * thread takes the slot that it used last, by one compare-and-swap; if that
 * is taken it looks at the others, then opens a session, and at the limit it
 * waits. Who has waited for long gets a session handed over.
 */
#ifndef PRIVYSEAL_P11_SESSION_H
#define PRIVYSEAL_P11_SESSION_H

#include "call.h"

struct p11_token;

enum {
    P11_SESSIONS_MAX = 1024,
    P11_SESSION_WAIT_MS = 30000,
    P11_HANDOVER_US = 2000
};

enum p11_slot_state {
    P11_SLOT_EMPTY,
    P11_SLOT_OPENING, /* someone's; no mark: may wait at the gate */
    P11_SLOT_FREE,
    P11_SLOT_BUSY /* leased: a mark */
};

struct p11_session_slot {
    _Alignas(64) atomic_uint state;
    uint32_t era; /* the owner's, while busy */
    CK_SESSION_HANDLE session;
};

struct p11_session_waiter;

struct p11_sessions {
    struct p11_session_slot *slots; /* P11_SESSIONS_MAX; immutable */
    atomic_uint used;               /* slots ever used: where scans end */
    atomic_uint waiting;
    /* Under the token's lock: */
    unsigned open; /* slots not empty */
    unsigned full; /* with so many the token said CKR_SESSION_COUNT */
    struct p11_session_waiter *first, *last;
};

struct p11_session_rules { /* of a struct p11 */
    unsigned limit;        /* 0: the token's own */
    unsigned wait_ms;      /* 0: P11_SESSION_WAIT_MS */
};

/* A leased session: this thread's alone until given back. It is a mark (see
 * gate.h): no waiting, no callback to the application with it. */
struct p11_lease {
    struct p11_token *token;
    struct p11_session_slot *slot;
    CK_SESSION_HANDLE session;
    uint64_t generation; /* the token's when it was taken */
};

enum p11_lease_end {
    P11_LEASE_GOOD,   /* nothing is under way in the session */
    P11_LEASE_BROKEN, /* closed */
    P11_LEASE_AWAY,   /* the token says it is not there: closed in case it is,
                         unless others know of it, and the number may be new */
    P11_LEASE_LOST    /* the token has no such session; forgotten */
};

bool p11_sessions_init(struct p11_sessions *sessions);
void p11_sessions_clear(struct p11_sessions *sessions);

/* CKR_SESSION_COUNT is never returned, P11R_SESSION_WAIT is. The caller has
 * no mark and no lock. */
P11_CHECKED CK_RV p11_session_lease(struct p11_token *token,
                                    const struct p11_session_rules *rules,
                                    const struct p11_tracer *tracer,
                                    struct p11_lease *lease);
void p11_session_return(struct p11_lease *lease,
                        const struct p11_tracer *tracer,
                        enum p11_lease_end end);

/* How long a lease is waited for. */
uint64_t p11_session_wait_us(const struct p11_session_rules *rules);

/* How a lease ends after a call that begins and ends what it does: GOOD unless
 * rv says that the session is gone. */
enum p11_lease_end p11_session_end_of(CK_RV rv);

/* Closes sessions that nobody has: all of them, or one. That of the copies of
 * keys is the last to go. Returns how many. */
unsigned p11_session_shed(struct p11_token *token,
                          const struct p11_tracer *tracer, bool all);

/* A session outside the slots; the caller has a mark. */
P11_CHECKED CK_RV p11_session_open(struct p11_token *token,
                                   const struct p11_tracer *tracer,
                                   CK_FLAGS flags, CK_SESSION_HANDLE *session);

/* One such has been closed: maybe the last, maybe waited for. */
void p11_session_gone(struct p11_token *token);

/* Makes one such one of the slots', where that keeps the
 * user logged in; false where others do, or nobody is. */
bool p11_session_adopt(const struct p11_lease *own);

#endif
