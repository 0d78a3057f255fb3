/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session copies of keys, which some tokens use much faster than the keys
 * themselves. They live in one session a token that is never leased, and die
 * with the login. A refusal is no error: then the key itself is used.
 */
#ifndef PRIVYSEAL_P11_COPY_H
#define PRIVYSEAL_P11_COPY_H

#include "object.h"

/* The handle to sign with in this lease, where the key's own is `handle`: that
 * of its copy, made with the first use, or itself. At most once a second asks
 * whether the key is still there; CKR_OBJECT_HANDLE_INVALID where not. */
P11_CHECKED CK_RV p11_copy_of(struct p11_object *key,
                              const struct p11_lease *lease,
                              CK_OBJECT_HANDLE *handle);

/* Destroys the key's copy, if it has one: it is used no more. Not in the course
 * of a module's call, nor while the process exits: then its session ends it. */
void p11_copy_end(struct p11_object *key);

#endif
