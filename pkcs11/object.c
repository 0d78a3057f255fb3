/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: making, freeing, finding again. */
#include "object.h"

#include "copy.h"
#include "recover.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ------------------------------------------------------------ */

static void free_secret(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static bool copy(char **out, const char *text)
{
    *out = text != NULL ? strdup(text) : NULL;
    return text == NULL || *out != NULL;
}

static bool name(struct p11_object *object)
{
    const CK_ATTRIBUTE *label = p11_attrs_find(object->attrs, CKA_LABEL);
    const CK_ATTRIBUTE *id = p11_attrs_find(object->attrs, CKA_ID);

    object->uri = p11_uri_of_object(&object->token->info, object->class->class,
                                    id, label);
    object->label =
        label != NULL ? strndup(label->pValue, label->ulValueLen) : strdup("");
    return object->uri != NULL && object->label != NULL;
}

struct p11_object *p11_object_new(const struct p11_user *user,
                                  struct p11_token *token,
                                  const struct p11_class *class,
                                  struct p11_attrs *attrs)
{
    struct p11_object *object = calloc(1, sizeof(*object));

    if (object == NULL) {
        p11_attrs_free(attrs);
        return NULL;
    }
    atomic_init(&object->refs, 1);
    object->p11 = p11_up_ref(user->p11);
    object->token = token;
    object->class = class;
    object->attrs = attrs;
    object->key_type =
        p11_attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    object->always_authenticate =
        p11_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false);
    object->named = user->named;
    if (!copy(&object->pin_value, user->uri_value) ||
        !copy(&object->pin_source, user->uri_source) || !name(object)) {
        p11_object_free(object);
        return NULL;
    }
    return object;
}

struct p11_object *p11_object_up_ref(struct p11_object *object)
{
    atomic_fetch_add(&object->refs, 1);
    return object;
}

void p11_object_free(struct p11_object *object)
{
    if (object == NULL || atomic_fetch_sub(&object->refs, 1) != 1)
        return;
    p11_copy_end(object);
    p11_object_free(atomic_load(&object->half));
    p11_attrs_free(object->attrs);
    free(object->uri);
    free(object->label);
    free_secret(object->pin_value);
    free_secret(object->pin_source);
    p11_release(object->p11);
    free(object);
}

/* ---- questions --------------------------------------------------------- */

CK_OBJECT_CLASS p11_object_class(const struct p11_object *object)
{
    return object->class->class;
}

CK_KEY_TYPE p11_object_key_type(const struct p11_object *object)
{
    return object->key_type;
}

const CK_ATTRIBUTE *p11_object_attr(const struct p11_object *object,
                                    CK_ATTRIBUTE_TYPE type)
{
    return p11_attrs_find(object->attrs, type);
}

const char *p11_object_uri(const struct p11_object *object)
{
    return object->uri;
}

const char *p11_object_token_label(const struct p11_object *object)
{
    return object->token->label;
}

struct p11_user p11_object_user(struct p11_object *object,
                                const struct p11_pin_callback *callback)
{
    return (struct p11_user){.p11 = object->p11,
                             .uri_value = object->pin_value,
                             .uri_source = object->pin_source,
                             .named = object->named,
                             .callback = callback};
}

/* ---- the handle -------------------------------------------------------- */

bool p11_object_handle(struct p11_object *object, uint64_t generation,
                       CK_OBJECT_HANDLE *handle)
{
    if (atomic_load(&object->generation) != generation)
        return false;
    *handle = atomic_load(&object->handle);
    return atomic_load(&object->generation) == generation;
}

void p11_object_set_handle(struct p11_object *object, uint64_t generation,
                           CK_OBJECT_HANDLE handle)
{
    (void)pthread_mutex_lock(&object->token->lock);
    atomic_store(&object->generation, 0);
    atomic_store(&object->handle, handle);
    atomic_store(&object->generation, generation);
    (void)pthread_mutex_unlock(&object->token->lock);
}

bool p11_object_is(const struct p11_object *object,
                   const struct p11_attrs *attrs, bool by_numbers)
{
    static const CK_ATTRIBUTE_TYPE numbers[] = {CKA_MODULUS,
                                                CKA_PUBLIC_EXPONENT};
    static const CK_ATTRIBUTE_TYPE values[] = {
        CKA_ID,        CKA_KEY_TYPE, CKA_CERTIFICATE_TYPE, CKA_VALUE,
        CKA_EC_PARAMS, CKA_EC_POINT, CKA_PARAMETER_SET,    CKA_PUBLIC_KEY_INFO};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!p11_attr_same_number(p11_attrs_find(object->attrs, numbers[i]),
                                  p11_attrs_find(attrs, numbers[i])))
            return false;
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (!p11_attr_equal(p11_attrs_find(object->attrs, values[i]),
                            p11_attrs_find(attrs, values[i])))
            return false;
    }
    return by_numbers ||
           p11_attr_equal(p11_attrs_find(object->attrs, CKA_LABEL),
                          p11_attrs_find(attrs, CKA_LABEL));
}

/* P11R_KEY_CHANGED unless the public half, where one was looked at, is there
 * with the same numbers. */
static CK_RV check_half(struct p11_object *object,
                        const struct p11_lease *lease)
{
    const struct p11_tracer *tracer = &object->p11->tracer;
    struct p11_object *half = atomic_load(&object->half);
    struct p11_handles found;
    bool same = false;
    CK_RV rv;

    if (half == NULL)
        return CKR_OK;
    rv = p11_find(lease, tracer, half->class,
                  p11_attrs_find(object->attrs, CKA_ID), NULL, &found);
    for (size_t i = 0; rv == CKR_OK && i < found.count && !same; i++) {
        struct p11_attrs *attrs = NULL;

        rv = p11_read(lease, tracer, half->class, found.handles[i], &attrs);
        same = rv == CKR_OK && p11_object_is(half, attrs, true);
        p11_attrs_free(attrs);
        if (same)
            p11_object_set_handle(half, lease->generation, found.handles[i]);
    }
    free(found.handles);
    return rv == CKR_OK && !same ? P11R_KEY_CHANGED : rv;
}

bool p11_object_half_is(const struct p11_object *object,
                        const struct p11_lease *lease, CK_RV *rv)
{
    struct p11_object *half = atomic_load(&object->half);
    struct p11_attrs *attrs = NULL;
    CK_OBJECT_HANDLE handle;
    bool same;

    if (half == NULL)
        return true;
    if (!p11_object_handle(half, lease->generation, &handle))
        return false;
    *rv = p11_read(lease, &object->p11->tracer, half->class, handle, &attrs);
    same = *rv == CKR_OK && p11_object_is(half, attrs, true);
    p11_attrs_free(attrs);
    return same;
}

/* Of the objects of this id (or, where it has none, label) the one with the
 * same public numbers. */
static CK_RV find_again(struct p11_object *object,
                        const struct p11_lease *lease, CK_OBJECT_HANDLE *handle)
{
    const struct p11_tracer *tracer = &object->p11->tracer;
    const CK_ATTRIBUTE *id = p11_attrs_find(object->attrs, CKA_ID);
    struct p11_handles found;
    bool same = false;
    CK_RV rv;

    if (id != NULL && id->ulValueLen == 0)
        id = NULL;
    rv = p11_find(lease, tracer, object->class, id,
                  id == NULL ? p11_attrs_find(object->attrs, CKA_LABEL) : NULL,
                  &found);
    if (rv != CKR_OK)
        return rv;
    rv = found.count == 0 ? P11R_NO_OBJECT : P11R_KEY_CHANGED;
    for (size_t i = 0; i < found.count && !same; i++) {
        struct p11_attrs *attrs = NULL;
        const CK_RV result =
            p11_read(lease, tracer, object->class, found.handles[i], &attrs);

        if (result != CKR_OK) {
            rv = result;
            break;
        }
        same = p11_object_is(object, attrs, true);
        p11_attrs_free(attrs);
        if (same) {
            *handle = found.handles[i];
            rv = CKR_OK;
        }
    }
    free(found.handles);
    return same ? check_half(object, lease) : rv;
}

bool p11_object_wants_login(const struct p11_object *object)
{
    return object->class->private && object->p11->login != P11_LOGIN_NEVER;
}

static CK_RV prepare(struct p11_object *object,
                     const struct p11_pin_callback *callback)
{
    const struct p11_user user = p11_object_user(object, callback);
    CK_RV rv = p11_attach(object->p11, object->token);

    if (rv == CKR_OK && p11_object_wants_login(object))
        rv = p11_login(object->token, &user, NULL);
    return rv;
}

CK_RV p11_object_locate(struct p11_object *object,
                        const struct p11_lease *lease, CK_OBJECT_HANDLE *handle)
{
    struct p11_token *token = object->token;
    bool logged_in;
    CK_RV rv;

    if (p11_object_handle(object, lease->generation, handle))
        return CKR_OK;
    (void)pthread_mutex_lock(&token->lock);
    logged_in = token->logged_in;
    (void)pthread_mutex_unlock(&token->lock);
    if (p11_object_wants_login(object) && !logged_in)
        return CKR_USER_NOT_LOGGED_IN;
    rv = find_again(object, lease, handle);
    if (rv == P11R_NO_OBJECT &&
        p11_login_is_lost(lease, &object->p11->tracer, object->class->private))
        rv = CKR_USER_NOT_LOGGED_IN;
    if (rv == P11R_KEY_CHANGED)
        p11_object_forget(object); /* who asks anew gets what is there */
    if (rv == CKR_OK)
        p11_object_set_handle(object, lease->generation, *handle);
    return rv;
}

/* Our own findings leave the session as it was. */
static enum p11_lease_end end_of(CK_RV rv)
{
    return rv == P11R_NO_OBJECT || rv == P11R_KEY_CHANGED ||
                   rv == CKR_USER_NOT_LOGGED_IN
               ? P11_LEASE_GOOD
               : p11_find_end_of(rv);
}

CK_RV p11_object_lease(struct p11_object *object,
                       const struct p11_pin_callback *callback,
                       struct p11_lease *lease, CK_OBJECT_HANDLE *handle,
                       uint64_t *seen)
{
    enum { TRIES = 4 };
    struct p11_token *token = object->token;
    struct p11 *p11 = object->p11;
    CK_RV rv = CKR_USER_NOT_LOGGED_IN;

    *seen = atomic_load(&token->repairs);
    if (p11_gate_inside())
        return P11R_REENTERED;
    for (int i = 0; i < TRIES && rv == CKR_USER_NOT_LOGGED_IN; i++) {
        rv = CKR_OK;
        *seen = atomic_load(&token->repairs);
        if (atomic_load(&object->generation) != atomic_load(&token->generation))
            rv = prepare(object, callback);
        if (rv == CKR_OK)
            rv = p11_session_lease(token, &p11->rules, &p11->tracer, lease);
        if (rv != CKR_OK)
            return rv;
        *seen = atomic_load(&token->repairs);
        rv = p11_object_locate(object, lease, handle);
        if (rv != CKR_OK)
            p11_session_return(lease, &p11->tracer, end_of(rv));
        if (rv == CKR_USER_NOT_LOGGED_IN)
            (void)p11_recover(p11, token, rv, *seen);
    }
    return rv;
}
