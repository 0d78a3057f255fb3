/* SPDX-License-Identifier: Apache-2.0 */
/* Creating objects: certificates, public keys, data. */
#include "diag.h"
#include "object.h"
#include "own.h"
#include "recover.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

struct putting {
    struct p11 *p11;
    struct p11_uri *uri;
    struct p11_token *token;
    struct p11_user user;
    struct p11_diag *diag;
    CK_ATTRIBUTE attrs[P11_TEMPLATE_MAX]; /* values are the caller's */
    CK_ULONG count;
    const struct p11_class *class;
    struct p11_lease own;
    bool tried; /* there may be a new object */
};

static const CK_ATTRIBUTE *find(const struct putting *p, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < p->count; i++) {
        if (p->attrs[i].type == type)
            return &p->attrs[i];
    }
    return NULL;
}

static CK_RV add(struct putting *p, CK_ATTRIBUTE attr)
{
    if (p->count == P11_TEMPLATE_MAX)
        return p11_diag_set(p->diag, CKR_ARGUMENTS_BAD,
                            "an object of more than %d attributes",
                            P11_TEMPLATE_MAX);
    p->attrs[p->count++] = attr;
    return CKR_OK;
}

/* The caller's, and what the URI names beside them. */
static CK_RV take_attrs(struct putting *p, const CK_ATTRIBUTE *attrs,
                        CK_ULONG count)
{
    static CK_BBOOL yes = CK_TRUE;
    static const CK_ATTRIBUTE_TYPE named[] = {CKA_LABEL, CKA_ID};
    const CK_ATTRIBUTE *class;
    CK_OBJECT_CLASS value;
    CK_RV rv = add(p, (CK_ATTRIBUTE){CKA_TOKEN, &yes, sizeof(yes)});

    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++)
        rv = add(p, attrs[i]);
    class = find(p, CKA_CLASS);
    if (rv != CKR_OK)
        return rv;
    if (class == NULL || class->ulValueLen != sizeof(value))
        return p11_diag_set(p->diag, CKR_TEMPLATE_INCOMPLETE,
                            "an object without CKA_CLASS");
    memcpy(&value, class->pValue, sizeof(value));
    p->class = p11_class_of(value);
    if (p->class == NULL)
        return p11_diag_set(p->diag, CKR_ARGUMENTS_BAD,
                            "objects of class 0x%lx are not stored here",
                            value);
    for (size_t i = 0; rv == CKR_OK && i < 2; i++) {
        const CK_ATTRIBUTE *attr = p11_uri_attr(p->uri, named[i]);

        /* Data objects have no id. */
        if (attr != NULL && find(p, named[i]) == NULL &&
            (named[i] != CKA_ID || value != CKO_DATA))
            rv = add(p, *attr);
    }
    return rv;
}

static CK_RV refuse_twin(struct putting *p)
{
    const CK_ATTRIBUTE *id = find(p, CKA_ID), *label = find(p, CKA_LABEL);
    struct p11_handles found;
    CK_RV rv;

    if (id == NULL && label == NULL)
        return CKR_OK; /* nameless, as many may be */
    rv = p11_find(&p->own, &p->p11->tracer, p->class, id, label, &found);
    free(found.handles);
    if (rv != CKR_OK || found.count == 0)
        return rv;
    return p11_diag_set(p->diag, P11R_EXISTS,
                        "token '%s' has an object of this kind, label and id "
                        "already",
                        p->token->label);
}

static CK_RV object_of(struct putting *p, CK_OBJECT_HANDLE handle,
                       struct p11_object **out)
{
    struct p11_attrs *attrs = NULL;
    CK_RV rv = p11_read(&p->own, &p->p11->tracer, p->class, handle, &attrs);

    if (rv != CKR_OK)
        return rv;
    *out = p11_object_new(&p->user, p->token, p->class, attrs);
    if (*out == NULL)
        return CKR_HOST_MEMORY;
    p11_object_set_handle(*out, p->own.generation, handle);
    return CKR_OK;
}

static CK_RV create(struct putting *p, struct p11_object **out)
{
    CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV rv, ignored = CKR_OK;

    p11_gate_enter();
    rv = refuse_twin(p);
    if (rv == CKR_OK) {
        P11_CALL(rv, &p->p11->tracer, p->token->module->fn, C_CreateObject,
                 (p->own.session, p->attrs, p->count, &handle));
        p->tried =
            rv != CKR_USER_NOT_LOGGED_IN && rv != CKR_SESSION_HANDLE_INVALID;
    }
    if (rv == CKR_OK && out != NULL) {
        rv = object_of(p, handle, out);
        if (rv != CKR_OK) /* else it would be in the way of another try */
            P11_CALL(ignored, &p->p11->tracer, p->token->module->fn,
                     C_DestroyObject, (p->own.session, handle));
    }
    (void)ignored; /* what was wrong before is told */
    p11_gate_leave();
    return rv;
}

static CK_RV attempt(struct putting *p, struct p11_object **out)
{
    const bool login = p->p11->login != P11_LOGIN_NEVER;
    CK_RV rv = p11_own_begin(p->token, &p->user, login, &p->own, p->diag);

    if (rv != CKR_OK)
        return rv;
    rv = create(p, out);
    p11_own_end(&p->own, &p->p11->tracer);
    return rv;
}

CK_RV p11_put(struct p11 *p11, const char *uri, const CK_ATTRIBUTE *attrs,
              CK_ULONG count, const struct p11_pin_callback *pin,
              struct p11_object **out, struct p11_diag *diag)
{
    struct putting p = {.p11 = p11, .diag = diag};
    const uint64_t since_us = p11_gate_now_us();
    uint64_t seen;
    CK_RV rv = p11_uri_parse(uri, &p.uri, diag);

    if (rv == CKR_OK)
        rv = take_attrs(&p, attrs, count);
    if (rv == CKR_OK)
        rv = p11_tokens_one(p11, p.uri, &p.token, diag);
    if (rv != CKR_OK)
        goto out;
    p.user = (struct p11_user){.p11 = p11,
                               .uri_value = p11_uri_pin_value(p.uri),
                               .uri_source = p11_uri_pin_source(p.uri),
                               .named = true,
                               .callback = pin,
                               .since_us = since_us};
    seen = atomic_load(&p.token->repairs);
    rv = attempt(&p, out);
    if (rv != CKR_OK && !p.tried && p11_recover(p11, p.token, rv, seen)) {
        if (diag != NULL)
            diag->text[0] = '\0';
        rv = attempt(&p, out);
    }
    if (rv != CKR_OK && diag != NULL && diag->text[0] == '\0')
        (void)p11_diag_rv(diag, rv, "storing in token", p.token->label);
out:
    p11_uri_free(p.uri);
    return rv;
}
