/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: building templates, reading values. */
#include "attr.h"

#include <stdlib.h>
#include <string.h>

/* ---- building ---------------------------------------------------------- */

static size_t aligned(size_t size)
{
    const size_t step = sizeof(CK_ULONG);

    return (size + step - 1) / step * step;
}

void p11_template_clear(struct p11_template *t)
{
    t->count = 0;
    t->used = 0;
    t->full = false;
}

void p11_template_octets(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                         const void *value, size_t len)
{
    uint8_t *room = t->room.octets + t->used;

    if (t->count == P11_TEMPLATE_MAX || len > P11_TEMPLATE_ROOM ||
        aligned(len) > P11_TEMPLATE_ROOM - t->used) {
        t->full = true;
        return;
    }
    if (len > 0)
        memcpy(room, value, len);
    t->attrs[t->count++] =
        (CK_ATTRIBUTE){.type = type, .pValue = room, .ulValueLen = len};
    t->used += aligned(len);
}

void p11_template_bool(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                       bool value)
{
    const CK_BBOOL octet = value ? CK_TRUE : CK_FALSE;

    p11_template_octets(t, type, &octet, sizeof(octet));
}

void p11_template_ulong(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                        CK_ULONG value)
{
    p11_template_octets(t, type, &value, sizeof(value));
}

void p11_template_ulongs(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                         const CK_ULONG *values, size_t count)
{
    p11_template_octets(t, type, values, count * sizeof(*values));
}

/* ---- reading ----------------------------------------------------------- */

static size_t head_of(size_t count)
{
    return aligned(sizeof(struct p11_attrs) + count * sizeof(CK_ATTRIBUTE));
}

/* Types and addresses as they were before the token had them in its hands. */
static void lay_out(struct p11_attrs *attrs, const struct p11_attr_row *rows)
{
    uint8_t *room = (uint8_t *)attrs + head_of(attrs->count);

    for (size_t i = 0; i < attrs->count; i++) {
        attrs->attrs[i].type = rows[i].type;
        attrs->attrs[i].pValue = room;
        room += aligned(rows[i].room);
    }
}

struct p11_attrs *p11_attrs_new(const struct p11_attr_row *rows, size_t count)
{
    size_t size = head_of(count);
    struct p11_attrs *attrs;

    for (size_t i = 0; i < count; i++)
        size += aligned(rows[i].room);
    attrs = calloc(1, size);
    if (attrs == NULL)
        return NULL;
    attrs->count = count;
    lay_out(attrs, rows);
    for (size_t i = 0; i < count; i++)
        attrs->attrs[i].ulValueLen = rows[i].room;
    return attrs;
}

void p11_attrs_free(struct p11_attrs *attrs)
{
    free(attrs);
}

/* As lay_out and calloc left it. No value of that length is all zeros. */
static bool is_untouched(const CK_ATTRIBUTE *attr, CK_ULONG room)
{
    const uint8_t *value = attr->pValue;

    return room > sizeof(CK_ULONG) && attr->ulValueLen == room &&
           value[0] == 0 && memcmp(value, value + 1, room - 1) == 0;
}

CK_RV p11_attrs_judge(struct p11_attrs *attrs, const struct p11_attr_row *rows,
                      CK_RV rv)
{
    bool missing = false, untouched = false;

    if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID &&
        rv != CKR_ATTRIBUTE_SENSITIVE)
        return rv;
    lay_out(attrs, rows);
    for (CK_ULONG i = 0; i < attrs->count; i++) {
        const CK_ULONG len = attrs->attrs[i].ulValueLen;

        missing = missing || len == CK_UNAVAILABLE_INFORMATION;
        if (len != CK_UNAVAILABLE_INFORMATION && len > rows[i].room)
            return P11R_ATTRIBUTE;
        untouched = untouched || is_untouched(&attrs->attrs[i], rows[i].room);
    }
    /* An error about an attribute, and none is without a value: then none has
     * got one. Or the token has stopped at the first that it does not have. */
    return missing && !untouched ? CKR_OK : rv;
}

const CK_ATTRIBUTE *p11_attrs_find(const struct p11_attrs *attrs,
                                   CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; attrs != NULL && i < attrs->count; i++) {
        if (attrs->attrs[i].type == type)
            return attrs->attrs[i].ulValueLen == CK_UNAVAILABLE_INFORMATION
                       ? NULL
                       : &attrs->attrs[i];
    }
    return NULL;
}

bool p11_attrs_bool(const struct p11_attrs *attrs, CK_ATTRIBUTE_TYPE type,
                    bool fallback)
{
    const CK_ATTRIBUTE *attr = p11_attrs_find(attrs, type);

    if (attr == NULL || attr->ulValueLen != sizeof(CK_BBOOL))
        return fallback;
    return *(const CK_BBOOL *)attr->pValue != CK_FALSE;
}

CK_ULONG p11_attrs_ulong(const struct p11_attrs *attrs, CK_ATTRIBUTE_TYPE type,
                         CK_ULONG fallback)
{
    const CK_ATTRIBUTE *attr = p11_attrs_find(attrs, type);
    CK_ULONG value;

    if (attr == NULL || attr->ulValueLen != sizeof(value))
        return fallback;
    memcpy(&value, attr->pValue, sizeof(value));
    return value;
}

bool p11_attr_equal(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->ulValueLen == b->ulValueLen &&
           (a->ulValueLen == 0 ||
            memcmp(a->pValue, b->pValue, a->ulValueLen) == 0);
}

/* The number's first octet that is not zero; *len gets what follows. */
static const uint8_t *number(const CK_ATTRIBUTE *attr, size_t *len)
{
    const uint8_t *p = attr->pValue;

    for (*len = attr->ulValueLen; *len > 0 && *p == 0; p++)
        (*len)--;
    return p;
}

bool p11_attr_same_number(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
    const uint8_t *pa, *pb;
    size_t la, lb;

    if (a == NULL || b == NULL)
        return a == b;
    pa = number(a, &la);
    pb = number(b, &lb);
    return la == lb && (la == 0 || memcmp(pa, pb, la) == 0);
}
