/* SPDX-License-Identifier: Apache-2.0 */
/* struct p11: settings and modules of one user, and what it remembers. */
#ifndef PRIVYSEAL_P11_HANDLE_H
#define PRIVYSEAL_P11_HANDLE_H

#include "memory.h"
#include "token.h"

struct p11_pin_row { /* of p11_conf.pins */
    char *label;     /* of the token, where uri is NULL */
    struct p11_uri *uri;
    char *source;
};

struct p11 {
    atomic_uint refs;
    struct p11_tracer tracer;
    struct p11_session_rules rules;
    enum p11_login login;
    enum p11_copies copies;
    struct p11_pin_row *pins;
    size_t pin_count;
    char *pin_source, *credentials;
    bool pin_cache;
    /* Immutable where configured; else set once, under the lock. */
    struct p11_module **modules;
    size_t module_count;
    atomic_bool listed;       /* modules is valid */
    bool registered;          /* modules: those of p11-kit */
    struct p11_memory memory; /* under the registry's lock */
};

struct p11 *p11_up_ref(struct p11 *p11);

/* Gives a reference back; what p11_free does beyond forgets. */
void p11_release(struct p11 *p11);

/* Makes sure that p11->modules is filled. */
P11_CHECKED CK_RV p11_list_modules(struct p11 *p11, struct p11_diag *diag);

/* The configured PIN source for the token, or the default one (if allowed), or
 * NULL. Borrowed. */
const char *p11_configured_pin(const struct p11 *p11, struct p11_token *token,
                               bool with_default);

/* Makes the token usable again after a fork, a removal, a lost module: ready,
 * and in a slot. CKR_TOKEN_NOT_PRESENT where it is in none. */
P11_CHECKED CK_RV p11_attach(struct p11 *p11, struct p11_token *token);

#endif
