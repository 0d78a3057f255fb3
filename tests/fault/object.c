/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the objects of the built-in token and their list. */
#include "object.h"

#include "template.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_HANDLE = 0x100, LISTS = 3 };

static const CK_ATTRIBUTE_TYPE number_types[RSA_NUMBERS] = {
    [RSA_N] = CKA_MODULUS,          [RSA_E] = CKA_PUBLIC_EXPONENT,
    [RSA_D] = CKA_PRIVATE_EXPONENT, [RSA_P] = CKA_PRIME_1,
    [RSA_Q] = CKA_PRIME_2,          [RSA_DP] = CKA_EXPONENT_1,
    [RSA_DQ] = CKA_EXPONENT_2,      [RSA_QI] = CKA_COEFFICIENT,
};

struct list {
    struct object **objects;
    size_t count, room;
    CK_OBJECT_HANDLE used; /* handles given */
};

static struct list lists[LISTS];
static struct list *here = lists;

struct object *object_new(void)
{
    return calloc(1, sizeof(struct object));
}

void object_free(struct object *object)
{
    if (object == NULL)
        return;
    for (size_t i = 0; i < object->count; i++)
        free(object->attributes[i].pValue);
    free(object->attributes);
    EVP_PKEY_free(object->key);
    free(object);
}

static CK_ATTRIBUTE *find(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < object->count; i++) {
        if (object->attributes[i].type == type)
            return &object->attributes[i];
    }
    return NULL;
}

const CK_ATTRIBUTE *object_get(const struct object *object,
                               CK_ATTRIBUTE_TYPE type)
{
    return find(object, type);
}

bool object_bool(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attribute = find(object, type);

    return attribute != NULL && attribute->ulValueLen == 1 &&
           *(const CK_BBOOL *)attribute->pValue != CK_FALSE;
}

CK_ULONG object_number(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attribute = find(object, type);
    CK_ULONG value = CK_UNAVAILABLE_INFORMATION;

    if (attribute != NULL && attribute->ulValueLen == sizeof(value))
        memcpy(&value, attribute->pValue, sizeof(value));
    return value;
}

CK_RV object_set(struct object *object, CK_ATTRIBUTE_TYPE type,
                 const void *value, CK_ULONG len)
{
    CK_ATTRIBUTE *attribute = find(object, type);
    void *copy = malloc(len + 1);

    if (copy == NULL)
        return CKR_HOST_MEMORY;
    if (len > 0)
        memcpy(copy, value, len);
    if (attribute == NULL) {
        CK_ATTRIBUTE *more =
            realloc(object->attributes, (object->count + 1) * sizeof(*more));

        if (more == NULL) {
            free(copy);
            return CKR_HOST_MEMORY;
        }
        object->attributes = more;
        attribute = &more[object->count++];
        attribute->pValue = NULL;
    }
    free(attribute->pValue);
    *attribute = (CK_ATTRIBUTE){type, copy, len};
    return CKR_OK;
}

CK_RV object_set_bool(struct object *object, CK_ATTRIBUTE_TYPE type, bool value)
{
    CK_BBOOL octet = value ? CK_TRUE : CK_FALSE;

    return object_set(object, type, &octet, sizeof(octet));
}

CK_RV object_set_number(struct object *object, CK_ATTRIBUTE_TYPE type,
                        CK_ULONG value)
{
    return object_set(object, type, &value, sizeof(value));
}

CK_RV object_copy(const struct object *from, struct object *to)
{
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i < from->count && rv == CKR_OK; i++)
        rv =
            object_set(to, from->attributes[i].type, from->attributes[i].pValue,
                       from->attributes[i].ulValueLen);
    return rv;
}

bool object_matches(const struct object *object, const CK_ATTRIBUTE *template,
                    CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_ATTRIBUTE *own = find(object, template[i].type);

        if (own == NULL || own->ulValueLen != template[i].ulValueLen ||
            !template_readable(object, own->type) ||
            (own->ulValueLen > 0 &&
             memcmp(own->pValue, template[i].pValue, own->ulValueLen) != 0))
            return false;
    }
    return true;
}

const struct curve *object_curve(const struct object *object)
{
    const CK_ATTRIBUTE *params = find(object, CKA_EC_PARAMS);

    return params == NULL ? NULL
                          : curve_find(object_number(object, CKA_KEY_TYPE),
                                       params->pValue, params->ulValueLen);
}

static EVP_PKEY *make_curve_key(const struct object *object)
{
    const struct curve *curve = object_curve(object);
    const CK_ATTRIBUTE *value = find(object, CKA_VALUE);
    const CK_ATTRIBUTE *point = find(object, CKA_EC_POINT);
    const uint8_t *raw;
    size_t len;

    if (curve == NULL)
        return NULL;
    if (value != NULL)
        return curve_key(curve, value->pValue, value->ulValueLen, NULL, 0);
    if (point == NULL || point->ulValueLen == 0)
        return NULL;
    len = point->ulValueLen;
    raw = curve_read_point(curve, point->pValue, &len);
    return curve_key(curve, NULL, 0, raw, len);
}

const struct ml_set *object_ml(const struct object *object)
{
    return ml_find(object_number(object, CKA_KEY_TYPE),
                   object_number(object, CKA_PARAMETER_SET));
}

static EVP_PKEY *make_ml_key(const struct object *object)
{
    const struct ml_set *set = object_ml(object);
    const CK_ATTRIBUTE *value = find(object, CKA_VALUE);

    return set != NULL && value != NULL
               ? ml_key(set,
                        object_number(object, CKA_CLASS) == CKO_PRIVATE_KEY,
                        value->pValue, value->ulValueLen)
               : NULL;
}

static EVP_PKEY *make_rsa_key(const struct object *object)
{
    struct rsa_numbers *numbers = calloc(1, sizeof(*numbers));
    EVP_PKEY *key = NULL;

    for (size_t i = 0; numbers != NULL && i < RSA_NUMBERS; i++) {
        const CK_ATTRIBUTE *attribute = find(object, number_types[i]);

        if (attribute == NULL || attribute->ulValueLen > RSA_NUMBER_MAX)
            continue;
        numbers->len[i] = attribute->ulValueLen;
        memcpy(numbers->value[i], attribute->pValue, numbers->len[i]);
    }
    if (numbers != NULL) {
        key = rsa_key(numbers);
        OPENSSL_cleanse(numbers, sizeof(*numbers));
    }
    free(numbers);
    return key;
}

EVP_PKEY *object_key(struct object *object)
{
    const CK_KEY_TYPE type = object_number(object, CKA_KEY_TYPE);

    if (object->key == NULL)
        object->key = type == CKK_RSA             ? make_rsa_key(object)
                      : object_ml(object) != NULL ? make_ml_key(object)
                                                  : make_curve_key(object);
    return object->key;
}

CK_RV object_set_numbers(struct object *object,
                         const struct rsa_numbers *numbers, bool private_too)
{
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i < RSA_NUMBERS && rv == CKR_OK; i++) {
        if (i <= RSA_E || private_too)
            rv = object_set(object, number_types[i], numbers->value[i],
                            numbers->len[i]);
    }
    return rv;
}

/* ---- the list ---------------------------------------------------------- */

void objects_select(unsigned token)
{
    here = &lists[token];
}

CK_RV objects_add(struct object *object)
{
    if (here->count == here->room) {
        size_t room = here->room * 2 + 16;
        struct object **more =
            realloc(here->objects, room * sizeof(struct object *));

        if (more == NULL)
            return CKR_HOST_MEMORY;
        here->objects = more;
        here->room = room;
    }
    object->handle = FIRST_HANDLE + here->used++;
    here->objects[here->count++] = object;
    return CKR_OK;
}

/* The place of the first handle that is not less. */
static size_t place(CK_OBJECT_HANDLE handle)
{
    size_t low = 0, high = here->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (here->objects[middle]->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void objects_remove(struct object *object)
{
    size_t at = place(object->handle);

    memmove(&here->objects[at], &here->objects[at + 1],
            (here->count - at - 1) * sizeof(struct object *));
    here->count--;
    object_free(object);
}

size_t objects_count(void)
{
    return here->count;
}

struct object *objects_at(size_t i)
{
    return here->objects[i];
}

struct object *objects_find(CK_OBJECT_HANDLE handle)
{
    size_t at = place(handle);

    return at < here->count && here->objects[at]->handle == handle
               ? here->objects[at]
               : NULL;
}

void objects_clear(void)
{
    while (here->count > 0)
        object_free(here->objects[--here->count]);
    here->used = 0;
}
