/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the Cryptoki functions on objects of the built-in token. */
#include "token_state.h"

#include "store.h"
#include "template.h"

#include <stdlib.h>
#include <string.h>

/* ---- searching --------------------------------------------------------- */

static bool asks_hidden(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        if (fault_list_has(&fault_conf()->no_attr, template[i].type))
            return true;
    }
    return false;
}

static CK_RV search(struct token_session *session, const CK_ATTRIBUTE *template,
                    CK_ULONG count)
{
    CK_RV rv = store_sync();

    if (rv != CKR_OK)
        return rv;
    session->found_next = session->found_count = 0;
    free(session->found);
    session->found = calloc(objects_count() + 1, sizeof(CK_OBJECT_HANDLE));
    if (session->found == NULL)
        return CKR_HOST_MEMORY;
    session->finding = true;
    if (asks_hidden(template, count))
        return CKR_OK;
    for (size_t i = 0; i < objects_count(); i++) {
        const struct object *object = objects_at(i);

        if (token_visible(object) && object_matches(object, template, count))
            session->found[session->found_count++] = object->handle;
    }
    return CKR_OK;
}

CK_RV token_find_init(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template,
                      CK_ULONG count)
{
    struct token_session *session;
    CK_RV rv;

    if (template == NULL && count > 0)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (session->finding &&
             (fault_conf()->strict & FAULT_STRICT_STATE) != 0)
        rv = CKR_OPERATION_ACTIVE;
    else
        rv = search(session, template, count);
    token_unlock();
    return rv;
}

CK_RV token_find(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *out, CK_ULONG max,
                 CK_ULONG *count)
{
    struct token_session *session;
    CK_RV rv = CKR_OK;

    if (out == NULL || count == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    *count = 0;
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (!session->finding)
        rv = CKR_OPERATION_NOT_INITIALIZED;
    while (rv == CKR_OK && *count < max &&
           session->found_next < session->found_count)
        out[(*count)++] = session->found[session->found_next++];
    token_unlock();
    return rv;
}

CK_RV token_find_final(CK_SESSION_HANDLE handle)
{
    struct token_session *session;
    CK_RV rv = CKR_OK;

    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (!session->finding)
        rv = CKR_OPERATION_NOT_INITIALIZED;
    else
        session->finding = false;
    token_unlock();
    return rv;
}

/* ---- attributes -------------------------------------------------------- */

static CK_RV read_one(const struct object *object, CK_ATTRIBUTE *out)
{
    const CK_ATTRIBUTE *own = object_get(object, out->type);
    CK_ULONG room = out->ulValueLen;

    out->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (own == NULL || fault_list_has(&fault_conf()->no_attr, out->type))
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (!template_readable(object, out->type))
        return CKR_ATTRIBUTE_SENSITIVE;
    if (out->pValue != NULL && room < own->ulValueLen)
        return CKR_BUFFER_TOO_SMALL;
    out->ulValueLen = own->ulValueLen;
    if (out->pValue != NULL && own->ulValueLen > 0)
        memcpy(out->pValue, own->pValue, own->ulValueLen);
    return CKR_OK;
}

CK_RV token_get_attributes(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which,
                           CK_ATTRIBUTE *template, CK_ULONG count)
{
    const struct object *object = NULL;
    CK_RV rv = CKR_OK;

    if (template == NULL && count > 0)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    if (token_session(handle) == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if ((object = token_object(which)) == NULL)
        rv = CKR_OBJECT_HANDLE_INVALID;
    for (CK_ULONG i = 0; object != NULL && i < count; i++) {
        CK_RV one = read_one(object, &template[i]);

        rv = one != CKR_OK ? one : rv;
    }
    token_unlock();
    return rv;
}

static CK_RV change(struct token_session *session, struct object *object,
                    const CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct object *trial;
    CK_RV rv = token_may_write(session, object_bool(object, CKA_TOKEN),
                               object_bool(object, CKA_PRIVATE));

    if (rv != CKR_OK)
        return rv;
    if (!object_bool(object, CKA_MODIFIABLE))
        return CKR_ACTION_PROHIBITED;
    trial = object_new();
    if (trial == NULL)
        return CKR_HOST_MEMORY;
    rv = object_copy(object, trial);
    if (rv == CKR_OK)
        rv = template_apply(trial, TEMPLATE_MODIFY, template, count);
    object_free(trial);
    if (rv == CKR_OK)
        rv = template_apply(object, TEMPLATE_MODIFY, template, count);
    return rv == CKR_OK ? store_write(object->file) : rv;
}

CK_RV token_set_attributes(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which,
                           CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct token_session *session;
    struct object *object;
    CK_RV rv;

    if (template == NULL && count > 0)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    rv = session != NULL ? store_begin() : CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK) {
        object = token_object(which);
        if (object == NULL)
            rv = CKR_OBJECT_HANDLE_INVALID;
        else
            rv = change(session, object, template, count);
        store_end();
    }
    token_unlock();
    return rv;
}

/* ---- creating, copying, destroying ------------------------------------- */

CK_RV token_adopt(const struct token_session *session, struct object *object,
                  CK_OBJECT_HANDLE *handle)
{
    bool on_token = object_bool(object, CKA_TOKEN);
    CK_RV rv =
        token_may_write(session, on_token, object_bool(object, CKA_PRIVATE));

    if (rv != CKR_OK)
        return rv;
    if (on_token)
        rv = store_add(&object, 1);
    else
        object->session = session->handle;
    if (rv == CKR_OK)
        rv = objects_add(object);
    if (rv == CKR_OK)
        *handle = object->handle;
    return rv;
}

static CK_OBJECT_CLASS class_of(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;

    for (CK_ULONG i = 0; i < count; i++) {
        if (template[i].type == CKA_CLASS && template[i].pValue != NULL &&
            template[i].ulValueLen == sizeof(class))
            memcpy(&class, template[i].pValue, sizeof(class));
    }
    return class;
}

/* What an object of that class cannot do without. */
static bool is_complete(const struct object *object)
{
    CK_OBJECT_CLASS class = object_number(object, CKA_CLASS);

    if (class == CKO_CERTIFICATE)
        return object_get(object, CKA_VALUE) != NULL &&
               object_get(object, CKA_CERTIFICATE_TYPE) != NULL;
    if (class == CKO_DATA)
        return true;
    if (class == CKO_SECRET_KEY)
        return object_get(object, CKA_VALUE) != NULL &&
               object_get(object, CKA_KEY_TYPE) != NULL;
    if (object_number(object, CKA_KEY_TYPE) != CKK_RSA)
        return object_curve(object) != NULL &&
               object_get(object, class == CKO_PRIVATE_KEY
                                      ? CKA_VALUE
                                      : CKA_EC_POINT) != NULL;
    return object_get(object, CKA_MODULUS) != NULL &&
           object_get(object, CKA_PUBLIC_EXPONENT) != NULL &&
           (class != CKO_PRIVATE_KEY ||
            object_get(object, CKA_PRIVATE_EXPONENT) != NULL);
}

static CK_RV fill(struct object *object, const CK_ATTRIBUTE *template,
                  CK_ULONG count)
{
    CK_OBJECT_CLASS class = class_of(template, count);
    const CK_ATTRIBUTE *counted;
    CK_RV rv;

    if (class == CK_UNAVAILABLE_INFORMATION)
        return CKR_TEMPLATE_INCOMPLETE;
    rv = template_default(object, class);
    if (rv == CKR_OK)
        rv = template_apply(object, TEMPLATE_CREATE, template, count);
    if (rv != CKR_OK)
        return rv;
    if (!is_complete(object))
        return CKR_TEMPLATE_INCOMPLETE;
    counted = object_get(object, CKA_VALUE);
    if (class == CKO_SECRET_KEY && counted != NULL)
        return object_set_number(object, CKA_VALUE_LEN, counted->ulValueLen);
    counted = object_get(object, CKA_MODULUS);
    if (class == CKO_PUBLIC_KEY && counted != NULL)
        return object_set_number(object, CKA_MODULUS_BITS,
                                 counted->ulValueLen * 8);
    return CKR_OK;
}

CK_RV token_create(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template,
                   CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    const struct token_session *session;
    struct object *object;
    CK_RV rv;

    if ((template == NULL && count > 0) || out == NULL)
        return CKR_ARGUMENTS_BAD;
    object = object_new();
    if (object == NULL)
        return CKR_HOST_MEMORY;
    rv = fill(object, template, count);
    token_lock();
    session = token_session(handle);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = store_sync();
    if (rv == CKR_OK)
        rv = token_adopt(session, object, out);
    token_unlock();
    if (rv != CKR_OK)
        object_free(object);
    return rv;
}

static CK_RV copy(const struct token_session *session,
                  const struct object *from, const CK_ATTRIBUTE *template,
                  CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    struct object *object;
    CK_RV rv;

    if (!object_bool(from, CKA_COPYABLE))
        return CKR_ACTION_PROHIBITED;
    object = object_new();
    if (object == NULL)
        return CKR_HOST_MEMORY;
    rv = object_copy(from, object);
    if (rv == CKR_OK)
        rv = template_apply(object, TEMPLATE_COPY, template, count);
    if (rv == CKR_OK)
        rv = token_adopt(session, object, out);
    if (rv != CKR_OK)
        object_free(object);
    return rv;
}

CK_RV token_copy(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which,
                 CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
    const struct token_session *session;
    const struct object *from;
    CK_RV rv;

    if ((template == NULL && count > 0) || out == NULL)
        return CKR_ARGUMENTS_BAD;
    token_lock();
    session = token_session(handle);
    from = token_object(which);
    if (session == NULL)
        rv = CKR_SESSION_HANDLE_INVALID;
    else if (from == NULL)
        rv = CKR_OBJECT_HANDLE_INVALID;
    else
        rv = copy(session, from, template, count, out);
    token_unlock();
    return rv;
}

static CK_RV destroy(const struct token_session *session, struct object *object)
{
    unsigned file = object->file;
    CK_RV rv = token_may_write(session, object_bool(object, CKA_TOKEN),
                               object_bool(object, CKA_PRIVATE));

    if (rv != CKR_OK)
        return rv;
    if (!object_bool(object, CKA_DESTROYABLE))
        return CKR_ACTION_PROHIBITED;
    objects_remove(object);
    return store_write(file);
}

CK_RV token_destroy(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which)
{
    const struct token_session *session;
    struct object *object;
    CK_RV rv;

    token_lock();
    session = token_session(handle);
    rv = session != NULL ? store_begin() : CKR_SESSION_HANDLE_INVALID;
    if (rv == CKR_OK) {
        object = token_object(which);
        if (object == NULL)
            rv = CKR_OBJECT_HANDLE_INVALID;
        else
            rv = destroy(session, object);
        store_end();
    }
    token_unlock();
    return rv;
}

unsigned long token_object_count(bool on_token)
{
    unsigned long count = 0;

    token_lock();
    for (unsigned i = 0; i < STORE_TOKENS; i++) {
        store_select(i);
        for (size_t j = 0; j < objects_count(); j++)
            count += object_bool(objects_at(j), CKA_TOKEN) == on_token;
    }
    token_unlock();
    return count;
}
