/* SPDX-License-Identifier: Apache-2.0 */
/* The session of the copies: claiming it, closing it. */
#include "copies.h"

#include <sched.h>

enum { CLAIM_US = 1000000 };

bool p11_copies_claim(struct p11_token *token, bool wait)
{
    const uint64_t begun = p11_gate_now_us();

    for (;;) {
        bool expected = false;

        if (atomic_compare_exchange_strong(&token->copies.busy, &expected,
                                           true))
            return true;
        if (!wait || p11_gate_now_us() - begun > CLAIM_US)
            return false;
        (void)sched_yield();
    }
}

void p11_copies_unclaim(struct p11_token *token)
{
    atomic_store(&token->copies.busy, false);
}

bool p11_copies_shed(struct p11_token *token, const struct p11_tracer *tracer,
                     bool wait)
{
    struct p11_copy_session *copies = &token->copies;
    CK_SESSION_HANDLE session;
    bool live;
    CK_RV rv;

    if (!p11_copies_claim(token, wait))
        return false;
    session = copies->session;
    live = session != CK_INVALID_HANDLE &&
           copies->era == p11_era(atomic_load(&token->generation));
    copies->session = CK_INVALID_HANDLE;
    if (live) {
        p11_token_new_generation(token, false);
        P11_CALL(rv, tracer, token->module->fn, C_CloseSession, (session));
        (void)rv;
    }
    p11_copies_unclaim(token);
    return live;
}

void p11_copies_end(struct p11_token *token, const struct p11_tracer *tracer,
                    uint32_t era)
{
    struct p11_copy_session *copies = &token->copies;
    CK_RV rv;

    p11_gate_enter();
    if (p11_copies_claim(token, true)) {
        if (copies->session != CK_INVALID_HANDLE && copies->era == era) {
            P11_CALL(rv, tracer, token->module->fn, C_CloseSession,
                     (copies->session));
            (void)rv;
            copies->session = CK_INVALID_HANDLE;
        }
        p11_copies_unclaim(token);
    }
    p11_gate_leave();
}
