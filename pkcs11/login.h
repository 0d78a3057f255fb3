/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in: one thread does it, others wait; a wrong PIN is sent once. */
#ifndef PRIVYSEAL_P11_LOGIN_H
#define PRIVYSEAL_P11_LOGIN_H

#include "handle.h"

struct p11_user { /* borrowed: who asks, and where PINs come from */
    struct p11 *p11;
    const char *uri_value, *uri_source;
    bool named; /* the URI tells the token: its PIN and the default fit */
    const struct p11_pin_callback *callback;
    const struct p11_lease *own; /* the session to log in with, or NULL: any */
    uint64_t since_us; /* when who asks began; 0: knows nothing of the token */
};

/* Logs the user in unless that is done or the token needs none. P11R_PIN_*,
 * or what the token says. A PIN that it has refused before in this process is
 * not sent again: CKR_PIN_INCORRECT. The caller has no mark and no lock. */
P11_CHECKED CK_RV p11_login(struct p11_token *token,
                            const struct p11_user *user, struct p11_diag *diag);

/* After a search that found nothing: true where the token has logged the user
 * out behind our back, so that private objects could not be seen. */
bool p11_login_is_lost(const struct p11_lease *lease,
                       const struct p11_tracer *tracer, bool private);

/* The PIN for a key that wants it with every signature; pin->len is 0 and
 * *on_token true where the token asks for it itself. The same rules. */
P11_CHECKED CK_RV p11_login_context_pin(struct p11_token *token,
                                        const struct p11_user *user,
                                        const char *object_label,
                                        struct p11_pin *pin, bool *on_token);

/* C_Login for the operation that is under way in the lease; wipes pin. */
P11_CHECKED CK_RV p11_login_context(const struct p11_lease *lease,
                                    const struct p11_tracer *tracer,
                                    struct p11_pin *pin, bool on_token);

#endif
