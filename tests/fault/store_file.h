/* SPDX-License-Identifier: Apache-2.0 */
/* The content of an object file: a few objects with all their attributes. */
#ifndef PRIVYSEAL_FAULT_STORE_FILE_H
#define PRIVYSEAL_FAULT_STORE_FILE_H

#include "object.h"

enum { OBJECT_FILE_MAX = 4 };

struct object_file {
    size_t count;
    struct object *objects[OBJECT_FILE_MAX];
};

bool object_file_write(int fd, struct object *const *objects, size_t count);

/* Closes fd; returns new objects in content, none where it fails. */
bool object_file_read(int fd, struct object_file *content);

/* Takes the objects: into the list, or, where the list has them already (never
 * when is_new), as their new attributes. */
CK_RV object_file_take(struct object_file *content, unsigned number,
                       bool is_new);

#endif
