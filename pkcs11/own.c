/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that may write. */
#include "own.h"

/* Closes one session for another to be opened: an unused one, or the next that
 * this thread's turn brings. */
static CK_RV make_room(struct p11_token *token, struct p11 *p11)
{
    struct p11_lease lease;
    CK_RV rv;

    if (p11_session_shed(token, &p11->tracer, false) > 0)
        return CKR_OK;
    rv = p11_session_lease(token, &p11->rules, &p11->tracer, &lease);
    if (rv == CKR_OK)
        p11_session_return(&lease, &p11->tracer, P11_LEASE_BROKEN);
    return rv;
}

CK_RV p11_own_open(struct p11_token *token, struct p11 *p11,
                   struct p11_lease *own)
{
    const uint64_t deadline =
        p11_gate_now_us() + p11_session_wait_us(&p11->rules);
    CK_RV rv;

    if (p11_gate_inside())
        return P11R_REENTERED;
    for (;;) {
        p11_gate_enter();
        *own = (struct p11_lease){
            .token = token, .generation = atomic_load(&token->generation)};
        rv = p11_session_open(token, &p11->tracer, CKF_RW_SESSION,
                              &own->session);
        p11_gate_leave();
        if (rv != CKR_SESSION_COUNT)
            return rv;
        if (p11_gate_now_us() >= deadline)
            return P11R_SESSION_WAIT;
        rv = make_room(token, p11);
        if (rv != CKR_OK)
            return rv;
    }
}

CK_RV p11_own_begin(struct p11_token *token, const struct p11_user *user,
                    bool login, struct p11_lease *own, struct p11_diag *diag)
{
    struct p11_user through = *user;
    uint64_t generation;
    CK_RV rv = p11_attach(user->p11, token);

    if (rv == CKR_OK)
        rv = p11_own_open(token, user->p11, own);
    if (rv != CKR_OK)
        return rv;
    through.own = own;
    if (login)
        rv = p11_login(token, &through, diag);
    if (rv != CKR_OK) {
        p11_own_close(own, &user->p11->tracer);
        return rv;
    }
    /* Handles are those of now, sessions those of when it was opened. */
    generation = atomic_load(&token->generation);
    if (p11_era(own->generation) == p11_era(generation))
        own->generation = generation;
    return CKR_OK;
}

void p11_own_end(struct p11_lease *own, const struct p11_tracer *tracer)
{
    if (!p11_session_adopt(own))
        p11_own_close(own, tracer);
}

void p11_own_close(struct p11_lease *own, const struct p11_tracer *tracer)
{
    CK_RV rv;

    P11_CALL_PASSING(rv, tracer, own->token->module->fn, C_CloseSession,
                     (own->session));
    (void)rv;
    p11_session_gone(own->token);
}
