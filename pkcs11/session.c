/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions: taking, opening, waiting, giving back. */
#include "session.h"

#include "copies.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct p11_session_waiter {
    struct p11_session_waiter *next;
    pthread_cond_t woken;
    uint64_t since_us;
    struct p11_session_slot *given; /* busy already */
};

/* Where this thread looks first, in whatever token. */
static _Thread_local unsigned hint;

bool p11_sessions_init(struct p11_sessions *sessions)
{
    const size_t size = P11_SESSIONS_MAX * sizeof(*sessions->slots);

    sessions->slots = aligned_alloc(_Alignof(struct p11_session_slot), size);
    if (sessions->slots == NULL)
        return false;
    for (size_t i = 0; i < P11_SESSIONS_MAX; i++) {
        atomic_init(&sessions->slots[i].state, P11_SLOT_EMPTY);
        sessions->slots[i].era = 0;
        sessions->slots[i].session = CK_INVALID_HANDLE;
    }
    sessions->full = P11_SESSIONS_MAX;
    return true;
}

void p11_sessions_clear(struct p11_sessions *sessions)
{
    free(sessions->slots);
}

enum p11_lease_end p11_session_end_of(CK_RV rv)
{
    static const struct {
        CK_RV rv;
        enum p11_lease_end end;
    } rows[] = {{CKR_SESSION_HANDLE_INVALID, P11_LEASE_LOST},
                {CKR_SESSION_CLOSED, P11_LEASE_LOST},
                {CKR_CRYPTOKI_NOT_INITIALIZED, P11_LEASE_LOST},
                {CKR_DEVICE_REMOVED, P11_LEASE_AWAY},
                {CKR_TOKEN_NOT_PRESENT, P11_LEASE_AWAY}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].rv == rv)
            return rows[i].end;
    }
    return P11_LEASE_GOOD;
}

/* ---- slots ------------------------------------------------------------- */

static bool take(struct p11_session_slot *slot, unsigned from, unsigned to)
{
    unsigned expected = from;

    if (atomic_load_explicit(&slot->state, memory_order_relaxed) != from)
        return false;
    return atomic_compare_exchange_strong(&slot->state, &expected, to);
}

static struct p11_session_slot *take_free(struct p11_sessions *sessions)
{
    const unsigned used = atomic_load(&sessions->used);

    if (hint < used &&
        take(&sessions->slots[hint], P11_SLOT_FREE, P11_SLOT_BUSY))
        return &sessions->slots[hint];
    for (unsigned i = 0; i < used; i++) {
        if (take(&sessions->slots[i], P11_SLOT_FREE, P11_SLOT_BUSY)) {
            hint = i;
            return &sessions->slots[i];
        }
    }
    return NULL;
}

/* The last session takes the login with it, and private handles. The token's
 * lock is held. */
static void end_login(struct p11_token *token)
{
    if (token->sessions.open > 0 || !token->logged_in)
        return;
    token->logged_in = false;
    atomic_fetch_add(&token->generation, 1);
}

/* A slot of ours (busy) goes to the oldest waiter, or becomes `state`. */
static void pass_on(struct p11_token *token, struct p11_session_slot *slot,
                    unsigned state)
{
    struct p11_sessions *sessions = &token->sessions;
    struct p11_session_waiter *first;

    (void)pthread_mutex_lock(&token->lock);
    if (state == P11_SLOT_EMPTY)
        sessions->open--;
    end_login(token);
    first = sessions->first;
    if (first != NULL && first->given == NULL && state == P11_SLOT_FREE &&
        p11_gate_now_us() - first->since_us > P11_HANDOVER_US &&
        !atomic_load(&p11_gate_closed))
        first->given = slot;
    else
        atomic_store(&slot->state, state);
    if (first != NULL)
        (void)pthread_cond_signal(&first->woken);
    (void)pthread_mutex_unlock(&token->lock);
}

static void put_free(struct p11_token *token, struct p11_session_slot *slot)
{
    struct p11_sessions *sessions = &token->sessions;

    if (atomic_load(&sessions->waiting) > 0) {
        pass_on(token, slot, P11_SLOT_FREE);
        return;
    }
    atomic_store(&slot->state, P11_SLOT_FREE);
    if (atomic_load(&sessions->waiting) == 0)
        return;
    (void)pthread_mutex_lock(&token->lock);
    if (sessions->first != NULL)
        (void)pthread_cond_signal(&sessions->first->woken);
    (void)pthread_mutex_unlock(&token->lock);
}

/* The slot is ours; its session is closed or forgotten. */
static void drop(struct p11_token *token, const struct p11_tracer *tracer,
                 struct p11_session_slot *slot, bool close)
{
    CK_RV rv;

    if (close && slot->session != CK_INVALID_HANDLE)
        P11_CALL(rv, tracer, token->module->fn, C_CloseSession,
                 (slot->session));
    slot->session = CK_INVALID_HANDLE;
    pass_on(token, slot, P11_SLOT_EMPTY);
}

/* The last session would take the user's login with it, and nobody may be there
 * to give the PIN again: another one in its place first. */
static bool renew(struct p11_token *token, const struct p11_tracer *tracer,
                  struct p11_session_slot *slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    bool last;
    CK_RV rv;

    (void)pthread_mutex_lock(&token->lock);
    last = token->logged_in && token->sessions.open == 1;
    (void)pthread_mutex_unlock(&token->lock);
    if (!last || p11_session_open(token, tracer, 0, &session) != CKR_OK)
        return false;
    P11_CALL(rv, tracer, token->module->fn, C_CloseSession, (slot->session));
    (void)rv;
    slot->session = session;
    put_free(token, slot);
    return true;
}

unsigned p11_session_shed(struct p11_token *token,
                          const struct p11_tracer *tracer, bool all)
{
    struct p11_sessions *sessions = &token->sessions;
    const unsigned used = atomic_load(&sessions->used);
    unsigned shed = 0;

    p11_gate_enter();
    for (unsigned i = 0; i < used && (all || shed == 0); i++) {
        struct p11_session_slot *slot = &sessions->slots[i];

        if (!take(slot, P11_SLOT_FREE, P11_SLOT_BUSY))
            continue;
        drop(token, tracer, slot,
             slot->era == p11_era(atomic_load(&token->generation)));
        shed++;
    }
    if ((all || shed == 0) && p11_copies_shed(token, tracer, all))
        shed++;
    p11_gate_leave();
    return shed;
}

uint64_t p11_session_wait_us(const struct p11_session_rules *rules)
{
    return 1000 * (uint64_t)(rules->wait_ms > 0 ? rules->wait_ms
                                                : P11_SESSION_WAIT_MS);
}

/* ---- opening ----------------------------------------------------------- */

static unsigned limit_of(const struct p11_token *token,
                         const struct p11_session_rules *rules)
{
    unsigned limit = P11_SESSIONS_MAX;

    if (rules->limit > 0 && rules->limit < limit)
        limit = rules->limit;
    if (token->sessions.full < limit)
        limit = token->sessions.full;
    return limit;
}

/* An empty slot, now being opened, or NULL. The token's lock is held. */
static struct p11_session_slot *first_empty(struct p11_sessions *sessions)
{
    for (unsigned i = 0; i < P11_SESSIONS_MAX; i++) {
        if (!take(&sessions->slots[i], P11_SLOT_EMPTY, P11_SLOT_OPENING))
            continue;
        sessions->open++;
        if (i >= atomic_load(&sessions->used))
            atomic_store(&sessions->used, i + 1);
        hint = i;
        return &sessions->slots[i];
    }
    return NULL;
}

/* The same within the limit. */
static struct p11_session_slot *
take_empty(struct p11_token *token, const struct p11_session_rules *rules)
{
    struct p11_sessions *sessions = &token->sessions;

    return sessions->open < limit_of(token, rules) ? first_empty(sessions)
                                                   : NULL;
}

CK_RV p11_session_open(struct p11_token *token, const struct p11_tracer *tracer,
                       CK_FLAGS flags, CK_SESSION_HANDLE *session)
{
    CK_RV rv;

    P11_CALL(rv, tracer, token->module->fn, C_OpenSession,
             (atomic_load(&token->slot), CKF_SERIAL_SESSION | flags, NULL, NULL,
              session));
    if (rv == CKR_OK && *session == CK_INVALID_HANDLE)
        return CKR_GENERAL_ERROR;
    return rv;
}

/* Opens a session for a slot, which is busy then; else empty. CKR_SESSION_COUNT
 * teaches the limit where others of ours are open: the caller then waits for
 * one of them. */
static CK_RV fill(struct p11_token *token, const struct p11_tracer *tracer,
                  struct p11_session_slot *slot, bool *wait)
{
    CK_RV rv;

    p11_gate_enter();
    slot->era = p11_era(atomic_load(&token->generation));
    rv = p11_session_open(token, tracer, 0, &slot->session);
    if (rv == CKR_OK)
        atomic_store(&slot->state, P11_SLOT_BUSY);
    p11_gate_leave();
    if (rv == CKR_OK)
        return CKR_OK;
    slot->session = CK_INVALID_HANDLE;
    (void)pthread_mutex_lock(&token->lock);
    *wait = rv == CKR_SESSION_COUNT;
    if (*wait)
        token->sessions.full = token->sessions.open - 1;
    (void)pthread_mutex_unlock(&token->lock);
    pass_on(token, slot, P11_SLOT_EMPTY);
    return rv;
}

/* ---- waiting ----------------------------------------------------------- */

static void unlink_waiter(struct p11_sessions *sessions,
                          struct p11_session_waiter *self)
{
    struct p11_session_waiter **at = &sessions->first, *last = NULL;

    while (*at != NULL && *at != self) {
        last = *at;
        at = &(*at)->next;
    }
    if (*at == NULL)
        return; /* a fork made the list anew */
    *at = self->next;
    if (sessions->last == self)
        sessions->last = last;
    atomic_fetch_sub(&sessions->waiting, 1);
    if (sessions->first != NULL)
        (void)pthread_cond_signal(&sessions->first->woken);
}

static void link_waiter(struct p11_sessions *sessions,
                        struct p11_session_waiter *self)
{
    if (sessions->first == NULL)
        sessions->first = self;
    else
        sessions->last->next = self;
    sessions->last = self;
    atomic_fetch_add(&sessions->waiting, 1);
}

static struct timespec at_most(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
}

/* Waits for a slot that is ours: busy with a session, or one to be opened.
 * NULL at the deadline. */
static struct p11_session_slot *
wait_for_slot(struct p11_token *token, const struct p11_session_rules *rules,
              uint64_t deadline_us)
{
    enum { RECHECK_US = 100000 };
    struct p11_sessions *sessions = &token->sessions;
    struct p11_session_waiter self = {.since_us = p11_gate_now_us()};
    struct p11_session_slot *slot = NULL;
    pthread_condattr_t attr;

    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&self.woken, &attr);
    (void)pthread_condattr_destroy(&attr);
    (void)pthread_mutex_lock(&token->lock);
    link_waiter(sessions, &self);
    for (;;) {
        const uint64_t now = p11_gate_now_us();
        /* Others' sessions may end without a word to us: look again. */
        const struct timespec until = at_most(
            deadline_us < now + RECHECK_US ? deadline_us : now + RECHECK_US);

        slot = self.given;
        if (slot == NULL)
            slot = take_free(sessions);
        if (slot == NULL)
            slot = take_empty(token, rules);
        if (slot != NULL || now >= deadline_us)
            break;
        if (pthread_cond_timedwait(&self.woken, &token->lock, &until) ==
                ETIMEDOUT &&
            sessions->first == &self && sessions->full < P11_SESSIONS_MAX)
            sessions->full++; /* the token may allow more by now */
    }
    unlink_waiter(sessions, &self);
    (void)pthread_mutex_unlock(&token->lock);
    (void)pthread_cond_destroy(&self.woken);
    return slot;
}

/* ---- leasing ----------------------------------------------------------- */

/* The slot is busy and ours. False where it cannot be used: given up. */
static bool usable(struct p11_token *token, const struct p11_tracer *tracer,
                   struct p11_session_slot *slot, uint64_t *generation)
{
    if (atomic_load(&p11_gate_closed)) {
        put_free(token, slot);
        p11_gate_wait();
        return false;
    }
    *generation = atomic_load(&token->generation);
    if (slot->era == p11_era(*generation))
        return true;
    drop(token, tracer, slot, false); /* the token has forgotten it */
    return false;
}

static struct p11_session_slot *take_new(struct p11_token *token,
                                         const struct p11_session_rules *rules)
{
    struct p11_session_slot *slot = NULL;

    (void)pthread_mutex_lock(&token->lock);
    if (token->sessions.first == NULL)
        slot = take_empty(token, rules);
    (void)pthread_mutex_unlock(&token->lock);
    return slot;
}

CK_RV p11_session_lease(struct p11_token *token,
                        const struct p11_session_rules *rules,
                        const struct p11_tracer *tracer,
                        struct p11_lease *lease)
{
    uint64_t deadline = 0;

    for (;;) {
        struct p11_session_slot *slot = take_free(&token->sessions);
        bool wait = false;
        CK_RV rv;

        if (slot == NULL) {
            slot = take_new(token, rules);
            wait = slot == NULL;
        }
        while (slot == NULL || slot->session == CK_INVALID_HANDLE) {
            if (slot != NULL) {
                rv = fill(token, tracer, slot, &wait);
                if (rv == CKR_OK)
                    break;
                if (!wait)
                    return rv;
            }
            if (deadline == 0)
                deadline = p11_gate_now_us() + p11_session_wait_us(rules);
            slot = wait_for_slot(token, rules, deadline);
            if (slot == NULL)
                return P11R_SESSION_WAIT;
        }
        lease->token = token;
        lease->slot = slot;
        lease->session = slot->session;
        if (usable(token, tracer, slot, &lease->generation)) {
            p11_gate_leased();
            return CKR_OK;
        }
    }
}

void p11_session_return(struct p11_lease *lease,
                        const struct p11_tracer *tracer, enum p11_lease_end end)
{
    struct p11_token *token = lease->token;
    struct p11_session_slot *slot = lease->slot;
    /* Else a child that was forked in the course of the module's call. */
    const bool mine = atomic_load(&slot->state) == P11_SLOT_BUSY;
    const bool stale = slot->era != p11_era(atomic_load(&token->generation));

    if (mine && end == P11_LEASE_GOOD && !stale)
        put_free(token, slot);
    else if (mine &&
             (end != P11_LEASE_BROKEN || stale || !renew(token, tracer, slot)))
        drop(token, tracer, slot,
             end != P11_LEASE_LOST && !(end == P11_LEASE_AWAY && stale));
    p11_gate_returned();
    lease->slot = NULL;
}

/* ---- sessions outside the slots ---------------------------------------- */

void p11_session_gone(struct p11_token *token)
{
    (void)pthread_mutex_lock(&token->lock);
    end_login(token);
    if (token->sessions.first != NULL)
        (void)pthread_cond_signal(&token->sessions.first->woken);
    (void)pthread_mutex_unlock(&token->lock);
}

bool p11_session_adopt(const struct p11_lease *own)
{
    struct p11_token *token = own->token;
    struct p11_sessions *sessions = &token->sessions;
    struct p11_session_slot *slot = NULL;

    (void)pthread_mutex_lock(&token->lock);
    if (sessions->open == 0 && token->logged_in &&
        p11_era(own->generation) == p11_era(atomic_load(&token->generation))) {
        if (sessions->full == 0)
            sessions->full = 1; /* learnt while this one was all there is */
        slot = first_empty(sessions);
    }
    if (slot != NULL) {
        slot->era = p11_era(own->generation);
        slot->session = own->session;
    }
    (void)pthread_mutex_unlock(&token->lock);
    if (slot == NULL)
        return false;
    atomic_store(&slot->state, P11_SLOT_BUSY);
    put_free(token, slot);
    return true;
}
