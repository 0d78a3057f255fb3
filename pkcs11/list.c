/* SPDX-License-Identifier: Apache-2.0 */
/* What there is: tokens and their mechanisms. */
#include "diag.h"
#include "tokens.h"

#include <stdlib.h>

#define TRIM(to, from) p11_token_trim((to), sizeof(to), (from), sizeof(from))

/* Fresh: session counts and flags change. */
static CK_RV describe(struct p11 *p11, struct p11_token *token,
                      struct p11_token_info *out)
{
    const CK_SLOT_ID slot = atomic_load(&token->slot);
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO info;
    CK_INFO library;
    CK_RV rv = p11_module_info(token->module, &p11->tracer, &library);

    if (rv != CKR_OK)
        return rv;
    P11_CALL_PASSING(rv, &p11->tracer, token->module->fn, C_GetSlotInfo,
                     (slot, &slot_info));
    if (rv != CKR_OK)
        return rv;
    P11_CALL_PASSING(rv, &p11->tracer, token->module->fn, C_GetTokenInfo,
                     (slot, &info));
    if (rv != CKR_OK)
        return rv;
    TRIM(out->label, info.label);
    TRIM(out->manufacturer, info.manufacturerID);
    TRIM(out->model, info.model);
    TRIM(out->serial, info.serialNumber);
    TRIM(out->slot_description, slot_info.slotDescription);
    TRIM(out->slot_manufacturer, slot_info.manufacturerID);
    TRIM(out->library_description, library.libraryDescription);
    TRIM(out->library_manufacturer, library.manufacturerID);
    out->module = token->module->name;
    out->slot = slot;
    out->flags = info.flags;
    out->firmware = info.firmwareVersion;
    out->hardware = info.hardwareVersion;
    out->library = library.libraryVersion;
    out->sessions = info.ulSessionCount;
    out->max_sessions = info.ulMaxSessionCount;
    return CKR_OK;
}

CK_RV p11_tokens(struct p11 *p11, const char *uri, p11_token_fn *each,
                 void *arg, struct p11_diag *diag)
{
    struct p11_tokens tokens = {NULL, 0, CKR_OK};
    struct p11_uri *parsed = NULL;
    bool more = true;
    CK_RV rv = CKR_OK;

    if (uri != NULL)
        rv = p11_uri_parse(uri, &parsed, diag);
    if (rv == CKR_OK)
        rv = p11_tokens_find(p11, parsed, P11_LOOK_NOW, &tokens, diag);
    for (size_t i = 0; rv == CKR_OK && more && i < tokens.count; i++) {
        struct p11_token_info info;

        rv = describe(p11, tokens.tokens[i], &info);
        if (rv == CKR_OK)
            more = each(arg, &info);
        else if (rv == CKR_TOKEN_NOT_PRESENT)
            rv = CKR_OK; /* taken out meanwhile */
        else
            (void)p11_diag_rv(diag, rv, "token", tokens.tokens[i]->label);
    }
    free(tokens.tokens);
    p11_uri_free(parsed);
    return rv;
}

/* ---- mechanisms -------------------------------------------------------- */

enum { MECHANISMS = 256, MECHANISMS_MAX = 65536 };

static CK_RV list(struct p11 *p11, struct p11_token *token,
                  CK_MECHANISM_TYPE **out, CK_ULONG *count)
{
    CK_RV rv = CKR_BUFFER_TOO_SMALL;

    for (CK_ULONG room = MECHANISMS;
         rv == CKR_BUFFER_TOO_SMALL && room <= MECHANISMS_MAX; room *= 4) {
        free(*out);
        *out = calloc(room, sizeof(**out));
        if (*out == NULL)
            return CKR_HOST_MEMORY;
        *count = room;
        P11_CALL_PASSING(rv, &p11->tracer, token->module->fn,
                         C_GetMechanismList,
                         (atomic_load(&token->slot), *out, count));
        if (rv == CKR_OK && *count > room)
            rv = CKR_GENERAL_ERROR;
    }
    return rv;
}

CK_RV p11_mechanisms(struct p11 *p11, const char *uri, p11_mechanism_fn *each,
                     void *arg, struct p11_diag *diag)
{
    CK_MECHANISM_TYPE *mechanisms = NULL;
    struct p11_token *token = NULL;
    struct p11_uri *parsed = NULL;
    CK_ULONG count = 0;
    bool more = true;
    CK_RV rv = p11_uri_parse(uri, &parsed, diag);

    if (rv == CKR_OK)
        rv = p11_tokens_one(p11, parsed, &token, diag);
    if (rv != CKR_OK)
        goto out;
    rv = list(p11, token, &mechanisms, &count);
    for (CK_ULONG i = 0; rv == CKR_OK && more && i < count; i++) {
        CK_MECHANISM_INFO info;

        P11_CALL_PASSING(rv, &p11->tracer, token->module->fn,
                         C_GetMechanismInfo,
                         (atomic_load(&token->slot), mechanisms[i], &info));
        if (rv == CKR_OK)
            more = each(arg, mechanisms[i], &info);
    }
    if (rv != CKR_OK)
        (void)p11_diag_rv(diag, rv, "mechanisms of token", token->label);
out:
    free(mechanisms);
    p11_uri_free(parsed);
    return rv;
}
