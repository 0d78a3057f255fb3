/* SPDX-License-Identifier: Apache-2.0 */
/* Initialising a token: label, SO PIN, user PIN. */
#include "diag.h"
#include "own.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

/* The token a URI names; without one the first that is not initialised. */
static CK_RV choose(struct p11 *p11, const struct p11_uri *uri,
                    struct p11_token **out, struct p11_diag *diag)
{
    struct p11_tokens tokens;
    CK_RV rv;

    if (uri != NULL)
        return p11_tokens_one(p11, uri, out, diag);
    rv = p11_tokens_find(p11, NULL, P11_LOOK_NOW, &tokens, diag);
    *out = NULL;
    for (size_t i = 0; rv == CKR_OK && *out == NULL && i < tokens.count; i++) {
        if ((tokens.tokens[i]->info.flags & CKF_TOKEN_INITIALIZED) == 0)
            *out = tokens.tokens[i];
    }
    free(tokens.tokens);
    if (rv == CKR_OK && *out == NULL)
        rv = p11_diag_set(diag, P11R_NO_TOKEN,
                          "there is no token that is not initialised");
    return rv;
}

/* PINs are borrowed from the caller, who wipes them. */
static CK_RV set_pin(struct p11 *p11, struct p11_token *token,
                     const char *so_pin, const char *pin)
{
    const CK_FUNCTION_LIST *fn = token->module->fn;
    struct p11_lease own;
    CK_RV rv = p11_own_open(token, p11, &own);

    if (rv != CKR_OK)
        return rv;
    P11_CALL_PASSING(rv, &p11->tracer, fn, C_Login,
                     (own.session, CKU_SO, (CK_UTF8CHAR_PTR)(uintptr_t)so_pin,
                      strlen(so_pin)));
    if (rv == CKR_OK) {
        CK_RV out;

        P11_CALL_PASSING(
            rv, &p11->tracer, fn, C_InitPIN,
            (own.session, (CK_UTF8CHAR_PTR)(uintptr_t)pin, strlen(pin)));
        P11_CALL_PASSING(out, &p11->tracer, fn, C_Logout, (own.session));
        if (rv == CKR_OK)
            rv = out;
    }
    p11_own_close(&own, &p11->tracer);
    return rv;
}

static CK_RV init(struct p11 *p11, struct p11_token *token, const char *label,
                  const char *so_pin, const char *pin)
{
    unsigned char padded[32];
    CK_RV rv;

    memset(padded, ' ', sizeof(padded));
    memcpy(padded, label, strlen(label));
    (void)p11_session_shed(token, &p11->tracer, true);
    P11_CALL_PASSING(rv, &p11->tracer, token->module->fn, C_InitToken,
                     (atomic_load(&token->slot),
                      (CK_UTF8CHAR_PTR)(uintptr_t)so_pin, strlen(so_pin),
                      padded));
    p11_token_new_era(token);
    return rv == CKR_OK ? set_pin(p11, token, so_pin, pin) : rv;
}

CK_RV p11_token_init(struct p11 *p11, const char *uri, const char *label,
                     const char *so_pin, const char *pin, bool reinit,
                     struct p11_diag *diag)
{
    struct p11_token *token = NULL;
    struct p11_uri *parsed = NULL;
    CK_RV rv;

    if (label[0] == '\0' || strlen(label) > 32)
        return p11_diag_set(diag, CKR_ARGUMENTS_BAD,
                            "a token's label has 1 to 32 octets");
    if (uri != NULL) {
        rv = p11_uri_parse(uri, &parsed, diag);
        if (rv != CKR_OK)
            return rv;
    }
    rv = choose(p11, parsed, &token, diag);
    if (rv != CKR_OK)
        goto out;
    if (!reinit && (token->info.flags & CKF_TOKEN_INITIALIZED) != 0) {
        rv = p11_diag_set(diag, P11R_EXISTS,
                          "token '%s' is initialised already; its objects "
                          "would be lost",
                          token->label);
        goto out;
    }
    rv = init(p11, token, label, so_pin, pin);
    if (rv != CKR_OK) {
        (void)p11_diag_rv(diag, rv, "initialising token", label);
        goto out;
    }
    /* It is another token now, maybe in another slot. */
    rv = p11_token_enumerate(token->module, &p11->tracer, 0);
    if (rv != CKR_OK)
        (void)p11_diag_rv(diag, rv, "token", label);
out:
    p11_uri_free(parsed);
    return rv;
}
