/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the judgement. The rule of altered outputs: a wrong result may pass
 * for a right one only where nothing that the provider knows contradicts it.
 *
 * - C_Sign: a wrong bit, or a signature by another key, is handed out; to find
 *   it means to verify each signature, which is left to those who want it. A
 *   wrong length is found, but for a short one of RSA: tokens there are that
 *   drop leading zeros, so that it is filled up.
 * - C_Decrypt: a wrong bit of a plaintext, or a shorter one, is handed out.
 * - C_DeriveKey: the secret of another key is handed out; so is a wrong bit of
 *   CKA_VALUE. A wrong length is found.
 * - C_GetAttributeValue: a wrong or short modulus, exponent, label or number
 *   makes a key with those; a point that is not on its curve is found. What is
 *   found out later, since the public half is another one, is a failure then.
 * - C_FindObjects: of more handles than there is room for none is used.
 */
#include "case.h"

#include <stdio.h>
#include <string.h>

/* What may pass, by the beginning of function and behaviour. */
static const struct {
    const char *function, *behaviour, *only; /* key type or flow */
} undetectable[] = {
    {"C_Sign", "short-out", "RSA"},
    {"C_Sign", "bitflip", NULL},
    {"C_Sign", "other-key", NULL},
    {"C_SignFinal", "bitflip", NULL},
    {"C_SignFinal", "other-key", NULL},
    {"C_Decrypt", "bitflip", NULL},
    {"C_Decrypt", "short-out", NULL},
    {"C_Decrypt", "other-key", NULL},
    {"C_DeriveKey", "other-key", NULL},
    {"C_GetAttributeValue", "bitflip", "RSA"},
    {"C_GetAttributeValue", "bitflip", "ED25519"},
    {"C_GetAttributeValue", "bitflip", "X25519"},
    {"C_GetAttributeValue", "bitflip", "derive-ec"},
    {"C_GetAttributeValue", "lie-attr", "RSA"},
    {"C_GetAttributeValue", "lie-attr", "ED25519"},
    {"C_GetAttributeValue", "lie-attr", "X25519"},
    {"C_GetAttributeValue", "lie-attr", "derive-ec"},
    {"C_GetAttributeValue", "short-out", "RSA"},
    {"C_GetAttributeValue", "short-out", "ED25519"},
    {"C_GetAttributeValue", "short-out", "X25519"},
    {"C_GetAttributeValue", "short-out", "derive-ec"},
    {"C_GenerateRandom", "bitflip", NULL},
};

static bool may_pass(const struct sweep_case *c)
{
    for (size_t i = 0; i < sizeof(undetectable) / sizeof(undetectable[0]);
         i++) {
        if (strcmp(case_function(c->function), undetectable[i].function) == 0 &&
            strcmp(case_behaviour(c->behaviour), undetectable[i].behaviour) ==
                0 &&
            (undetectable[i].only == NULL ||
             strcmp(c->flow->needs, undetectable[i].only) == 0 ||
             strcmp(c->flow->name, undetectable[i].only) == 0))
            return true;
    }
    return false;
}

/* The one error of a failure is the provider's. The file of a URI passes
 * through libcrypto's decoders, which have their say as well. */
static bool errors_fit(const struct sweep_case *c, const struct result *result)
{
    bool decodes = strcmp(c->flow->name, "pem") == 0;

    if (result->verdict == FAILED)
        return result->ours == 1 && (decodes || result->foreign == 0);
    return result->ours == 0 && result->foreign == 0;
}

static bool hits(const struct sweep_case *c, const char *function)
{
    return c->call != 0 && strcmp(case_function(c->function), function) == 0;
}

/* Nothing can be tidied up in a token that is not there. A session that one
 * thread opened when it was back, before another noticed that it had been away,
 * counts as lost with the rest: its number may be somebody else's by now. */
static bool takes_away(const struct sweep_case *c)
{
    return c->call != 0 &&
           strncmp(case_behaviour(c->behaviour), "remove", 6) == 0;
}

/* A session object is not destroyed where that fails, where its session or its
 * handle is said to be gone, or where its key is read anew as another. */
static bool forgets_objects(const struct sweep_case *c)
{
    static const char *const gone[] = {"rv=CKR_OBJECT_HANDLE_INVALID",
                                       "rv=CKR_KEY_HANDLE_INVALID",
                                       "rv=CKR_USER_NOT_LOGGED_IN"};

    for (size_t i = 0; c->call != 0 && i < sizeof(gone) / sizeof(gone[0]);
         i++) {
        if (strcmp(case_behaviour(c->behaviour), gone[i]) == 0)
            return true;
    }
    return hits(c, "C_DestroyObject") || case_disowns(c) ||
           (c->call != 0 && may_pass(c));
}

static const char *judge_end(const struct sweep_case *c,
                             const struct result *result,
                             const struct result *dry)
{
    static char text[3 * SWEEP_TEXT];
    bool loses = case_disowns(c) && c->stays; /* one after the other */
    unsigned long slack = strcmp(c->flow->name, "threads") == 0 ? 3 : 0;

    if (case_disowns(c))
        slack += dry->sessions + 1;
    text[0] = '\0';
    if (!loses && result->sessions > dry->sessions + slack)
        (void)snprintf(text, sizeof(text), "%lu sessions, usually %lu",
                       result->sessions, dry->sessions);
    else if (!loses &&
             result->operations > (case_disowns(c) ? dry->sessions : 0))
        (void)snprintf(text, sizeof(text), "%lu operations left active",
                       result->operations);
    else if (result->objects > dry->objects && !forgets_objects(c))
        (void)snprintf(text, sizeof(text), "%lu session objects, usually %lu",
                       result->objects, dry->objects);
    else if (result->left != 0)
        (void)snprintf(text, sizeof(text), "%lu sessions open at the end",
                       result->left);
    else if (result->verdict == FAILED && result->token_objects > 0 &&
             !hits(c, "C_DestroyObject") && !takes_away(c))
        (void)snprintf(text, sizeof(text), "failed, but left %ld objects: %s",
                       result->token_objects, result->error);
    else if (result->violations != 0 && !(c->call != 0 && may_pass(c)) &&
             !((case_disowns(c) || takes_away(c)) &&
               strncmp(result->violation, "finalize:", 9) == 0))
        (void)snprintf(text, sizeof(text), "broke a rule of Cryptoki: %s",
                       result->violation);
    return text[0] != '\0' ? text : NULL;
}

const char *case_judge(const struct sweep_case *c, const struct result *result,
                       const struct result *dry)
{
    static char text[3 * SWEEP_TEXT];

    text[0] = '\0';
    if (result->stage == STAGE_NONE)
        (void)snprintf(text, sizeof(text), "did not start");
    else if (result->verdict == WRONG && (c->call == 0 || !may_pass(c)))
        (void)snprintf(text, sizeof(text), "wrong success");
    else if (!errors_fit(c, result))
        (void)snprintf(text, sizeof(text),
                       "%s with %u errors, %u of others: %s",
                       result->verdict == FAILED ? "failed" : "succeeded",
                       result->ours, result->foreign, result->error);
    else if (c->call == 0 && result->verdict != RIGHT)
        (void)snprintf(text, sizeof(text), "fails without a fault: %s",
                       result->error);
    else if (result->stage < STAGE_AGAIN || result->again != RIGHT)
        (void)snprintf(
            text, sizeof(text), "does not work afterwards: %s (first: %s)",
            result->again == WRONG ? "wrong success" : result->again_error,
            result->error);
    else if (result->shim_faults != 0)
        (void)snprintf(text, sizeof(text), "%s", result->shim_text);
    return text[0] != '\0' ? text : judge_end(c, result, dry);
}
