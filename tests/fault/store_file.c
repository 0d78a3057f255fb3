/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the format of object files: a line of text, then numbers of the
 * machine's own order, each followed by what it counts. */
#include "store_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTRIBUTES_MAX = 256, VALUE_MAX = 1 << 20 };

static const char magic[] = "privyseal-fault objects 1\n";

static bool put(FILE *file, const void *data, size_t len)
{
    return len == 0 || fwrite(data, 1, len, file) == len;
}

static bool put_number(FILE *file, uint64_t number)
{
    return put(file, &number, sizeof(number));
}

static bool get(FILE *file, void *data, size_t len)
{
    return len == 0 || fread(data, 1, len, file) == len;
}

static bool get_number(FILE *file, uint64_t *number, uint64_t max)
{
    return get(file, number, sizeof(*number)) && *number <= max;
}

static bool put_object(FILE *file, const struct object *object)
{
    bool good =
        put_number(file, object->index) && put_number(file, object->count);

    for (size_t i = 0; good && i < object->count; i++) {
        const CK_ATTRIBUTE *attribute = &object->attributes[i];

        good = put_number(file, attribute->type) &&
               put_number(file, attribute->ulValueLen) &&
               put(file, attribute->pValue, attribute->ulValueLen);
    }
    return good;
}

bool object_file_write(int fd, struct object *const *objects, size_t count)
{
    int other = dup(fd);
    FILE *file = other >= 0 ? fdopen(other, "w") : NULL;
    bool good = file != NULL && put(file, magic, sizeof(magic) - 1) &&
                put_number(file, count);

    for (size_t i = 0; good && i < count; i++)
        good = put_object(file, objects[i]);
    if (file != NULL)
        good = fclose(file) == 0 && good;
    else if (other >= 0)
        (void)close(other);
    return good;
}

static bool get_object(FILE *file, struct object *object)
{
    uint64_t index, count, type, len;
    bool good = get_number(file, &index, UINT32_MAX) &&
                get_number(file, &count, ATTRIBUTES_MAX);

    for (uint64_t i = 0; good && i < count; i++) {
        void *value = NULL;

        good = get_number(file, &type, UINT64_MAX) &&
               get_number(file, &len, VALUE_MAX) &&
               (value = malloc(len + 1)) != NULL && get(file, value, len) &&
               object_set(object, type, value, len) == CKR_OK;
        free(value);
    }
    if (good)
        object->index = (unsigned)index;
    return good;
}

static void drop(struct object_file *content)
{
    for (size_t i = 0; i < content->count; i++)
        object_free(content->objects[i]);
    content->count = 0;
}

bool object_file_read(int fd, struct object_file *content)
{
    FILE *file = fdopen(fd, "r");
    char start[sizeof(magic)] = "";
    uint64_t count = 0;
    bool good = file != NULL && get(file, start, sizeof(magic) - 1) &&
                memcmp(start, magic, sizeof(magic) - 1) == 0 &&
                get_number(file, &count, OBJECT_FILE_MAX);

    content->count = 0;
    for (uint64_t i = 0; good && i < count; i++) {
        struct object *object = object_new();

        good = object != NULL && get_object(file, object);
        if (good)
            content->objects[content->count++] = object;
        else
            object_free(object);
    }
    if (!good)
        drop(content);
    if (file != NULL)
        (void)fclose(file);
    else
        (void)close(fd);
    return good;
}

static void exchange(struct object *old, struct object *new)
{
    struct object was = *old;

    old->attributes = new->attributes;
    old->count = new->count;
    new->attributes = was.attributes;
    new->count = was.count;
}

/* What the list has of this file: renewed, or gone. */
static void renew(struct object_file *content, unsigned number)
{
    for (size_t i = objects_count(); i > 0; i--) {
        struct object *old = objects_at(i - 1);
        size_t at = 0;

        if (old->file != number)
            continue;
        while (at < content->count && content->objects[at]->index != old->index)
            at++;
        if (at == content->count) {
            objects_remove(old);
            continue;
        }
        exchange(old, content->objects[at]);
        object_free(content->objects[at]);
        content->count--;
        memmove(&content->objects[at], &content->objects[at + 1],
                (content->count - at) * sizeof(struct object *));
    }
}

CK_RV object_file_take(struct object_file *content, unsigned number,
                       bool is_new)
{
    CK_RV rv = CKR_OK;

    if (!is_new)
        renew(content, number);
    for (size_t i = 0; i < content->count; i++) {
        content->objects[i]->file = number;
        if (rv == CKR_OK)
            rv = objects_add(content->objects[i]);
        if (rv != CKR_OK)
            object_free(content->objects[i]);
    }
    content->count = 0;
    return rv;
}
