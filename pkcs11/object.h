/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects: what was read when found (immutable), and the handle, which is
 * found again when the token's generation has moved on.
 */
#ifndef PRIVYSEAL_P11_OBJECT_H
#define PRIVYSEAL_P11_OBJECT_H

#include "find.h"
#include "login.h"

enum p11_copying { P11_COPYING_UNKNOWN, P11_COPYING, P11_NO_COPYING };

struct p11_object {
    atomic_uint refs;
    struct p11 *p11; /* a reference */
    struct p11_token *token;
    const struct p11_class *class;
    struct p11_attrs *attrs;
    CK_KEY_TYPE key_type;
    bool always_authenticate;
    atomic_int copies; /* enum p11_copying: whether to make one */
    char *uri, *label;
    char *pin_value, *pin_source; /* of the URI that led here */
    /* The public half of a key that has no numbers itself. Found again it must
     * be there and the same too, else the key counts as changed: nothing else
     * tells it from another of its id. Set once, a reference. */
    _Atomic(struct p11_object *) half;
    bool named;
    /* The handle, good while its generation is the token's. Written under the
     * token's lock with the generation 0 in between, read without. */
    atomic_uint_least64_t generation;
    _Atomic(CK_OBJECT_HANDLE) handle;
    /* The same of its session copy; the handle 0: tried, and refused. */
    atomic_uint_least64_t copy_generation, copy_checked_us;
    _Atomic(CK_OBJECT_HANDLE) copy;
    CK_SESSION_HANDLE copy_home; /* where it was made; with token->copies */
    uint32_t copy_era;
};

/* Takes attrs. Returns new, or NULL (no memory; attrs are freed). */
struct p11_object *p11_object_new(const struct p11_user *user,
                                  struct p11_token *token,
                                  const struct p11_class *class,
                                  struct p11_attrs *attrs);

/* Borrows: the object's PIN sources with this callback. */
struct p11_user p11_object_user(struct p11_object *object,
                                const struct p11_pin_callback *callback);

/* The handle if its generation is the given one. */
bool p11_object_handle(struct p11_object *object, uint64_t generation,
                       CK_OBJECT_HANDLE *handle);
void p11_object_set_handle(struct p11_object *object, uint64_t generation,
                           CK_OBJECT_HANDLE handle);

/* Whether attrs, just read, are this object's: id, label, public numbers or
 * certificate; by_numbers: the label may have changed. */
bool p11_object_is(const struct p11_object *object,
                   const struct p11_attrs *attrs, bool by_numbers);

/* Whether the public half that is remembered, if any, is still what it was, by
 * its handle; false too where that is not known any more. *rv becomes what
 * reading it gave. */
bool p11_object_half_is(const struct p11_object *object,
                        const struct p11_lease *lease, CK_RV *rv);

/* Its class is seen by the user only, and logging in is allowed. */
bool p11_object_wants_login(const struct p11_object *object);

/* The handle, found again where needed and if that makes sense now;
 * CKR_USER_NOT_LOGGED_IN where others have lost the login meanwhile, or the
 * token has. The lease is a mark. */
P11_CHECKED CK_RV p11_object_locate(struct p11_object *object,
                                    const struct p11_lease *lease,
                                    CK_OBJECT_HANDLE *handle);

/* A lease in which the object's handle is good: finds it again where needed,
 * after logging in. P11R_KEY_CHANGED, P11R_NO_OBJECT. *seen is the
 * count of repairs to recover from. The caller has no mark. */
P11_CHECKED CK_RV p11_object_lease(struct p11_object *object,
                                   const struct p11_pin_callback *callback,
                                   struct p11_lease *lease,
                                   CK_OBJECT_HANDLE *handle, uint64_t *seen);

#endif
