/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What searches led to: URI and class to the one object found. Forgotten when
 * anything about it changes. Under the registry's lock.
 */
#ifndef PRIVYSEAL_P11_MEMORY_H
#define PRIVYSEAL_P11_MEMORY_H

#include "p11.h"

enum { P11_MEMORY_ROWS = 64 };

struct p11_memory_row {
    char *key;
    unsigned class;
    struct p11_object *object;
};

struct p11_memory {
    struct p11_memory_row rows[P11_MEMORY_ROWS];
    unsigned next; /* the row to be replaced */
};

/* Up-refs, or NULL. */
struct p11_object *p11_memory_find(struct p11_memory *memory, const char *key,
                                   unsigned class);

/* Up-refs the object; replaces the oldest. */
void p11_memory_add(struct p11_memory *memory, const char *key, unsigned class,
                    struct p11_object *object);
void p11_memory_forget(struct p11_memory *memory,
                       const struct p11_object *object);
void p11_memory_clear(struct p11_memory *memory);

#endif
