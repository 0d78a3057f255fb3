/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PINs that people typed, kept where p11_conf says so: each on a page of its
 * own that is locked in memory, left out of core dumps and wiped at the end. A
 * forked child has them too. Any thread; under the registry's lock.
 */
#ifndef PRIVYSEAL_P11_VAULT_H
#define PRIVYSEAL_P11_VAULT_H

#include "pin.h"

struct p11;
struct p11_token;

/* Keeps the PIN in place of an older one. One that cannot be locked is not
 * kept: then it is asked for again. */
void p11_vault_keep(const struct p11 *owner, const struct p11_token *token,
                    const struct p11_pin *pin);

/* Copies it into pin, to be wiped by the caller; false where there is none. */
bool p11_vault_get(const struct p11 *owner, const struct p11_token *token,
                   struct p11_pin *pin);

/* Wipes that of the token, or all of the owner's (NULL). */
void p11_vault_drop(const struct p11 *owner, const struct p11_token *token);

/* In a forked child, which inherits pages but not that they are locked. The
 * registry's lock is held. */
void p11_vault_in_child(void);

#endif
