/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in. */
#include "login.h"

#include "diag.h"
#include "vault.h"

/* ---- refused PINs ------------------------------------------------------ */

static bool was_refused(struct p11_token *token, uint64_t mark)
{
    bool found = false;

    (void)pthread_mutex_lock(&token->lock);
    for (size_t i = 0; i < sizeof(token->refused) / sizeof(uint64_t); i++)
        found = found || token->refused[i] == mark;
    (void)pthread_mutex_unlock(&token->lock);
    return found;
}

static bool is_refusal(CK_RV rv)
{
    return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID ||
           rv == CKR_PIN_LEN_RANGE;
}

static void remember(struct p11_token *token, CK_RV rv, uint64_t mark)
{
    const size_t rows = sizeof(token->refused) / sizeof(uint64_t);

    (void)pthread_mutex_lock(&token->lock);
    token->tried_us = p11_gate_now_us();
    (void)pthread_mutex_unlock(&token->lock);
    if (!is_refusal(rv))
        return;
    (void)pthread_mutex_lock(&token->lock);
    if (mark != 0)
        token->refused[token->refused_count++ % rows] = mark;
    (void)pthread_mutex_unlock(&token->lock);
}

/* ---- before it --------------------------------------------------------- */

/* What the token's flags say of logging in. */
static CK_RV allowed(CK_FLAGS flags)
{
    static const struct {
        CK_FLAGS flag;
        CK_RV rv;
    } rows[] = {{CKF_USER_PIN_LOCKED, CKR_PIN_LOCKED},
                {CKF_USER_PIN_FINAL_TRY, P11R_PIN_FINAL_TRY},
                {CKF_USER_PIN_TO_BE_CHANGED, CKR_PIN_EXPIRED}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((flags & rows[i].flag) != 0)
            return rows[i].rv;
    }
    return CKR_OK;
}

/* What the same search has just read serves once, unless a PIN was sent since:
 * a wrong one may have left the token its last try. */
static bool just_seen(struct p11_token *token, uint64_t since_us,
                      CK_FLAGS *flags)
{
    enum { FRESH_US = 1000000 };
    bool fresh;

    (void)pthread_mutex_lock(&token->lock);
    fresh = since_us != 0 && token->seen_us >= since_us &&
            token->seen_us > token->tried_us &&
            p11_gate_now_us() - token->seen_us < FRESH_US;
    *flags = token->seen_flags;
    token->seen_us = 0;
    (void)pthread_mutex_unlock(&token->lock);
    return fresh;
}

static CK_RV fresh_flags(struct p11_token *token,
                         const struct p11_tracer *tracer, CK_FLAGS *flags)
{
    CK_TOKEN_INFO info;
    CK_RV rv;

    P11_CALL_PASSING(rv, tracer, token->module->fn, C_GetTokenInfo,
                     (atomic_load(&token->slot), &info));
    if (rv != CKR_OK)
        return rv;
    if (!p11_token_same(&info, &token->info))
        return CKR_TOKEN_NOT_PRESENT; /* another one: no PIN for it */
    *flags = info.flags;
    return CKR_OK;
}

/* Where the PIN of one login came from. */
enum origin { SET, KEPT, ASKED };

static CK_RV set_pin(struct p11_token *token, const struct p11_user *user,
                     struct p11_pin *pin, bool *found, struct p11_diag *diag)
{
    const char *credentials = user->p11->credentials;
    const char *source = NULL;

    *found = true;
    if (user->named && user->uri_value != NULL)
        return p11_pin_take(user->uri_value, pin, diag);
    if (user->named)
        source = user->uri_source;
    if (source == NULL)
        source = p11_configured_pin(user->p11, token, user->named);
    *found = source != NULL;
    return *found ? p11_pin_read(source, credentials, pin, diag) : CKR_OK;
}

static CK_RV get_pin(struct p11_token *token, const struct p11_user *user,
                     const char *object_label, struct p11_pin *pin,
                     enum origin *origin, struct p11_diag *diag)
{
    const struct p11_pin_request request = {.token_label = token->label,
                                            .token_serial = token->serial,
                                            .object_label = object_label,
                                            .context_specific =
                                                object_label != NULL};
    bool found = false;
    CK_RV rv = set_pin(token, user, pin, &found, diag);

    *origin = SET;
    if (rv == CKR_OK && !found) {
        *origin = KEPT;
        found = p11_vault_get(user->p11, token, pin);
        if (found && was_refused(token, p11_pin_mark(pin))) {
            p11_vault_drop(user->p11, token); /* it was changed meanwhile */
            found = false;
        }
    }
    if (rv == CKR_OK && !found) {
        *origin = ASKED;
        rv = p11_pin_ask(user->callback, &request, pin);
    }
    if (rv == CKR_OK && was_refused(token, p11_pin_mark(pin)))
        rv = CKR_PIN_INCORRECT;
    return rv;
}

/* A PIN that the token took is kept, one that it refused no more. */
static void keep_pin(struct p11_token *token, const struct p11 *p11,
                     const struct p11_pin *pin, enum origin origin, CK_RV rv)
{
    if (origin == ASKED && rv == CKR_OK && p11->pin_cache)
        p11_vault_keep(p11, token, pin);
    if (origin == KEPT && is_refusal(rv))
        p11_vault_drop(p11, token);
}

/* ---- user login -------------------------------------------------------- */

/* The user's own session under a pass of the gate, or a leased one. */
static CK_RV take_session(struct p11_token *token, const struct p11_user *user,
                          struct p11_lease *lease)
{
    if (user->own == NULL)
        return p11_session_lease(token, &user->p11->rules, &user->p11->tracer,
                                 lease);
    p11_gate_enter();
    *lease = *user->own;
    return CKR_OK;
}

static void give_session(const struct p11_user *user, struct p11_lease *lease,
                         CK_RV rv)
{
    if (user->own == NULL)
        p11_session_return(lease, &user->p11->tracer, p11_session_end_of(rv));
    else
        p11_gate_leave();
}

static CK_RV send_pin(struct p11_token *token, const struct p11_user *user,
                      struct p11_pin *pin)
{
    const struct p11_tracer *tracer = &user->p11->tracer;
    const uint64_t mark = pin != NULL ? p11_pin_mark(pin) : 0;
    struct p11_lease lease;
    CK_RV rv = take_session(token, user, &lease);

    if (rv != CKR_OK)
        return rv;
    P11_CALL(rv, tracer, token->module->fn, C_Login,
             (lease.session, CKU_USER,
              pin != NULL ? (CK_UTF8CHAR *)pin->pin : NULL,
              pin != NULL ? pin->len : 0));
    give_session(user, &lease, rv);
    remember(token, rv, mark);
    return rv;
}

/* A lost session says nothing about the PIN: that is tried once more. */
static CK_RV send_pin_twice(struct p11_token *token,
                            const struct p11_user *user, struct p11_pin *pin)
{
    CK_RV rv = send_pin(token, user, pin);

    if ((rv != CKR_SESSION_HANDLE_INVALID && rv != CKR_SESSION_CLOSED) ||
        user->own != NULL)
        return rv;
    (void)p11_session_shed(token, &user->p11->tracer, true);
    p11_token_new_era(token);
    return send_pin(token, user, pin);
}

/* After a lost session the token may still know the user. */
static bool still_logged_in(struct p11_token *token,
                            const struct p11_user *user)
{
    const struct p11_tracer *tracer = &user->p11->tracer;
    CK_SESSION_INFO info = {.state = CKS_RO_PUBLIC_SESSION};
    struct p11_lease lease;
    CK_RV rv;

    if (!token->was_logged_in)
        return false;
    if (take_session(token, user, &lease) != CKR_OK)
        return false;
    P11_CALL(rv, tracer, token->module->fn, C_GetSessionInfo,
             (lease.session, &info));
    give_session(user, &lease, rv);
    return rv == CKR_OK && (info.state == CKS_RO_USER_FUNCTIONS ||
                            info.state == CKS_RW_USER_FUNCTIONS);
}

/* asked: people had to do with it. */
static CK_RV login_by_pin(struct p11_token *token, const struct p11_user *user,
                          bool *asked, struct p11_diag *diag)
{
    struct p11_pin pin = {.len = 0};
    enum origin origin = SET;
    CK_RV rv = get_pin(token, user, NULL, &pin, &origin, diag);

    *asked = origin == ASKED;
    if (rv == CKR_OK) {
        rv = send_pin_twice(token, user, &pin);
        keep_pin(token, user->p11, &pin, origin, rv);
    }
    p11_pin_wipe(&pin);
    return rv;
}

/* This thread alone does it. */
static CK_RV login_alone(struct p11_token *token, const struct p11_user *user,
                         bool *asked, struct p11_diag *diag)
{
    CK_FLAGS flags = 0;
    CK_RV rv = CKR_OK;

    if (!just_seen(token, user->since_us, &flags))
        rv = fresh_flags(token, &user->p11->tracer, &flags);
    if (rv != CKR_OK || (flags & CKF_LOGIN_REQUIRED) == 0)
        return rv;
    (void)pthread_mutex_lock(&token->lock);
    token->takes_login = true;
    (void)pthread_mutex_unlock(&token->lock);
    if (still_logged_in(token, user))
        return CKR_OK;
    rv = allowed(flags);
    if (rv != CKR_OK)
        return rv;
    *asked = (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    rv = *asked ? send_pin_twice(token, user, NULL)
                : login_by_pin(token, user, asked, diag);
    return rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv;
}

/* Waits until this thread may log in. False where nothing is to be done: the
 * user is logged in, or people were asked meanwhile for this thread, too, and
 * would only be asked again: *rv. */
static bool take_turn(struct p11_token *token, bool would_ask, CK_RV *rv)
{
    uint64_t prompts;
    bool mine;

    (void)pthread_mutex_lock(&token->lock);
    prompts = token->prompts;
    while (token->busy)
        (void)pthread_cond_wait(&token->changed, &token->lock);
    mine = !token->logged_in;
    *rv = CKR_OK;
    if (mine && would_ask && token->prompts != prompts) {
        mine = false;
        *rv = token->prompted;
    }
    token->busy = token->busy || mine;
    (void)pthread_mutex_unlock(&token->lock);
    return mine;
}

static bool would_ask(struct p11_token *token, const struct p11_user *user)
{
    return (!user->named ||
            (user->uri_value == NULL && user->uri_source == NULL)) &&
           p11_configured_pin(user->p11, token, user->named) == NULL;
}

static bool is_logged_in(struct p11_token *token)
{
    bool logged_in;

    (void)pthread_mutex_lock(&token->lock);
    logged_in = token->logged_in && !token->busy;
    (void)pthread_mutex_unlock(&token->lock);
    return logged_in;
}

CK_RV p11_login(struct p11_token *token, const struct p11_user *user,
                struct p11_diag *diag)
{
    struct p11_diag why = {""};
    bool asked = false;
    CK_RV rv;

    if (is_logged_in(token))
        return CKR_OK;
    if (take_turn(token, would_ask(token, user), &rv)) {
        rv = login_alone(token, user, &asked, &why);
        (void)pthread_mutex_lock(&token->lock);
        token->logged_in = rv == CKR_OK;
        token->was_logged_in = token->was_logged_in || token->logged_in;
        if (asked && rv != CKR_OK) {
            token->prompts++;
            token->prompted = rv;
        }
        token->busy = false;
        (void)pthread_cond_broadcast(&token->changed);
        (void)pthread_mutex_unlock(&token->lock);
    }
    if (rv == CKR_OK)
        return CKR_OK;
    if (why.text[0] != '\0')
        return p11_diag_set(diag, rv, "token '%s': %s", token->label, why.text);
    return p11_diag_rv(diag, rv, "token", token->label);
}

bool p11_login_is_lost(const struct p11_lease *lease,
                       const struct p11_tracer *tracer, bool private)
{
    struct p11_token *token = lease->token;
    CK_SESSION_INFO info = {.state = CKS_RO_USER_FUNCTIONS};
    bool believed;
    CK_RV rv;

    (void)pthread_mutex_lock(&token->lock);
    believed = token->logged_in && token->takes_login;
    (void)pthread_mutex_unlock(&token->lock);
    if (!private || !believed)
        return false;
    P11_CALL(rv, tracer, token->module->fn, C_GetSessionInfo,
             (lease->session, &info));
    return rv == CKR_OK && (info.state == CKS_RO_PUBLIC_SESSION ||
                            info.state == CKS_RW_PUBLIC_SESSION);
}

/* ---- login for one signature ------------------------------------------- */

CK_RV p11_login_context_pin(struct p11_token *token,
                            const struct p11_user *user,
                            const char *object_label, struct p11_pin *pin,
                            bool *on_token)
{
    enum origin origin;
    CK_FLAGS flags = 0;
    CK_RV rv = fresh_flags(token, &user->p11->tracer, &flags);

    pin->len = 0;
    *on_token = (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    if (rv == CKR_OK)
        rv = allowed(flags);
    if (rv != CKR_OK || *on_token)
        return rv;
    return get_pin(token, user, object_label, pin, &origin, NULL);
}

CK_RV p11_login_context(const struct p11_lease *lease,
                        const struct p11_tracer *tracer, struct p11_pin *pin,
                        bool on_token)
{
    const uint64_t mark = p11_pin_mark(pin);
    CK_RV rv;

    P11_CALL(rv, tracer, lease->token->module->fn, C_Login,
             (lease->session, CKU_CONTEXT_SPECIFIC,
              on_token ? NULL : (CK_UTF8CHAR *)pin->pin, pin->len));
    p11_pin_wipe(pin);
    remember(lease->token, rv, on_token ? 0 : mark);
    return rv;
}
