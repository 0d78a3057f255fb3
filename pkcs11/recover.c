/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery: one thread puts things right, the others find them so. */
#include "recover.h"

#include "copies.h"

enum { RETRY_US = 100000 }; /* between two looks for a lost token */

/* A thread that makes a copy meanwhile sees the new era, or is waited for. */
static void lost_session(struct p11 *p11, struct p11_token *token)
{
    const uint32_t era = p11_era(atomic_load(&token->generation));

    (void)p11_session_shed(token, &p11->tracer, true);
    p11_token_new_era(token);
    p11_copies_end(token, &p11->tracer, era);
}

static void lost_login(struct p11 *p11, struct p11_token *token)
{
    (void)p11;
    p11_token_new_generation(token, true);
}

/* Private objects have other handles after a logout, or none: does the token
 * still know the user? */
static void lost_handle(struct p11 *p11, struct p11_token *token)
{
    CK_SESSION_INFO info = {.state = CKS_RO_USER_FUNCTIONS};
    struct p11_lease lease;
    CK_RV rv;

    if (p11_session_lease(token, &p11->rules, &p11->tracer, &lease) == CKR_OK) {
        P11_CALL(rv, &p11->tracer, token->module->fn, C_GetSessionInfo,
                 (lease.session, &info));
        p11_session_return(&lease, &p11->tracer, p11_session_end_of(rv));
    }
    p11_token_new_generation(token, info.state == CKS_RO_PUBLIC_SESSION ||
                                        info.state == CKS_RW_PUBLIC_SESSION);
}

/* Where it is there in spite of what it said, nothing of ours stays in it. */
static void lost_token(struct p11 *p11, struct p11_token *token)
{
    lost_session(p11, token);
    /* Where this fails the next step says so. */
    (void)!p11_token_enumerate(token->module, &p11->tracer, 0);
}

static void lost_module(struct p11 *p11, struct p11_token *token)
{
    struct p11_module *module = token->module;

    for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
         t = t->next)
        p11_token_new_era(t);
    p11_module_lost(module);
    if (p11_module_ready(module, &p11->tracer, NULL) == CKR_OK)
        (void)!p11_token_enumerate(module, &p11->tracer, 0);
}

/* What may be the data's fault or the token's: the token is asked. */
static CK_RV ask(struct p11 *p11, struct p11_token *token, CK_RV suspected)
{
    CK_SESSION_INFO session;
    CK_TOKEN_INFO info;
    struct p11_lease lease;
    CK_RV rv = p11_session_lease(token, &p11->rules, &p11->tracer, &lease);

    if (rv != CKR_OK)
        return rv;
    P11_CALL(rv, &p11->tracer, token->module->fn, C_GetSessionInfo,
             (lease.session, &session));
    if (rv == CKR_OK)
        P11_CALL(rv, &p11->tracer, token->module->fn, C_GetTokenInfo,
                 (atomic_load(&token->slot), &info));
    p11_session_return(&lease, &p11->tracer, p11_session_end_of(rv));
    return rv == suspected ? CKR_DEVICE_ERROR : rv;
}

static const struct recovery {
    CK_RV rv;
    void (*repair)(struct p11 *p11, struct p11_token *token);
    bool rarely; /* expensive, and in vain while a token is gone */
} recoveries[] = {
    {CKR_SESSION_HANDLE_INVALID, lost_session, false},
    {CKR_SESSION_CLOSED, lost_session, false},
    {CKR_USER_NOT_LOGGED_IN, lost_login, false},
    {CKR_OBJECT_HANDLE_INVALID, lost_handle, false},
    {CKR_KEY_HANDLE_INVALID, lost_handle, false},
    {CKR_DEVICE_REMOVED, lost_token, true},
    {CKR_TOKEN_NOT_PRESENT, lost_token, true},
    {CKR_TOKEN_NOT_RECOGNIZED, lost_token, true},
    {CKR_SLOT_ID_INVALID, lost_token, true},
    {CKR_DEVICE_ERROR, lost_token, true},
    {CKR_CRYPTOKI_NOT_INITIALIZED, lost_module, true},
};

static const struct recovery *find(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(recoveries) / sizeof(recoveries[0]); i++) {
        if (recoveries[i].rv == rv)
            return &recoveries[i];
    }
    return NULL;
}

bool p11_recover(struct p11 *p11, struct p11_token *token, CK_RV rv,
                 uint64_t seen)
{
    const struct recovery *recovery;
    const uint64_t now = p11_gate_now_us();
    bool mine;

    if (rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED)
        rv = ask(p11, token, rv);
    recovery = find(rv);
    if (recovery == NULL)
        return false;
    (void)pthread_mutex_lock(&token->lock);
    while (token->busy)
        (void)pthread_cond_wait(&token->changed, &token->lock);
    if (atomic_load(&token->repairs) != seen) {
        (void)pthread_mutex_unlock(&token->lock);
        return true; /* another thread was here */
    }
    mine = !recovery->rarely || token->recovered_us == 0 ||
           now - token->recovered_us > RETRY_US;
    if (mine && recovery->rarely)
        token->recovered_us = now;
    token->busy = mine;
    (void)pthread_mutex_unlock(&token->lock);
    if (!mine)
        return false;

    recovery->repair(p11, token);
    atomic_fetch_add(&token->repairs, 1);

    (void)pthread_mutex_lock(&token->lock);
    token->busy = false;
    (void)pthread_cond_broadcast(&token->changed);
    (void)pthread_mutex_unlock(&token->lock);
    return true;
}
