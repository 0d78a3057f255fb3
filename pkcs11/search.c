/* SPDX-License-Identifier: Apache-2.0 */
/* p11_search: modules, tokens, login, objects; and what it remembers. */
#include "tokens.h"

#include "candidates.h"
#include "diag.h"
#include "object.h"
#include "recover.h"

#include <stdlib.h>
#include <string.h>

struct search {
    struct p11 *p11;
    struct p11_uri *uri;
    unsigned classes;
    CK_ATTRIBUTE
    wanted[P11_FIND_MAX]; /* borrowed values; of the URI and of match */
    CK_ULONG wanted_count;
    bool narrowed; /* by more than the URI */
    bool every;    /* a listing */
    struct p11_user user;
    struct p11_diag *diag;
    struct p11_object **objects;
    size_t count;
    bool unveil; /* second round: public classes may hold private objects */
    bool pin_missing; /* some token was seen without its private objects */
};

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

/* A serial number is to be stored as its DER; some tokens hold the number's
 * octets alone. False where nothing asks for one, or the DER is not plain. */
static bool bare_serial(CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        const uint8_t *der = wanted[i].pValue;
        const CK_ULONG len = wanted[i].ulValueLen;

        if (wanted[i].type != CKA_SERIAL_NUMBER)
            continue;
        if (len < 3 || len > 0x7f + 2 || der[0] != 0x02 || der[1] != len - 2)
            return false;
        wanted[i].pValue = (uint8_t *)wanted[i].pValue + 2;
        wanted[i].ulValueLen -= 2;
        return true;
    }
    return false;
}

static CK_RV find_class(struct search *s, struct p11_token *token,
                        const struct p11_class *class,
                        const struct p11_lease *lease)
{
    const struct p11_tracer *tracer = &s->p11->tracer;
    CK_ATTRIBUTE wanted[P11_FIND_MAX];
    struct p11_handles found;
    CK_RV rv =
        p11_find_more(lease, tracer, class, s->wanted, s->wanted_count, &found);

    memcpy(wanted, s->wanted, sizeof(wanted));
    if (rv == CKR_OK && found.count == 0 &&
        bare_serial(wanted, s->wanted_count)) {
        free(found.handles);
        rv = p11_find_more(lease, tracer, class, wanted, s->wanted_count,
                           &found);
    }
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
    if (s->unveil)
        return true;
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

/* Certificates and data may be private too. After a miss they are looked for
 * as the user, where a PIN is at hand; people are asked for one only where data
 * alone are sought, which usually are private. */
static bool unveils(struct search *s)
{
    if (s->p11->login != P11_LOGIN_AUTO || wants_login(s))
        return false;
    if (s->classes != P11_DATA)
        s->user.callback = NULL;
    s->unveil = true;
    return true;
}

/* The first round may have seen less than there is. */
static bool may_hide(struct p11_token *token)
{
    bool logged_in;

    (void)pthread_mutex_lock(&token->lock);
    logged_in = token->logged_in;
    (void)pthread_mutex_unlock(&token->lock);
    return !logged_in && (token->info.flags & CKF_LOGIN_REQUIRED) != 0;
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
                s->pin_missing = !s->unveil || s->classes == P11_DATA;
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

/* One attribute read, or two where the numbers are in another object, tell
 * whether the object is still what it was. */
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
        if (same)
            same = p11_object_half_is(object, &lease, &rv);
    }
    p11_session_return(&lease, tracer, p11_find_end_of(rv));
    return same;
}

static bool recall(struct search *s)
{
    struct p11_object **objects;
    struct p11_object *object;

    if (!one_class(s->classes) || s->narrowed)
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
        return p11_tokens_none(s->uri, s->diag);
    if (s->pin_missing)
        return p11_diag_set(s->diag, P11R_PIN_MISSING,
                            "'%s': nothing public matches, and for private "
                            "objects no source has a PIN",
                            p11_uri_key(s->uri));
    return p11_diag_set(s->diag, P11R_NO_OBJECT,
                        "'%s': no such object in token '%s'",
                        p11_uri_key(s->uri), tokens->tokens[0]->label);
}

/* Of several tokens that could take a PIN, only one that is meant for a token
 * is sent to it. */
static void tell_pins(struct search *s, const struct p11_tokens *tokens)
{
    const CK_FLAGS wanted = CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED;
    size_t count = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        if ((tokens->tokens[i]->info.flags & wanted) == wanted)
            count++;
    }
    s->user.named = p11_uri_narrows(s->uri) || count <= 1;
}

/* Not initialised, or nameless without being asked for: nothing of anybody's is
 * in it, and some modules answer every call to it with an error. */
static bool is_blank(const struct search *s, const struct p11_token *token)
{
    const bool blank = (token->info.flags & CKF_TOKEN_INITIALIZED) == 0 ||
                       (token->label[0] == '\0' && !p11_uri_narrows(s->uri));

    if (blank)
        p11_note(&s->p11->tracer, CKR_OK,
                 "token '%s' in slot %lu of '%.40s' is passed over: blank",
                 token->label, atomic_load(&token->slot), token->module->name);
    return blank;
}

/* The first token's error, if any; others are searched all the same. */
static CK_RV search_each(struct search *s, const struct p11_tokens *tokens)
{
    CK_RV first = CKR_OK;

    for (size_t i = 0; i < tokens->count; i++) {
        struct p11_token *token = tokens->tokens[i];
        CK_RV rv;

        if (is_blank(s, token) || (s->unveil && !may_hide(token)))
            continue;
        rv = search_token(s, token);
        if (rv != CKR_OK)
            p11_note(&s->p11->tracer, rv, "token '%s' is passed over",
                     token->label);
        if (first == CKR_OK)
            first = rv;
    }
    return s->count > 0 ? CKR_OK : first;
}

/* Tokens that were put in since the slots were looked at, and are not among
 * those that were searched. */
static CK_RV search_new(struct search *s, const struct p11_tokens *searched)
{
    struct p11_tokens found;
    size_t count = 0;
    CK_RV rv = p11_tokens_find(s->p11, s->uri, P11_LOOK_MISS, &found, s->diag);

    if (rv == CKR_OK)
        tell_pins(s, &found);
    for (size_t i = 0; i < found.count; i++) {
        bool old = false;

        for (size_t k = 0; k < searched->count && !old; k++)
            old = searched->tokens[k] == found.tokens[i];
        if (!old)
            found.tokens[count++] = found.tokens[i];
    }
    found.count = count;
    if (rv == CKR_OK && count > 0)
        rv = search_each(s, &found);
    free(found.tokens);
    return rv;
}

static CK_RV search_all(struct search *s)
{
    struct p11_tokens tokens;
    CK_RV rv =
        p11_tokens_find(s->p11, s->uri, P11_LOOK_LATER, &tokens, s->diag);

    if (rv != CKR_OK)
        goto out;
    tell_pins(s, &tokens);
    rv = search_each(s, &tokens);
    if (rv == CKR_OK && s->count == 0 && tokens.count > 0)
        rv = search_new(s, &tokens);
    if (rv == CKR_OK && s->count == 0 && unveils(s))
        rv = search_each(s, &tokens);
    if (rv == CKR_OK && s->count == 0)
        rv = none(s, &tokens);
    if (rv == CKR_OK && s->classes == P11_PRIVATE_KEY && !s->every)
        rv = p11_candidates_judge(s->objects, s->count, s->diag);
    if (rv == CKR_OK && s->count == 1 && one_class(s->classes) && !s->narrowed)
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

/* Adds one more attribute; false where another value is asked for already. */
static bool want(struct search *s, CK_ATTRIBUTE_TYPE type, const void *value,
                 size_t len)
{
    const CK_ATTRIBUTE attr = {type, (void *)(uintptr_t)value, len};

    if (value == NULL)
        return true;
    for (CK_ULONG i = 0; i < s->wanted_count; i++) {
        if (s->wanted[i].type == type)
            return p11_attr_equal(&s->wanted[i], &attr);
    }
    s->wanted[s->wanted_count++] = attr;
    return true;
}

/* What is looked for: the URI's id= and object=, and match. False where these
 * exclude each other. */
static bool want_all(struct search *s, const struct p11_match *match)
{
    static const CK_ATTRIBUTE_TYPE names[] = {CKA_ID, CKA_LABEL};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const CK_ATTRIBUTE *attr = p11_uri_attr(s->uri, names[i]);

        if (attr != NULL)
            s->wanted[s->wanted_count++] = *attr;
    }
    if (match == NULL)
        return true;
    if (match->subject != NULL || match->issuer != NULL ||
        match->serial != NULL)
        s->classes &= P11_CERTIFICATE;
    s->narrowed = true;
    return want(s, CKA_ID, match->id, match->id_len) &&
           want(s, CKA_LABEL, match->label,
                match->label != NULL ? strlen(match->label) : 0) &&
           want(s, CKA_SUBJECT, match->subject, match->subject_len) &&
           want(s, CKA_ISSUER, match->issuer, match->issuer_len) &&
           want(s, CKA_SERIAL_NUMBER, match->serial, match->serial_len);
}

CK_RV p11_search_match(struct p11 *p11, const char *uri, unsigned classes,
                       const struct p11_match *match,
                       const struct p11_pin_callback *pin, p11_object_fn *each,
                       void *arg, struct p11_diag *diag)
{
    struct search s = {.p11 = p11, .diag = diag};
    bool more = true;
    CK_RV rv = p11_uri_parse(uri, &s.uri, diag);

    if (rv != CKR_OK)
        return rv;
    s.every = (classes & P11_EVERY) != 0;
    s.classes = classes_of(s.uri, classes & ~(unsigned)P11_EVERY);
    s.user = (struct p11_user){.p11 = p11,
                               .uri_value = p11_uri_pin_value(s.uri),
                               .uri_source = p11_uri_pin_source(s.uri),
                               .named = p11_uri_narrows(s.uri),
                               .callback = pin,
                               .since_us = p11_gate_now_us()};
    if (!want_all(&s, match) || s.classes == 0)
        rv = p11_diag_set(diag, P11R_NO_OBJECT,
                          "'%s': objects of this type or name are not looked "
                          "for here",
                          p11_uri_key(s.uri));
    else if (p11_uri_unknown(s.uri) || !recall(&s))
        rv = search_all(&s);
    if (rv == CKR_OK && diag != NULL)
        diag->text[0] = '\0'; /* of tokens that did not matter */
    for (size_t i = 0; rv == CKR_OK && i < s.count && more; i++)
        more = each(arg, s.objects[i]);
    forget_from(&s, 0);
    free(s.objects);
    p11_uri_free(s.uri);
    return rv;
}

CK_RV p11_search(struct p11 *p11, const char *uri, unsigned classes,
                 const struct p11_pin_callback *pin, p11_object_fn *each,
                 void *arg, struct p11_diag *diag)
{
    return p11_search_match(p11, uri, classes, NULL, pin, each, arg, diag);
}
