/* SPDX-License-Identifier: Apache-2.0 */
/* p11_search: modules, tokens, login, objects; and what it remembers. */
#include "search.h"

#include "diag.h"
#include "object.h"
#include "recover.h"

#include <stdlib.h>

enum { REMISS_US = 100000 }; /* no second look at the slots within */

struct search {
    struct p11 *p11;
    struct p11_uri *uri;
    unsigned classes;
    struct p11_user user;
    struct p11_diag *diag;
    struct p11_object **objects;
    size_t count;
    bool pin_missing; /* some token was seen without its private objects */
};

/* ---- tokens ------------------------------------------------------------ */

static bool concerns(const struct p11_module *module, const struct p11_uri *uri)
{
    return uri == NULL || p11_uri_matches_file(uri, module->path, module->name);
}

static bool fits(struct p11_token *token, const struct p11_uri *uri)
{
    if (uri == NULL)
        return atomic_load(&token->present);
    return p11_uri_matches_library(uri, &token->module->info) &&
           p11_token_matches(token, uri);
}

static CK_RV add_tokens(struct p11_tokens *tokens, struct p11_module *module,
                        const struct p11_uri *uri)
{
    const size_t before = tokens->count;

    for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
         t = t->next) {
        struct p11_token **more;

        if (!fits(t, uri))
            continue;
        more = realloc(tokens->tokens, (tokens->count + 1) * sizeof(*more));
        if (more == NULL)
            return CKR_HOST_MEMORY;
        tokens->tokens = more;
        tokens->tokens[tokens->count++] = t;
    }
    for (size_t i = before, k = tokens->count; i + 1 < k; i++) {
        struct p11_token *t = tokens->tokens[--k]; /* newest last */

        tokens->tokens[k] = tokens->tokens[i];
        tokens->tokens[i] = t;
    }
    return CKR_OK;
}

/* Readies one module and looks at its slots. A registered module that does not
 * start is passed over, a configured one is not. */
static CK_RV look_at(struct p11 *p11, struct p11_module *module,
                     uint64_t max_age_us, struct p11_diag *diag)
{
    CK_RV rv =
        p11_module_ready(module, &p11->tracer, p11->registered ? NULL : diag);

    if (rv == CKR_OK) {
        rv = p11_token_enumerate(module, &p11->tracer, max_age_us);
        if (rv == CKR_CRYPTOKI_NOT_INITIALIZED &&
            p11_module_ready(module, &p11->tracer, NULL) == CKR_OK)
            rv = p11_token_enumerate(module, &p11->tracer, 0);
        if (rv != CKR_OK)
            (void)p11_diag_rv(diag, rv, "slots of module", module->name);
    }
    return p11->registered ? CKR_OK : rv;
}

/* One round over the modules; *first gets the first error. */
static CK_RV round_of(struct p11 *p11, const struct p11_uri *uri,
                      uint64_t max_age_us, struct p11_tokens *tokens,
                      struct p11_diag *diag)
{
    CK_RV first = CKR_OK;

    for (size_t i = 0; i < p11->module_count; i++) {
        struct p11_module *module = p11->modules[i];
        CK_RV rv;

        if (!concerns(module, uri))
            continue;
        rv = look_at(p11, module, max_age_us, first == CKR_OK ? diag : NULL);
        if (rv == CKR_OK && atomic_load(&module->ready))
            rv = add_tokens(tokens, module, uri);
        if (rv == CKR_OK && tokens->unseen == CKR_OK)
            tokens->unseen = module->unseen;
        if (first == CKR_OK)
            first = rv;
    }
    return tokens->count > 0 ? CKR_OK : first;
}

CK_RV p11_tokens_find(struct p11 *p11, const struct p11_uri *uri, bool anew,
                      struct p11_tokens *tokens, struct p11_diag *diag)
{
    CK_RV rv = p11_list_modules(p11, diag);

    *tokens = (struct p11_tokens){NULL, 0, CKR_OK};
    if (rv != CKR_OK || (uri != NULL && p11_uri_unknown(uri)))
        return rv;
    rv = round_of(p11, uri, anew ? 0 : UINT64_MAX, tokens, diag);
    if (rv == CKR_OK && tokens->count == 0 && !anew)
        rv = round_of(p11, uri, REMISS_US, tokens, diag);
    return rv;
}

CK_RV p11_tokens_one(struct p11 *p11, const struct p11_uri *uri,
                     struct p11_token **out, struct p11_diag *diag)
{
    struct p11_tokens tokens;
    CK_RV rv = p11_tokens_find(p11, uri, false, &tokens, diag);

    if (rv == CKR_OK && tokens.count == 0)
        rv = p11_diag_set(diag, P11R_NO_TOKEN, "'%s': no token matches",
                          p11_uri_key(uri));
    else if (rv == CKR_OK && tokens.count > 1)
        rv = p11_diag_set(
            diag, P11R_AMBIGUOUS, "'%s': tokens '%s' and '%s' both match",
            p11_uri_key(uri), tokens.tokens[0]->label, tokens.tokens[1]->label);
    else if (rv == CKR_OK)
        *out = tokens.tokens[0];
    free(tokens.tokens);
    return rv;
}

/* ---- objects ----------------------------------------------------------- */

static CK_RV keep(struct search *s, struct p11_token *token,
                  const struct p11_class *class, CK_OBJECT_HANDLE handle,
                  const struct p11_lease *lease)
{
    struct p11_object **more;
    struct p11_attrs *attrs = NULL;
    struct p11_object *object;
    CK_RV rv = p11_read(lease, &s->p11->tracer, class, handle, &attrs);

    if (rv != CKR_OK)
        return rv;
    object = p11_object_new(&s->user, token, class, attrs);
    if (object == NULL)
        return CKR_HOST_MEMORY;
    more = realloc(s->objects, (s->count + 1) * sizeof(*more));
    if (more == NULL) {
        p11_object_free(object);
        return CKR_HOST_MEMORY;
    }
    s->objects = more;
    s->objects[s->count++] = object;
    p11_object_set_handle(object, lease->generation, handle);
    return CKR_OK;
}

static CK_RV find_class(struct search *s, struct p11_token *token,
                        const struct p11_class *class,
                        const struct p11_lease *lease)
{
    struct p11_handles found;
    CK_RV rv =
        p11_find(lease, &s->p11->tracer, class, p11_uri_attr(s->uri, CKA_ID),
                 p11_uri_attr(s->uri, CKA_LABEL), &found);

    for (size_t i = 0; rv == CKR_OK && i < found.count; i++)
        rv = keep(s, token, class, found.handles[i], lease);
    free(found.handles);
    return rv;
}

static void forget_from(struct search *s, size_t count)
{
    while (s->count > count)
        p11_object_free(s->objects[--s->count]);
}

static CK_RV find_all(struct search *s, struct p11_token *token, uint64_t *seen)
{
    const size_t before = s->count;
    const struct p11_class *class;
    struct p11_lease lease;
    CK_RV rv;

    *seen = atomic_load(&token->repairs);
    rv = p11_session_lease(token, &s->p11->rules, &s->p11->tracer, &lease);
    if (rv != CKR_OK)
        return rv;
    *seen = atomic_load(&token->repairs);
    for (size_t i = 0; rv == CKR_OK && (class = p11_class_at(i)) != NULL; i++) {
        const size_t so_far = s->count;

        if ((s->classes & class->bit) == 0)
            continue;
        rv = find_class(s, token, class, &lease);
        if (rv == CKR_OK && s->count == so_far &&
            p11_login_is_lost(&lease, &s->p11->tracer, class->private))
            rv = CKR_USER_NOT_LOGGED_IN;
    }
    p11_session_return(&lease, &s->p11->tracer, p11_find_end_of(rv));
    if (rv != CKR_OK)
        forget_from(s, before);
    return rv;
}

static bool wants_login(const struct search *s)
{
    const struct p11_class *class;

    if (s->p11->login != P11_LOGIN_AUTO)
        return s->p11->login == P11_LOGIN_ALWAYS;
    for (size_t i = 0; (class = p11_class_at(i)) != NULL; i++) {
        if (class->private && (s->classes & class->bit) != 0)
            return true;
    }
    return false;
}

static bool wants_public(const struct search *s)
{
    const struct p11_class *class;

    for (size_t i = 0; (class = p11_class_at(i)) != NULL; i++) {
        if (!class->private && (s->classes & class->bit) != 0)
            return true;
    }
    return false;
}

static CK_RV search_token(struct search *s, struct p11_token *token)
{
    bool again = true;
    uint64_t seen = 0;
    CK_RV rv;

    for (;;) {
        rv = p11_attach(s->p11, token);
        if (rv == CKR_OK && wants_login(s)) {
            rv = p11_login(token, &s->user, s->diag);
            if (rv == P11R_PIN_MISSING && wants_public(s)) {
                s->pin_missing = true;
                rv = CKR_OK;
            }
            if (rv != CKR_OK)
                return rv;
        }
        if (rv == CKR_OK)
            rv = find_all(s, token, &seen);
        if (rv == CKR_OK || !again || !p11_recover(s->p11, token, rv, seen))
            break;
        again = false;
    }
    if (rv != CKR_OK)
        (void)p11_diag_rv(s->diag, rv, "token", token->label);
    return rv;
}

/* ---- memory ------------------------------------------------------------ */

static bool one_class(unsigned classes)
{
    return classes != 0 && (classes & (classes - 1)) == 0;
}

/* One attribute read tells whether the object is still what it was. */
static bool confirmed(struct p11_object *object)
{
    const struct p11_tracer *tracer = &object->p11->tracer;
    struct p11_token *token = object->token;
    struct p11_attrs *attrs = NULL;
    struct p11_lease lease;
    CK_OBJECT_HANDLE handle;
    bool same = false;
    CK_RV rv;

    if (!atomic_load(&token->present) ||
        !p11_object_handle(object, atomic_load(&token->generation), &handle))
        return false;
    rv = p11_session_lease(token, &object->p11->rules, tracer, &lease);
    if (rv != CKR_OK)
        return false;
    if (p11_object_handle(object, lease.generation, &handle)) {
        rv = p11_read(&lease, tracer, object->class, handle, &attrs);
        same = rv == CKR_OK && p11_object_is(object, attrs, false);
        p11_attrs_free(attrs);
    }
    p11_session_return(&lease, tracer, p11_find_end_of(rv));
    return same;
}

static bool recall(struct search *s)
{
    struct p11_object **objects;
    struct p11_object *object;

    if (!one_class(s->classes))
        return false;
    object = p11_memory_find(&s->p11->memory, p11_uri_key(s->uri), s->classes);
    if (object == NULL)
        return false;
    objects = calloc(1, sizeof(struct p11_object *));
    if (objects == NULL || !confirmed(object)) {
        p11_memory_forget(&s->p11->memory, object);
        p11_object_free(object);
        free(objects);
        return false;
    }
    objects[0] = object;
    s->objects = objects;
    s->count = 1;
    return true;
}

/* ---- the whole --------------------------------------------------------- */

static CK_RV none(const struct search *s, const struct p11_tokens *tokens)
{
    if (tokens->count == 0 && tokens->unseen != CKR_OK)
        return p11_diag_rv(s->diag, tokens->unseen, "slots for",
                           p11_uri_key(s->uri));
    if (tokens->count == 0)
        return p11_diag_set(s->diag, P11R_NO_TOKEN, "'%s': no token matches%s",
                            p11_uri_key(s->uri),
                            p11_uri_unknown(s->uri)
                                ? ": an attribute is not one of RFC 7512"
                                : "");
    if (s->pin_missing)
        return p11_diag_set(s->diag, P11R_PIN_MISSING,
                            "'%s': nothing public matches, and for private "
                            "objects no source has a PIN",
                            p11_uri_key(s->uri));
    return p11_diag_set(s->diag, P11R_NO_OBJECT,
                        "'%s': no such object in token '%s'",
                        p11_uri_key(s->uri), tokens->tokens[0]->label);
}

/* Tokens that could take a PIN: with several, only one that is meant for a
 * token is sent to it. */
static bool several_take_pins(const struct p11_tokens *tokens)
{
    const CK_FLAGS wanted = CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED;
    size_t count = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        if ((tokens->tokens[i]->info.flags & wanted) == wanted)
            count++;
    }
    return count > 1;
}

static CK_RV search_all(struct search *s)
{
    struct p11_tokens tokens;
    CK_RV rv = p11_tokens_find(s->p11, s->uri, false, &tokens, s->diag);
    CK_RV first = CKR_OK;

    if (rv != CKR_OK)
        goto out;
    s->user.named = p11_uri_narrows(s->uri) || !several_take_pins(&tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        if ((tokens.tokens[i]->info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        rv = search_token(s, tokens.tokens[i]);
        if (first == CKR_OK)
            first = rv;
    }
    rv = s->count > 0 ? CKR_OK : first;
    if (rv == CKR_OK && s->count == 0)
        rv = none(s, &tokens);
    if (rv == CKR_OK && s->count == 1 && one_class(s->classes))
        p11_memory_add(&s->p11->memory, p11_uri_key(s->uri), s->classes,
                       s->objects[0]);
out:
    free(tokens.tokens);
    return rv;
}

/* What is looked for: the caller's classes, the URI's type=, or both. */
static unsigned classes_of(const struct p11_uri *uri, unsigned classes)
{
    const unsigned all = P11_PRIVATE_KEY | P11_PUBLIC_KEY | P11_CERTIFICATE |
                         P11_SECRET_KEY | P11_DATA;
    const unsigned type = p11_uri_class(uri);

    if (classes == 0)
        classes = all;
    return type != 0 ? classes & type : classes;
}

CK_RV p11_search(struct p11 *p11, const char *uri, unsigned classes,
                 const struct p11_pin_callback *pin, p11_object_fn *each,
                 void *arg, struct p11_diag *diag)
{
    struct search s = {.p11 = p11, .diag = diag};
    bool more = true;
    CK_RV rv = p11_uri_parse(uri, &s.uri, diag);

    if (rv != CKR_OK)
        return rv;
    s.classes = classes_of(s.uri, classes);
    s.user = (struct p11_user){.p11 = p11,
                               .uri_value = p11_uri_pin_value(s.uri),
                               .uri_source = p11_uri_pin_source(s.uri),
                               .named = p11_uri_narrows(s.uri),
                               .callback = pin,
                               .since_us = p11_gate_now_us()};
    if (s.classes == 0)
        rv = p11_diag_set(diag, P11R_NO_OBJECT,
                          "'%s': objects of this type are not looked for here",
                          p11_uri_key(s.uri));
    else if (p11_uri_unknown(s.uri) || !recall(&s))
        rv = search_all(&s);
    for (size_t i = 0; rv == CKR_OK && i < s.count && more; i++)
        more = each(arg, s.objects[i]);
    forget_from(&s, 0);
    free(s.objects);
    p11_uri_free(s.uri);
    return rv;
}
