/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of the built-in token: lists of attributes with a handle. All
 * functions need the token's lock; objects are owned by the list.
 */
#ifndef PRIVYSEAL_FAULT_OBJECT_H
#define PRIVYSEAL_FAULT_OBJECT_H

#include "curve.h"
#include "ml.h"

struct object {
    CK_OBJECT_HANDLE handle;
    CK_SESSION_HANDLE session; /* owner of a session object */
    unsigned file, index;      /* place in token-dir, 0: in memory only */
    size_t count;
    CK_ATTRIBUTE *attributes;
    EVP_PKEY *key; /* made at first use */
};

/* Returns new, with no attribute; NULL: no memory. */
struct object *object_new(void);
void object_free(struct object *object);

/* Borrowed, or NULL. */
const CK_ATTRIBUTE *object_get(const struct object *object,
                               CK_ATTRIBUTE_TYPE type);
bool object_bool(const struct object *object, CK_ATTRIBUTE_TYPE type);
/* The number, or CK_UNAVAILABLE_INFORMATION. */
CK_ULONG object_number(const struct object *object, CK_ATTRIBUTE_TYPE type);

/* Copies the value. */
CK_RV object_set(struct object *object, CK_ATTRIBUTE_TYPE type,
                 const void *value, CK_ULONG len);
CK_RV object_set_bool(struct object *object, CK_ATTRIBUTE_TYPE type,
                      bool value);
CK_RV object_set_number(struct object *object, CK_ATTRIBUTE_TYPE type,
                        CK_ULONG value);
CK_RV object_copy(const struct object *from, struct object *to);

bool object_matches(const struct object *object, const CK_ATTRIBUTE *template,
                    CK_ULONG count);

/* The curve of its parameters, or NULL. */
const struct curve *object_curve(const struct object *object);

/* The set of its parameters, or NULL. */
const struct ml_set *object_ml(const struct object *object);

/* The key of its numbers. Borrowed, or NULL. */
EVP_PKEY *object_key(struct object *object);
CK_RV object_set_numbers(struct object *object,
                         const struct rsa_numbers *numbers, bool private_too);

/* Each token has a list; the functions below are about the selected one. */
void objects_select(unsigned token);

/* The list, ascending handles. Add gives one that was not used since the last
 * clear. */
CK_RV objects_add(struct object *object);
void objects_remove(struct object *object); /* and frees it */
size_t objects_count(void);
struct object *objects_at(size_t i);
struct object *objects_find(CK_OBJECT_HANDLE handle);
void objects_clear(void);

#endif
