/* SPDX-License-Identifier: Apache-2.0 */
/* Finding objects and reading attributes, in a leased session. */
#ifndef PRIVYSEAL_P11_FIND_H
#define PRIVYSEAL_P11_FIND_H

#include "attr.h"
#include "session.h"
#include "token.h"

struct p11_class { /* a class of objects, and what is read of each */
    unsigned bit;  /* P11_PRIVATE_KEY... */
    CK_OBJECT_CLASS class;
    bool private; /* seen only by who is logged in */
    const struct p11_attr_row *rows;
    size_t row_count;
    size_t core_count; /* of these, the first: what PKCS#11 2.40 tokens know */
};

/* The rows of all classes; NULL at the end. */
const struct p11_class *p11_class_at(size_t n);
const struct p11_class *p11_class_of(CK_OBJECT_CLASS class);

enum { P11_FIND_MAX = 5 };

struct p11_handles { /* free handles after use */
    CK_OBJECT_HANDLE *handles;
    size_t count;
};

/* Objects in the token (CKA_TOKEN true, always) of the class; id and label may
 * be NULL: any. Returns new in found->handles. */
P11_CHECKED CK_RV p11_find(const struct p11_lease *lease,
                           const struct p11_tracer *tracer,
                           const struct p11_class *class,
                           const CK_ATTRIBUTE *id, const CK_ATTRIBUTE *label,
                           struct p11_handles *found);

/* The same; at most P11_FIND_MAX attributes of the caller's narrow it. */
P11_CHECKED CK_RV p11_find_more(const struct p11_lease *lease,
                                const struct p11_tracer *tracer,
                                const struct p11_class *class,
                                const CK_ATTRIBUTE *attrs, CK_ULONG count,
                                struct p11_handles *found);

/* What the class has to be read, in one call where the buffers fit. Returns
 * new. Attributes that the token does not know are left out. A token that
 * refuses the whole for the sake of one is asked for less, or for each in a
 * call of its own, and from then on at once. */
P11_CHECKED CK_RV p11_read(const struct p11_lease *lease,
                           const struct p11_tracer *tracer,
                           const struct p11_class *class,
                           CK_OBJECT_HANDLE handle, struct p11_attrs **out);

/* The same for rows of the caller's; what was refused is not remembered. */
P11_CHECKED CK_RV p11_read_rows(const struct p11_lease *lease,
                                const struct p11_tracer *tracer,
                                const struct p11_attr_row *rows, size_t count,
                                CK_OBJECT_HANDLE handle,
                                struct p11_attrs **out);

/* How a lease ends after these: they may leave a search open. */
enum p11_lease_end p11_find_end_of(CK_RV rv);

#endif
