/* SPDX-License-Identifier: Apache-2.0 */
/* What searches led to. Objects are freed outside of the lock. */
#include "memory.h"

#include "module.h"

#include <stdlib.h>
#include <string.h>

struct p11_object *p11_memory_find(struct p11_memory *memory, const char *key,
                                   unsigned class)
{
    struct p11_object *object = NULL;

    p11_registry_lock();
    for (size_t i = 0; i < P11_MEMORY_ROWS && object == NULL; i++) {
        const struct p11_memory_row *row = &memory->rows[i];

        if (row->object != NULL && row->class == class &&
            strcmp(row->key, key) == 0)
            object = p11_object_up_ref(row->object);
    }
    p11_registry_unlock();
    return object;
}

void p11_memory_add(struct p11_memory *memory, const char *key, unsigned class,
                    struct p11_object *object)
{
    struct p11_memory_row old, row = {strdup(key), class, NULL};

    if (row.key == NULL)
        return;
    row.object = p11_object_up_ref(object);
    p11_registry_lock();
    old = memory->rows[memory->next];
    memory->rows[memory->next] = row;
    memory->next = (memory->next + 1) % P11_MEMORY_ROWS;
    p11_registry_unlock();
    free(old.key);
    p11_object_free(old.object);
}

/* Takes out a row of the object, or of any where NULL; false at the end. */
static bool take_out(struct p11_memory *memory, const struct p11_object *object)
{
    struct p11_memory_row row = {NULL, 0, NULL};

    p11_registry_lock();
    for (size_t i = 0; i < P11_MEMORY_ROWS && row.object == NULL; i++) {
        struct p11_memory_row *at = &memory->rows[i];

        if (at->object == NULL || (object != NULL && at->object != object))
            continue;
        row = *at;
        *at = (struct p11_memory_row){NULL, 0, NULL};
    }
    p11_registry_unlock();
    free(row.key);
    p11_object_free(row.object);
    return row.object != NULL;
}

void p11_memory_forget(struct p11_memory *memory,
                       const struct p11_object *object)
{
    while (take_out(memory, object))
        continue;
}

void p11_memory_clear(struct p11_memory *memory)
{
    while (take_out(memory, NULL))
        continue;
}
