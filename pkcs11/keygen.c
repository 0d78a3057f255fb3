/* SPDX-License-Identifier: Apache-2.0 */
/* Making pairs, and unmaking those that came out weaker than asked. */
#include "diag.h"
#include "object.h"
#include "own.h"
#include "recover.h"
#include "template.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ID_LEN = 16, LABEL_MAX = 256 };

struct making {
    struct p11 *p11;
    const struct p11_keygen *keygen;
    struct p11_diag *diag;
    struct p11_uri *uri;
    struct p11_token *token;
    struct p11_user user;
    struct p11_names names;
    uint8_t id[P11_ID_MAX];
    char label[LABEL_MAX + 1];
    struct p11_lease own; /* the session that does it all */
    bool tried;           /* there may be a new pair */
    CK_OBJECT_HANDLE public_key, private_key;
    struct p11_birth birth;
};

/* ---- names ------------------------------------------------------------- */

static CK_RV take_id(struct making *m)
{
    const CK_ATTRIBUTE *by_uri = p11_uri_attr(m->uri, CKA_ID);
    const void *id = by_uri != NULL ? by_uri->pValue : NULL;
    size_t len = by_uri != NULL ? by_uri->ulValueLen : 0;

    if (m->keygen->id_len > 0) {
        id = m->keygen->id;
        len = m->keygen->id_len;
    }
    if (len > sizeof(m->id))
        return p11_diag_set(m->diag, CKR_ARGUMENTS_BAD,
                            "a key's id has at most %d octets", P11_ID_MAX);
    if (len > 0)
        memcpy(m->id, id, len);
    else if (getrandom(m->id, ID_LEN, 0) != ID_LEN)
        return p11_diag_set(m->diag, CKR_FUNCTION_FAILED,
                            "no random octets for the key's id");
    m->names.id = m->id;
    m->names.id_len = len > 0 ? len : ID_LEN;
    return CKR_OK;
}

static CK_RV take_label(struct making *m)
{
    const CK_ATTRIBUTE *by_uri = p11_uri_attr(m->uri, CKA_LABEL);
    const void *label = by_uri != NULL ? by_uri->pValue : NULL;
    size_t len = by_uri != NULL ? by_uri->ulValueLen : 0;

    if (m->keygen->label != NULL) {
        label = m->keygen->label;
        len = strlen(m->keygen->label);
    }
    if (len > LABEL_MAX)
        return p11_diag_set(m->diag, CKR_ARGUMENTS_BAD,
                            "a key's label has at most %d octets", LABEL_MAX);
    if (len == 0)
        return CKR_OK;
    memcpy(m->label, label, len);
    m->names.label = m->label;
    return CKR_OK;
}

/* ---- before ------------------------------------------------------------ */

static CK_RV refuse_twin(struct making *m, const struct p11_lease *lease,
                         CK_ATTRIBUTE_TYPE type)
{
    const bool by_id = type == CKA_ID;
    const void *name = by_id ? (const void *)m->names.id : m->names.label;
    const CK_ATTRIBUTE attr = {.type = type,
                               .pValue = (void *)(uintptr_t)name,
                               .ulValueLen =
                                   by_id ? m->names.id_len : strlen(m->label)};
    struct p11_handles found;
    CK_RV rv;

    if (name == NULL)
        return CKR_OK;
    rv = p11_find(lease, &m->p11->tracer, p11_class_of(CKO_PRIVATE_KEY),
                  by_id ? &attr : NULL, by_id ? NULL : &attr, &found);
    free(found.handles);
    if (rv == CKR_OK && found.count > 0)
        return p11_diag_set(m->diag, P11R_EXISTS,
                            "token '%s' has a private key of this %s already",
                            m->token->label, by_id ? "id" : "label");
    return rv;
}

/* In the session that is to make the pair: a second one may be one too many. */
static CK_RV look_for_twins(struct making *m)
{
    CK_RV rv;

    p11_gate_enter();
    rv = refuse_twin(m, &m->own, CKA_ID);
    if (rv == CKR_OK)
        rv = refuse_twin(m, &m->own, CKA_LABEL);
    if (rv == CKR_OK && p11_login_is_lost(&m->own, &m->p11->tracer, true))
        rv = CKR_USER_NOT_LOGGED_IN; /* then nothing was seen */
    p11_gate_leave();
    return rv;
}

/* These are said before anything is done. */
static bool untried(CK_RV rv)
{
    return rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_SESSION_HANDLE_INVALID;
}

/* ---- making ------------------------------------------------------------ */

/* What tokens answer to attributes that they will not have. */
static bool dislikes(CK_RV rv)
{
    static const CK_RV rvs[] = {
        CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
        CKR_ATTRIBUTE_READ_ONLY,    CKR_TEMPLATE_INCONSISTENT,
        CKR_ARGUMENTS_BAD,          CKR_FUNCTION_FAILED,
        CKR_GENERAL_ERROR,          CKR_MECHANISM_INVALID};

    for (size_t i = 0; i < sizeof(rvs) / sizeof(rvs[0]); i++) {
        if (rvs[i] == rv)
            return true;
    }
    return false;
}

static CK_MECHANISM_TYPE generator_of(CK_KEY_TYPE type)
{
    static const struct {
        CK_KEY_TYPE type;
        CK_MECHANISM_TYPE mechanism;
    } rows[] = {{CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN},
                {CKK_EC, CKM_EC_KEY_PAIR_GEN},
                {CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN},
                {CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN},
                {CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN},
                {CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type)
            return rows[i].mechanism;
    }
    return CK_UNAVAILABLE_INFORMATION;
}

static CK_RV generate(struct making *m)
{
    CK_MECHANISM mechanism = {generator_of(m->keygen->key_type), NULL, 0};
    struct p11_template public_key, private_key;
    CK_RV rv = CKR_ATTRIBUTE_TYPE_INVALID;

    p11_template_public(&public_key, m->keygen, &m->names);
    for (enum p11_wish wish = P11_WISH_ALL; wish < P11_WISHES && dislikes(rv);
         wish++) {
        p11_template_private(&private_key, m->keygen, &m->names, wish);
        if (public_key.full || private_key.full)
            return CKR_ARGUMENTS_BAD;
        P11_CALL_PASSING(rv, &m->p11->tracer, m->token->module->fn,
                         C_GenerateKeyPair,
                         (m->own.session, &mechanism, public_key.attrs,
                          public_key.count, private_key.attrs,
                          private_key.count, &m->public_key, &m->private_key));
        m->tried = m->tried || !untried(rv);
        if (!p11_template_narrows(m->keygen))
            break; /* nothing to leave out */
    }
    return rv;
}

static CK_RV read_back(struct making *m)
{
    const struct p11_attr_row *rows;
    struct p11_attrs *attrs = NULL;
    const char *weak;
    size_t count;
    CK_RV rv;

    rows = p11_template_read_rows(&count);
    p11_gate_enter();
    rv = p11_read_rows(&m->own, &m->p11->tracer, rows, count, m->private_key,
                       &attrs);
    p11_gate_leave();
    if (rv != CKR_OK)
        return p11_diag_rv(m->diag, rv, "reading a new key of token",
                           m->token->label);
    weak = p11_template_judge(m->keygen, attrs, &m->birth);
    p11_attrs_free(attrs);
    if (weak != NULL)
        return p11_diag_set(m->diag, P11R_TEMPLATE,
                            "token '%s' made a key whose %s is not as asked "
                            "for; the pair was destroyed",
                            m->token->label, weak);
    return CKR_OK;
}

static CK_RV object_of(struct making *m, struct p11_object **out)
{
    const struct p11_class *class = p11_class_of(CKO_PRIVATE_KEY);
    struct p11_attrs *attrs = NULL;
    CK_RV rv;

    p11_gate_enter();
    rv = p11_read(&m->own, &m->p11->tracer, class, m->private_key, &attrs);
    p11_gate_leave();
    if (rv != CKR_OK)
        return p11_diag_rv(m->diag, rv, "reading a new key of token",
                           m->token->label);
    *out = p11_object_new(&m->user, m->token, class, attrs);
    if (*out == NULL)
        return CKR_HOST_MEMORY;
    p11_object_set_handle(*out, m->own.generation, m->private_key);
    return CKR_OK;
}

/* What is left of the pair. Returns the last error. */
static CK_RV destroy_in(struct making *m, const struct p11_lease *own)
{
    CK_OBJECT_HANDLE *pair[] = {&m->private_key, &m->public_key};
    CK_RV rv, worst = CKR_OK;

    for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
        if (*pair[i] == CK_INVALID_HANDLE)
            continue;
        P11_CALL_PASSING(rv, &m->p11->tracer, m->token->module->fn,
                         C_DestroyObject, (own->session, *pair[i]));
        if (rv == CKR_OK)
            *pair[i] = CK_INVALID_HANDLE;
        else
            worst = rv;
    }
    return worst;
}

/* A handle that is valid now: by the id, which no other private key has. Of
 * several public keys none is known to be ours. */
static CK_RV find_anew(const struct making *m, const struct p11_lease *own,
                       CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *handle)
{
    const CK_ATTRIBUTE id = {CKA_ID, (void *)(uintptr_t)m->names.id,
                             m->names.id_len};
    struct p11_handles found;
    CK_RV rv;

    if (*handle == CK_INVALID_HANDLE)
        return CKR_OK;
    p11_gate_enter();
    rv = p11_find(own, &m->p11->tracer, p11_class_of(class), &id, NULL, &found);
    p11_gate_leave();
    if (rv == CKR_OK)
        *handle = found.count == 1 ? found.handles[0] : CK_INVALID_HANDLE;
    free(found.handles);
    return rv;
}

/* After the session or the login was lost: in another session. */
static CK_RV destroy_anew(struct making *m)
{
    const bool login = m->p11->login != P11_LOGIN_NEVER;
    struct p11_lease own;
    CK_RV rv = p11_own_begin(m->token, &m->user, login, &own, NULL);

    if (rv != CKR_OK)
        return rv;
    rv = find_anew(m, &own, CKO_PRIVATE_KEY, &m->private_key);
    if (rv == CKR_OK)
        rv = find_anew(m, &own, CKO_PUBLIC_KEY, &m->public_key);
    if (rv == CKR_OK)
        rv = destroy_in(m, &own);
    p11_own_end(&own, &m->p11->tracer);
    return rv;
}

static void end_own(struct making *m)
{
    if (m->own.session != CK_INVALID_HANDLE)
        p11_own_end(&m->own, &m->p11->tracer);
}

/* The session that made it goes first: it may be the only one there can be. */
static void destroy(struct making *m)
{
    const uint64_t seen = atomic_load(&m->token->repairs);
    CK_RV rv = destroy_in(m, &m->own);

    if (rv == CKR_OK)
        return;
    p11_own_close(&m->own, &m->p11->tracer);
    m->own.session = CK_INVALID_HANDLE;
    if (p11_recover(m->p11, m->token, rv, seen))
        rv = destroy_anew(m);
    if (rv != CKR_OK)
        (void)p11_diag_set(m->diag, rv,
                           "token '%s': a new key pair is not as asked for "
                           "and could not be destroyed: %s",
                           m->token->label, p11_rv_text(rv));
}

static CK_RV make(struct making *m, struct p11_object **out)
{
    CK_RV rv = generate(m);

    if (rv != CKR_OK)
        return p11_diag_rv(m->diag, rv, "making a key pair in token",
                           m->token->label);
    rv = read_back(m);
    if (rv == CKR_OK)
        rv = object_of(m, out);
    if (rv != CKR_OK)
        destroy(m);
    return rv;
}

static CK_RV attempt(struct making *m, struct p11_object **out)
{
    const bool login = m->p11->login != P11_LOGIN_NEVER;
    CK_RV rv = p11_own_begin(m->token, &m->user, login, &m->own, m->diag);

    if (rv != CKR_OK)
        return rv;
    rv = look_for_twins(m);
    if (rv == CKR_OK)
        rv = make(m, out);
    end_own(m);
    return rv;
}

/* Once more where something was lost before there was a pair. */
static CK_RV run(struct making *m, struct p11_object **out)
{
    const uint64_t seen = atomic_load(&m->token->repairs);
    CK_RV rv = attempt(m, out);

    if (rv == CKR_OK || m->tried || !p11_recover(m->p11, m->token, rv, seen))
        return rv;
    if (m->diag != NULL)
        m->diag->text[0] = '\0';
    return attempt(m, out);
}

CK_RV p11_generate(struct p11 *p11, const struct p11_keygen *keygen,
                   const struct p11_pin_callback *pin, struct p11_object **out,
                   struct p11_birth *birth, struct p11_diag *diag)
{
    struct making m = {.p11 = p11, .keygen = keygen, .diag = diag};
    const uint64_t since_us = p11_gate_now_us();
    CK_RV rv;

    if (!p11_template_can(keygen))
        return p11_diag_set(diag, CKR_ARGUMENTS_BAD,
                            "no key of this type can be as asked for: its "
                            "use, purpose or dates");
    rv = p11_uri_parse(keygen->uri, &m.uri, diag);

    if (rv != CKR_OK)
        return rv;
    rv = take_id(&m);
    if (rv == CKR_OK)
        rv = take_label(&m);
    if (rv == CKR_OK)
        rv = p11_tokens_one(p11, m.uri, &m.token, diag);
    if (rv != CKR_OK)
        goto out;
    m.user = (struct p11_user){.p11 = p11,
                               .uri_value = p11_uri_pin_value(m.uri),
                               .uri_source = p11_uri_pin_source(m.uri),
                               .named = true,
                               .callback = pin,
                               .since_us = since_us};
    rv = run(&m, out);
    if (rv != CKR_OK && diag != NULL && diag->text[0] == '\0')
        (void)p11_diag_rv(diag, rv, "token", m.token->label);
    if (rv == CKR_OK && birth != NULL)
        *birth = m.birth;
out:
    p11_uri_free(m.uri);
    return rv;
}
