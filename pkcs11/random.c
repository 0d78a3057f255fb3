/* SPDX-License-Identifier: Apache-2.0 */
/* Random octets of a token. */
#include "diag.h"
#include "handle.h"
#include "recover.h"
#include "session.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

static CK_RV attempt(struct p11 *p11, struct p11_token *token, uint8_t *out,
                     size_t len, uint64_t *seen)
{
    struct p11_lease lease;
    CK_RV rv = p11_attach(p11, token);

    *seen = atomic_load(&token->repairs);
    if (rv == CKR_OK)
        rv = p11_session_lease(token, &p11->rules, &p11->tracer, &lease);
    if (rv != CKR_OK)
        return rv;
    P11_CALL(rv, &p11->tracer, token->module->fn, C_GenerateRandom,
             (lease.session, out, len));
    p11_session_return(&lease, &p11->tracer, p11_session_end_of(rv));
    return rv;
}

/* Modules show blank tokens too, and some without a generator. */
static struct p11_token *choose(const struct p11_tokens *tokens)
{
    const CK_FLAGS wanted = CKF_RNG | CKF_TOKEN_INITIALIZED;

    for (size_t i = 0; i < tokens->count; i++) {
        if ((tokens->tokens[i]->info.flags & wanted) == wanted)
            return tokens->tokens[i];
    }
    return tokens->tokens[0];
}

CK_RV p11_random(struct p11 *p11, const char *text, uint8_t *out, size_t len,
                 struct p11_diag *diag)
{
    struct p11_uri *uri = NULL;
    struct p11_tokens tokens = {NULL, 0, CKR_OK};
    struct p11_token *token;
    uint64_t seen;
    CK_RV rv = text != NULL ? p11_uri_parse(text, &uri, diag) : CKR_OK;

    if (rv == CKR_OK)
        rv = p11_tokens_find(p11, uri, P11_LOOK_LATER, &tokens, diag);
    if (rv == CKR_OK && tokens.count == 0)
        rv = p11_diag_set(diag, P11R_NO_TOKEN, "random numbers: no token");
    if (rv != CKR_OK)
        goto out;
    token = choose(&tokens);
    rv = attempt(p11, token, out, len, &seen);
    if (rv != CKR_OK && p11_recover(p11, token, rv, seen))
        rv = attempt(p11, token, out, len, &seen);
    if (rv != CKR_OK)
        (void)p11_diag_rv(diag, rv, "random numbers of token", token->label);
out:
    if (rv != CKR_OK)
        explicit_bzero(out, len);
    free(tokens.tokens);
    p11_uri_free(uri);
    return rv;
}
