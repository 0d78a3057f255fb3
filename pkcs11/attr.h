/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes: a builder of templates, a reader with buffers of its own, and
 * questions about what was read. Nothing else computes with CK_ATTRIBUTE.
 */
#ifndef PRIVYSEAL_P11_ATTR_H
#define PRIVYSEAL_P11_ATTR_H

#include "p11.h"

enum { P11_TEMPLATE_MAX = 24, P11_TEMPLATE_ROOM = 1024 };

/* ---- building ---------------------------------------------------------- */

/* A template on the stack; values are copied into it. Too many or too long
 * ones are not added and leave `full` set. */
struct p11_template {
    CK_ATTRIBUTE attrs[P11_TEMPLATE_MAX];
    CK_ULONG count;
    union {
        CK_ULONG align;
        uint8_t octets[P11_TEMPLATE_ROOM];
    } room;
    size_t used;
    bool full;
};

void p11_template_clear(struct p11_template *t);
void p11_template_bool(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                       bool value);
void p11_template_ulong(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                        CK_ULONG value);
void p11_template_octets(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                         const void *value, size_t len);
void p11_template_ulongs(struct p11_template *t, CK_ATTRIBUTE_TYPE type,
                         const CK_ULONG *values, size_t count);

/* ---- reading ----------------------------------------------------------- */

/* Attributes in one block, each value aligned for CK_ULONG. What the token
 * does not have, or keeps secret, has the length CK_UNAVAILABLE_INFORMATION. */
struct p11_attrs {
    CK_ULONG count;
    CK_ATTRIBUTE attrs[];
};

struct p11_attr_row { /* an attribute to read, and the usual room for it */
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG room;
};

/* Returns new with room for each row, or NULL (no memory). */
struct p11_attrs *p11_attrs_new(const struct p11_attr_row *rows, size_t count);
void p11_attrs_free(struct p11_attrs *attrs);

/* Turns what C_GetAttributeValue returned into a result: CKR_OK, also where
 * some attributes are unknown or secret; CKR_BUFFER_TOO_SMALL where one needs
 * more room; P11R_ATTRIBUTE where a length claims more than the room; else
 * rv itself, also where the token has not looked at all of them. `asked` are
 * the same rows. */
P11_CHECKED CK_RV p11_attrs_judge(struct p11_attrs *attrs,
                                  const struct p11_attr_row *rows, CK_RV rv);

/* NULL where it was not asked or the token has none. Borrowed. */
const CK_ATTRIBUTE *p11_attrs_find(const struct p11_attrs *attrs,
                                   CK_ATTRIBUTE_TYPE type);

/* fallback where the token has none or one of a wrong size. */
bool p11_attrs_bool(const struct p11_attrs *attrs, CK_ATTRIBUTE_TYPE type,
                    bool fallback);
CK_ULONG p11_attrs_ulong(const struct p11_attrs *attrs, CK_ATTRIBUTE_TYPE type,
                         CK_ULONG fallback);

/* Both NULL, or the same octets. */
bool p11_attr_equal(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b);

/* The same where numbers are compared: leading zeros do not count. */
bool p11_attr_same_number(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b);

#endif
