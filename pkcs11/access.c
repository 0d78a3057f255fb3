/* SPDX-License-Identifier: Apache-2.0 */
/* Single acts on an object: one more attribute, its public half, deletion. */
#include "copy.h"
#include "object.h"
#include "own.h"
#include "recover.h"

#include <stdlib.h>
#include <string.h>

/* ---- one attribute ----------------------------------------------------- */

static CK_RV judge(CK_ATTRIBUTE *attr, size_t size, CK_RV rv, size_t *len)
{
    if (rv != CKR_OK)
        return rv;
    if (attr->ulValueLen == CK_UNAVAILABLE_INFORMATION)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attr->ulValueLen > size)
        return P11R_ATTRIBUTE;
    *len = attr->ulValueLen;
    return CKR_OK;
}

CK_RV p11_object_read(struct p11_object *object, CK_ATTRIBUTE_TYPE type,
                      void *value, size_t size, size_t *len)
{
    const struct p11_tracer *tracer = &object->p11->tracer;
    bool again = true;
    uint64_t seen;
    CK_RV rv;

    for (;;) {
        CK_ATTRIBUTE attr = {type, value, size};
        struct p11_lease lease;
        CK_OBJECT_HANDLE handle;

        rv = p11_object_lease(object, NULL, &lease, &handle, &seen);
        if (rv == CKR_OK) {
            P11_CALL(rv, tracer, object->token->module->fn, C_GetAttributeValue,
                     (lease.session, handle, &attr, 1));
            p11_session_return(&lease, tracer, p11_session_end_of(rv));
        }
        rv = judge(&attr, size, rv, len);
        if (rv == CKR_OK || !again ||
            !p11_recover(object->p11, object->token, rv, seen))
            return rv;
        again = false;
    }
}

/* ---- the public half --------------------------------------------------- */

/* A key of another type may have the same id. */
static bool fits(const struct p11_object *key, const struct p11_object *half)
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_KEY_TYPE, CKA_MODULUS,
                                              CKA_PARAMETER_SET};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const CK_ATTRIBUTE *a = p11_object_attr(key, types[i]);
        const CK_ATTRIBUTE *b = p11_object_attr(half, types[i]);

        if (a != NULL && a->ulValueLen > 0 && b != NULL && b->ulValueLen > 0 &&
            !p11_attr_same_number(a, b))
            return false;
    }
    return true;
}

static CK_RV read_half(struct p11_object *key, const struct p11_class *class,
                       const struct p11_lease *lease, CK_OBJECT_HANDLE handle,
                       struct p11_object **out)
{
    const struct p11_user user = p11_object_user(key, NULL);
    struct p11_attrs *attrs = NULL;
    struct p11_object *half;
    CK_RV rv = p11_read(lease, &key->p11->tracer, class, handle, &attrs);

    if (rv != CKR_OK)
        return rv;
    half = p11_object_new(&user, key->token, class, attrs);
    if (half == NULL)
        return CKR_HOST_MEMORY;
    if (!fits(key, half)) {
        p11_object_free(half);
        return P11R_NO_OBJECT;
    }
    p11_object_set_handle(half, lease->generation, handle);
    *out = half;
    return CKR_OK;
}

static CK_RV find_half(struct p11_object *key, const struct p11_class *class,
                       const struct p11_lease *lease, struct p11_object **out)
{
    struct p11_handles found;
    CK_RV rv = p11_find(lease, &key->p11->tracer, class,
                        p11_object_attr(key, CKA_ID), NULL, &found);

    if (rv != CKR_OK)
        return rv;
    rv = P11R_NO_OBJECT;
    for (size_t i = 0; rv == P11R_NO_OBJECT && i < found.count; i++)
        rv = read_half(key, class, lease, found.handles[i], out);
    free(found.handles);
    return rv;
}

static CK_RV find_halves(struct p11_object *key, struct p11_object **out,
                         uint64_t *seen)
{
    static const CK_OBJECT_CLASS halves[] = {CKO_PUBLIC_KEY, CKO_CERTIFICATE};
    struct p11_lease lease;
    CK_OBJECT_HANDLE handle;
    CK_RV rv = p11_object_lease(key, NULL, &lease, &handle, seen);

    if (rv != CKR_OK)
        return rv;
    rv = P11R_NO_OBJECT;
    for (size_t i = 0;
         rv == P11R_NO_OBJECT && i < sizeof(halves) / sizeof(halves[0]); i++)
        rv = find_half(key, p11_class_of(halves[i]), &lease, out);
    p11_session_return(&lease, &key->p11->tracer,
                       rv == P11R_NO_OBJECT ? P11_LEASE_GOOD
                                            : p11_find_end_of(rv));
    return rv;
}

static void remember_half(struct p11_object *key, struct p11_object *half)
{
    struct p11_object *none = NULL;

    if (!atomic_compare_exchange_strong(&key->half, &none,
                                        p11_object_up_ref(half)))
        p11_object_free(half);
}

CK_RV p11_object_find_public(struct p11_object *private_key,
                             struct p11_object **out)
{
    const CK_ATTRIBUTE *id = p11_object_attr(private_key, CKA_ID);
    struct p11_object *known = atomic_load(&private_key->half);
    uint64_t seen;
    CK_RV rv;

    if (known != NULL) {
        *out = p11_object_up_ref(known);
        return CKR_OK;
    }
    if (id == NULL || id->ulValueLen == 0)
        return P11R_NO_OBJECT;
    rv = find_halves(private_key, out, &seen);
    if (rv != CKR_OK &&
        p11_recover(private_key->p11, private_key->token, rv, seen))
        rv = find_halves(private_key, out, &seen);
    if (rv == CKR_OK)
        remember_half(private_key, *out);
    return rv;
}

void p11_object_forget(struct p11_object *object)
{
    p11_memory_forget(&object->p11->memory, object);
}

/* ---- deletion ---------------------------------------------------------- */

static CK_RV destroy(struct p11_object *object, uint64_t *seen)
{
    const struct p11_user user = p11_object_user(object, NULL);
    const struct p11_tracer *tracer = &object->p11->tracer;
    struct p11_token *token = object->token;
    struct p11_lease own;
    CK_OBJECT_HANDLE handle;
    CK_RV rv;

    *seen = atomic_load(&token->repairs);
    rv =
        p11_own_begin(token, &user, p11_object_wants_login(object), &own, NULL);
    if (rv != CKR_OK)
        return rv;
    p11_gate_enter();
    rv = p11_object_locate(object, &own, &handle);
    if (rv == CKR_OK)
        P11_CALL(rv, tracer, token->module->fn, C_DestroyObject,
                 (own.session, handle));
    p11_gate_leave();
    p11_own_end(&own, tracer);
    return rv;
}

CK_RV p11_object_destroy(struct p11_object *object)
{
    uint64_t seen;
    CK_RV rv = destroy(object, &seen);

    if (rv != CKR_OK && p11_recover(object->p11, object->token, rv, seen))
        rv = destroy(object, &seen);
    if (rv == CKR_OK) {
        p11_object_set_handle(object, 0, CK_INVALID_HANDLE);
        p11_copy_end(object);
        p11_object_forget(object);
    }
    return rv;
}
