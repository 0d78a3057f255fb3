/* SPDX-License-Identifier: Apache-2.0 */
/* Which attributes an object may have, who may set them, what they are when
 * nobody does. */
#ifndef PRIVYSEAL_FAULT_TEMPLATE_H
#define PRIVYSEAL_FAULT_TEMPLATE_H

#include "object.h"

enum template_act {
    TEMPLATE_GENERATE = 1,
    TEMPLATE_CREATE = 2,
    TEMPLATE_COPY = 4,
    TEMPLATE_MODIFY = 8
};

/* Gives a new object of that class what it has by default. */
CK_RV template_default(struct object *object, CK_OBJECT_CLASS class);

/* Sets the attributes of the template, where the act and the object's class
 * allow it. The object's CKA_CLASS must be set. */
CK_RV template_apply(struct object *object, enum template_act act,
                     const CK_ATTRIBUTE *template, CK_ULONG count);

/* False for secret numbers of a sensitive or unextractable key. */
bool template_readable(const struct object *object, CK_ATTRIBUTE_TYPE type);

#endif
