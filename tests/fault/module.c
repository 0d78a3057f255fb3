/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the exported function list: one wrapper for each row of calls.def. */
#include "call.h"
#include "cost.h"
#include "fault.h"
#include "forward.h"
#include "gate.h"
#include "presence.h"
#include "record.h"
#include "rsa.h"
#include "state.h"
#include "token.h"
#include "violation.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WRAPPED(name, args, ...)                                      \
    struct fault_call call = {.function = FAULT_##name, __VA_ARGS__}; \
    CK_RV rv = CKR_OK;                                                \
                                                                      \
    if (fault_enter(&call, &rv))                                      \
        rv = call.token->name == NULL ? CKR_FUNCTION_NOT_SUPPORTED    \
                                      : call.token->name args;        \
    return fault_leave(&call, rv);
#define FN(name, params, args, ...)      \
    static CK_RV wrap_##name params      \
    {                                    \
        WRAPPED(name, args, __VA_ARGS__) \
    }
#define QUICK(name, params, args, free, ...)              \
    static CK_RV full_##name params                       \
    {                                                     \
        WRAPPED(name, args, __VA_ARGS__)                  \
    }                                                     \
    static CK_RV wrap_##name params                       \
    {                                                     \
        return fault_is_free() ? free : full_##name args; \
    }
#define SPECIAL(name, params) static CK_RV wrap_##name params;
#include "calls.def"
#undef FN
#undef SPECIAL

static CK_FUNCTION_LIST functions = {
    .version = {2, 40},
#define FN(name, params, args, ...) .name = wrap_##name,
#define SPECIAL(name, params)       .name = wrap_##name,
#include "calls.def"
#undef FN
#undef SPECIAL
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *settings_in_use; /* text that fault_conf was read from */

static void before_fork(void)
{
    fault_gate_close();
    (void)pthread_mutex_lock(&lock);
    token_lock();
    fault_state_lock();
    fault_presence_lock();
    fault_rules_lock();
    fault_record_lock();
    fault_violations_lock();
}

static void after_fork(void)
{
    fault_violations_unlock();
    fault_record_unlock();
    fault_rules_unlock();
    fault_presence_unlock();
    fault_state_unlock();
    token_unlock();
    (void)pthread_mutex_unlock(&lock);
    fault_gate_open();
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork, after_fork);
}

__attribute__((destructor)) static void at_exit(void)
{
    fault_record_counts();
}

/* Reads the settings where they differ from those in use. The same text again
 * keeps the rules and what they have counted, and the objects in memory. */
static CK_RV configure(const char *text)
{
    struct fault_conf *conf = NULL;
    char *copy = NULL;
    CK_RV rv = CKR_HOST_MEMORY;

    if (settings_in_use != NULL && strcmp(settings_in_use, text) == 0)
        return CKR_OK;
    conf = malloc(sizeof(*conf));
    copy = strdup(text);
    if (conf == NULL || copy == NULL)
        goto out;
    if (settings_in_use != NULL)
        fault_rules_clear();
    fault_conf_default(conf);
    rv = CKR_ARGUMENTS_BAD;
    if (!fault_conf_read(conf, text, fault_rule_add))
        goto out;
    rv = CKR_HOST_MEMORY;
    if (!fault_conf_use(conf))
        goto out;
    token_forget();
    fault_record_forget_pins();
    fault_presence_reset();
    fault_free_forget();
    fault_cost_use(fault_conf());
    free(settings_in_use);
    settings_in_use = copy;
    copy = NULL;
    rv = CKR_OK;
out:
    free(copy);
    free(conf);
    return rv;
}

static CK_RV start_token(const CK_FUNCTION_LIST **token)
{
    static const CK_FUNCTION_LIST *loaded;
    static char loaded_from[PATH_MAX];
    const struct fault_conf *conf = fault_conf();
    char args_text[FAULT_TEXT_MAX];
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_RV rv;

    *token = token_functions_get();
    if (conf->module[0] == '\0')
        return (*token)->C_Initialize(NULL);
    if (loaded == NULL || strcmp(loaded_from, conf->module) != 0) {
        loaded = forward_load(conf->module);
        memcpy(loaded_from, conf->module, sizeof(loaded_from));
    }
    *token = loaded;
    if (loaded == NULL)
        return CKR_GENERAL_ERROR;
    if (conf->module_args[0] != '\0') {
        memcpy(args_text, conf->module_args, sizeof(args_text));
        args.pReserved = args_text;
    }
    rv = loaded->C_Initialize(&args);
    return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

static CK_RV settle(const CK_C_INITIALIZE_ARGS *args)
{
    const char *text = args != NULL ? args->pReserved : NULL;
    CK_RV rv = CKR_OK;

    if (text == NULL)
        text = getenv("PRIVYSEAL_FAULT");
    (void)pthread_mutex_lock(&lock);
    if (!fault_state_is_open())
        rv = configure(text != NULL ? text : "");
    (void)pthread_mutex_unlock(&lock);
    return rv;
}

static CK_RV start(void)
{
    const CK_FUNCTION_LIST *token = NULL;
    CK_RV rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;

    (void)pthread_mutex_lock(&lock);
    if (!fault_state_is_open()) {
        rv = start_token(&token);
        if (rv == CKR_OK)
            rv = fault_state_open(token);
    }
    (void)pthread_mutex_unlock(&lock);
    return rv;
}

/* The settings come first: they have the rules for this very call. */
static CK_RV wrap_C_Initialize(void *args)
{
    struct fault_call call = {.function = FAULT_C_Initialize, .starts = true};
    CK_RV settled, rv = CKR_OK;

    (void)pthread_once(&once, watch_forks);
    settled = settle(args);
    if (fault_enter(&call, &rv))
        rv = settled != CKR_OK ? settled : start();
    return fault_leave(&call, rv);
}

static CK_RV wrap_C_Finalize(void *reserved)
{
    struct fault_call call = {.function = FAULT_C_Finalize};
    CK_RV rv = CKR_OK;

    if (fault_enter(&call, &rv)) {
        rv =
            reserved != NULL ? CKR_ARGUMENTS_BAD : call.token->C_Finalize(NULL);
        if (rv == CKR_OK)
            fault_state_close();
    }
    rv = fault_leave(&call, rv);
    fault_record_counts();
    return rv;
}

static CK_RV wrap_C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    struct fault_call call = {.function = FAULT_C_GetFunctionList,
                              .starts = true};
    CK_RV rv = CKR_OK;

    if (fault_enter(&call, &rv)) {
        rv = list != NULL ? CKR_OK : CKR_ARGUMENTS_BAD;
        if (list != NULL)
            *list = &functions;
    }
    return fault_leave(&call, rv);
}

const CK_FUNCTION_LIST *fault_functions(void)
{
    return &functions;
}

FAULT_EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    return wrap_C_GetFunctionList(list);
}
