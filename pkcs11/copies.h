/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one session a token that holds the copies of its keys. It is never
 * leased; who opens, uses or closes it has claimed it.
 */
#ifndef PRIVYSEAL_P11_COPIES_H
#define PRIVYSEAL_P11_COPIES_H

#include "token.h"

/* Claims the session; where another thread has it, waits for a second at most
 * (its call may never return) or not at all. False: it has it still. The
 * caller has a mark. */
bool p11_copies_claim(struct p11_token *token, bool wait);
void p11_copies_unclaim(struct p11_token *token);

/* Closes it where it is open; its copies end, and their handles. The caller has
 * a mark. Returns whether there was one. */
bool p11_copies_shed(struct p11_token *token, const struct p11_tracer *tracer,
                     bool wait);

/* Closes it where it is of this era, which has just ended: one that a thread
 * opened while it did. The caller has no mark. */
void p11_copies_end(struct p11_token *token, const struct p11_tracer *tracer,
                    uint32_t era);

#endif
