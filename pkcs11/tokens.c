/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens that a URI names: over all modules, newly looked for on a miss. */
#include "tokens.h"

#include "diag.h"

#include <stdlib.h>

enum { REMISS_US = 100000 }; /* no second look at the slots within */

static bool concerns(const struct p11_module *module, const struct p11_uri *uri)
{
    return uri == NULL || p11_uri_matches_file(uri, module->path, module->name);
}

/* The library is asked only where the URI does. */
static bool library_fits(struct p11 *p11, struct p11_module *module,
                         const struct p11_uri *uri)
{
    CK_INFO info;

    return uri == NULL || !p11_uri_asks_library(uri) ||
           (p11_module_info(module, &p11->tracer, &info) == CKR_OK &&
            p11_uri_matches_library(uri, &info));
}

static bool fits(struct p11 *p11, struct p11_token *token,
                 const struct p11_uri *uri)
{
    if (uri == NULL)
        return atomic_load(&token->present);
    return p11_token_matches(token, &p11->tracer, uri);
}

static CK_RV add_tokens(struct p11 *p11, struct p11_tokens *tokens,
                        struct p11_module *module, const struct p11_uri *uri)
{
    const size_t before = tokens->count;

    if (!library_fits(p11, module, uri))
        return CKR_OK;
    for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
         t = t->next) {
        struct p11_token **more;

        if (!fits(p11, t, uri))
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
    if (rv != CKR_OK)
        p11_note(&p11->tracer, rv, "module '%.64s' is passed over",
                 module->name);
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
            rv = add_tokens(p11, tokens, module, uri);
        if (rv == CKR_OK && tokens->unseen == CKR_OK)
            tokens->unseen = module->unseen;
        if (first == CKR_OK)
            first = rv;
    }
    return tokens->count > 0 ? CKR_OK : first;
}

CK_RV p11_tokens_find(struct p11 *p11, const struct p11_uri *uri,
                      enum p11_look look, struct p11_tokens *tokens,
                      struct p11_diag *diag)
{
    static const uint64_t max_age_us[] = {[P11_LOOK_LATER] = UINT64_MAX,
                                          [P11_LOOK_MISS] = REMISS_US,
                                          [P11_LOOK_NOW] = 0};
    CK_RV rv;

    *tokens = (struct p11_tokens){NULL, 0, CKR_OK};
    if (p11_gate_inside())
        return p11_diag_set(diag, P11R_REENTERED, "%s",
                            p11_rv_text(P11R_REENTERED));
    rv = p11_list_modules(p11, diag);
    if (rv != CKR_OK || (uri != NULL && p11_uri_unknown(uri)))
        return rv;
    rv = round_of(p11, uri, max_age_us[look], tokens, diag);
    if (rv == CKR_OK && tokens->count == 0 && look == P11_LOOK_LATER)
        rv = round_of(p11, uri, REMISS_US, tokens, diag);
    return rv;
}

CK_RV p11_tokens_none(const struct p11_uri *uri, struct p11_diag *diag)
{
    const char *unknown = p11_uri_unknown(uri);

    if (unknown != NULL)
        return p11_diag_set(diag, P11R_NO_TOKEN,
                            "'%s' matches nothing: %.64s is not of RFC 7512",
                            p11_uri_key(uri), unknown);
    return p11_diag_set(diag, P11R_NO_TOKEN, "'%s': no token matches",
                        p11_uri_key(uri));
}

CK_RV p11_tokens_one(struct p11 *p11, const struct p11_uri *uri,
                     struct p11_token **out, struct p11_diag *diag)
{
    struct p11_tokens tokens;
    CK_RV rv = p11_tokens_find(p11, uri, P11_LOOK_LATER, &tokens, diag);

    if (rv == CKR_OK && tokens.count == 0)
        rv = p11_tokens_none(uri, diag);
    else if (rv == CKR_OK && tokens.count > 1)
        rv = p11_diag_set(
            diag, P11R_AMBIGUOUS, "'%s': tokens '%s' and '%s' both match",
            p11_uri_key(uri), tokens.tokens[0]->label, tokens.tokens[1]->label);
    else if (rv == CKR_OK)
        *out = tokens.tokens[0];
    free(tokens.tokens);
    return rv;
}
