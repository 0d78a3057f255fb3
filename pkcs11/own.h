/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session of one caller's own, which may write. It serves like a lease that
 * has no slot, but is no mark: its calls pass the gate.
 */
#ifndef PRIVYSEAL_P11_OWN_H
#define PRIVYSEAL_P11_OWN_H

#include "login.h"

/* Opens it; at the token's limit unused sessions are closed for it, used ones
 * waited for (P11R_SESSION_WAIT). The caller has no mark and no lock. */
P11_CHECKED CK_RV p11_own_open(struct p11_token *token, struct p11 *p11,
                               struct p11_lease *own);

/* Attaches the token, opens a session and, where wanted, logs in through it: a
 * token that has one session only has no other. */
P11_CHECKED CK_RV p11_own_begin(struct p11_token *token,
                                const struct p11_user *user, bool login,
                                struct p11_lease *own, struct p11_diag *diag);

/* After p11_own_begin: where no other session of ours keeps the login, this one
 * stays to do so. */
void p11_own_end(struct p11_lease *own, const struct p11_tracer *tracer);

void p11_own_close(struct p11_lease *own, const struct p11_tracer *tracer);

#endif
