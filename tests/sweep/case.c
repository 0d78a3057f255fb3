/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the running of one case in a process of its own. */
#include "case.h"

#include "shim.h"
#include "tests/fault/names.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TRIES = 60, PAUSE_MS = 50, AGAIN = 3 };

static const char *const functions[] = {
#define FN(name, params, args, ...) #name,
#define SPECIAL(name, params)       #name,
#include "tests/fault/calls.def"
#undef FN
#undef SPECIAL
    NULL};

static const char *const behaviours[] = {
    "rv=CKR_DEVICE_ERROR",
    "rv=CKR_DEVICE_REMOVED",
    "rv=CKR_DEVICE_MEMORY",
    "rv=CKR_TOKEN_NOT_PRESENT",
    "rv=CKR_SESSION_HANDLE_INVALID",
    "rv=CKR_SESSION_CLOSED",
    "rv=CKR_SESSION_COUNT",
    "rv=CKR_OBJECT_HANDLE_INVALID",
    "rv=CKR_KEY_HANDLE_INVALID",
    "rv=CKR_USER_NOT_LOGGED_IN",
    "rv=CKR_USER_ALREADY_LOGGED_IN",
    "rv=CKR_PIN_INCORRECT",
    "rv=CKR_PIN_LOCKED",
    "rv=CKR_HOST_MEMORY",
    "rv=CKR_GENERAL_ERROR",
    "rv=CKR_FUNCTION_FAILED",
    "rv=CKR_FUNCTION_NOT_SUPPORTED",
    "rv=CKR_FUNCTION_CANCELED",
    "rv=CKR_BUFFER_TOO_SMALL",
    "rv=CKR_CRYPTOKI_NOT_INITIALIZED",
    "rv=CKR_OPERATION_ACTIVE",
    "rv=CKR_OPERATION_NOT_INITIALIZED",
    "rv=CKR_ARGUMENTS_BAD",
    "rv=CKR_MECHANISM_INVALID",
    "rv=CKR_ATTRIBUTE_TYPE_INVALID",
    "rv=CKR_ATTRIBUTE_SENSITIVE",
    "rv=0x80000001",
    "rv=0xffffffffffffffff",
    "too-small",
    "short-out",
    "long-len",
    "bitflip",
    "lie-attr",
    "other-key",
    "stale",
    "renumber",
    "logout",
    "remove=30",
    "delay=30",
    NULL,
};

const char *case_function(unsigned index)
{
    return functions[index];
}

const char *case_behaviour(unsigned index)
{
    return behaviours[index];
}

void case_name(const struct sweep_case *c, char *out, size_t size)
{
    const char *world = world_name(world_current());

    if (c->call == 0)
        (void)snprintf(out, size, "%s %s", world, c->flow->name);
    else
        (void)snprintf(out, size, "%s %s %s %lu%s %s", world, c->flow->name,
                       functions[c->function], c->call, c->stays ? "+" : "",
                       behaviours[c->behaviour]);
}

void sweep_note_counts(struct shared *shared)
{
    for (size_t i = 0; functions[i] != NULL; i++) {
        unsigned long count = module.count(functions[i]);

        if (count > shared->counts[i])
            shared->counts[i] = count;
    }
}

/* ---- errors ------------------------------------------------------------ */

/* What later versions of libcrypto add to a provider's error. */
static bool is_remark(unsigned long code)
{
#ifdef EVP_R_PROVIDER_SIGNATURE_FAILURE
    static const int remarks[] = {EVP_R_PROVIDER_SIGNATURE_FAILURE,
                                  EVP_R_PROVIDER_ASYM_CIPHER_FAILURE,
                                  EVP_R_PROVIDER_KEYMGMT_FAILURE};

    for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
        if (ERR_GET_LIB(code) == ERR_LIB_EVP &&
            ERR_GET_REASON(code) == remarks[i])
            return true;
    }
#endif
    (void)code;
    return false;
}

/* Empties the queue; libraries made at run time are providers. */
static void take_errors(unsigned *ours, unsigned *foreign,
                        char text[static SWEEP_TEXT])
{
    const char *data = NULL;
    unsigned long code;
    int flags = 0;
    size_t used = 0;

    *ours = *foreign = 0;
    text[0] = '\0';
    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        if (is_remark(code))
            continue;
        if (ERR_GET_LIB(code) >= ERR_LIB_USER)
            (*ours)++;
        else
            (*foreign)++;
        if (used < SWEEP_TEXT) {
            char reason[128];

            ERR_error_string_n(code, reason, sizeof(reason));
            (void)snprintf(text + used, SWEEP_TEXT - used, "[%s %s] ", reason,
                           (flags & ERR_TXT_STRING) != 0 ? data : "");
            used = strlen(text);
        }
    }
}

/* ---- running ----------------------------------------------------------- */

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&time, NULL);
}

static void drop_keys(struct run *run)
{
    EVP_PKEY_free(run->key);
    EVP_PKEY_free(run->pem_key);
    run->key = run->pem_key = NULL;
}

static void start_anew(struct run *run)
{
    drop_keys(run);
    OSSL_LIB_CTX_free(run->libctx);
    run->libctx = world_context();
}

/* Whether a key loaded meanwhile may have numbers of another. */
static bool lies(const struct sweep_case *c)
{
    return c->call != 0 &&
           strcmp(functions[c->function], "C_GetAttributeValue") == 0;
}

/* The fault is gone: the flow works within a few seconds, by the same key. */
static void again(const struct sweep_case *c, struct run *run,
                  struct result *result)
{
    unsigned ours, foreign;

    if (result->verdict == WRONG || lies(c))
        drop_keys(run); /* numbers that the token gave for right */
    if (run->libctx == NULL)
        run->libctx = world_context();
    result->again = FAILED;
    for (result->tries = 0;
         result->again == FAILED && result->tries < TRIES && run->libctx;
         result->tries++) {
        if (result->tries > 0)
            pause_ms(PAUSE_MS);
        result->again = c->flow->act(run);
        take_errors(&ours, &foreign, result->again_error);
    }
    for (int i = 1; i < AGAIN && result->again == RIGHT; i++) {
        result->again = c->flow->act(run);
        take_errors(&ours, &foreign, result->again_error);
    }
}

bool case_disowns(const struct sweep_case *c)
{
    static const char *const gone[] = {
        "rv=CKR_SESSION_HANDLE_INVALID",
        "rv=CKR_SESSION_CLOSED",
        "rv=CKR_CRYPTOKI_NOT_INITIALIZED",
    };

    for (size_t i = 0; c->call != 0 && i < sizeof(gone) / sizeof(gone[0]);
         i++) {
        if (strcmp(behaviours[c->behaviour], gone[i]) == 0)
            return true;
    }
    return false;
}

/* A PIN that was called wrong is not sent a second time: a new configuration
 * is. */
static bool refuses_pin(const struct sweep_case *c)
{
    const char *behaviour = behaviours[c->behaviour];

    return c->call != 0 && strcmp(functions[c->function], "C_Login") == 0 &&
           strncmp(behaviour, "rv=CKR_PIN_", 11) == 0;
}

void case_run(const struct sweep_case *c, struct result *result)
{
    struct run run = {.shared = &result->shared, .dry = c->call == 0};
    char rule[128];
    const char *text;

    module.reset();
    (void)snprintf(rule, sizeof(rule), "%s:%s%lu -> %s", functions[c->function],
                   c->stays ? "from=" : "", c->call, behaviours[c->behaviour]);
    if (c->call != 0 && module.rule(rule) != 0)
        return;
    run.libctx = world_context();
    if (run.libctx == NULL)
        return;
    ERR_clear_error();
    result->token_objects = -(long)module.objects(1);
    result->verdict = c->flow->act(&run);
    result->token_objects =
        run.made ? 0 : result->token_objects + (long)module.objects(1);
    sweep_note_counts(&result->shared);
    take_errors(&result->ours, &result->foreign, result->error);
    result->stage = STAGE_ACTED;
    module.clear_rules();
    pause_ms(c->call != 0 && strncmp(behaviours[c->behaviour], "remove", 6) == 0
                 ? 40
                 : 0);
    if (refuses_pin(c))
        start_anew(&run);
    again(c, &run, result);
    result->sessions = module.sessions();
    result->operations = module.operations();
    result->objects = module.objects(0);
    result->stage = STAGE_AGAIN;
    drop_keys(&run);
    OSSL_LIB_CTX_free(run.libctx);
    result->left = module.sessions();
    result->shim_faults = shim_faults(&text);
    (void)snprintf(result->shim_text, sizeof(result->shim_text), "%s", text);
    result->shim_calls = shim_calls();
    result->violations =
        module.violations(result->violation, sizeof(result->violation));
    result->stage = STAGE_DONE;
}
