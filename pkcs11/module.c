/* SPDX-License-Identifier: Apache-2.0 */
/* Modules, by p11-kit: loading, initialising, fork, exit. */
#include "module.h"

#include "diag.h"
#include "token.h"

#include <p11-kit/p11-kit.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static struct p11_module *modules;
static atomic_bool exiting;

void p11_registry_lock(void)
{
    (void)pthread_mutex_lock(&registry);
}

void p11_registry_unlock(void)
{
    (void)pthread_mutex_unlock(&registry);
}

struct p11_module *p11_module_first(void)
{
    return modules;
}

bool p11_module_exiting(void)
{
    return atomic_load(&exiting);
}

/* ---- exit -------------------------------------------------------------- */

static void mark_exit(void)
{
    atomic_store(&exiting, true);
}

static void watch_exit(void)
{
    /* Where it cannot be registered, nothing is ever finalised. */
    if (atexit(mark_exit) != 0)
        mark_exit();
}

/* ---- registry ---------------------------------------------------------- */

static char *copy(const char *text)
{
    return text != NULL ? strdup(text) : NULL;
}

static void module_free(struct p11_module *module)
{
    struct p11_token *next;

    for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
         t = next) {
        next = t->next;
        p11_token_free(t);
    }
    (void)pthread_mutex_destroy(&module->lock);
    (void)pthread_cond_destroy(&module->changed);
    free(module->path);
    free(module->file);
    free(module->name);
    free(module->init_args);
    free(module);
}

/* Names without a folder are p11-kit's to find. */
static char *file_of(const char *path)
{
    char *file = strchr(path, '/') != NULL ? realpath(path, NULL) : NULL;

    return file != NULL ? file : strdup(path);
}

static struct p11_module *module_new(const struct p11_module_conf *conf)
{
    struct p11_module *module = calloc(1, sizeof(*module));

    if (module == NULL)
        return NULL;
    (void)pthread_mutex_init(&module->lock, NULL);
    (void)pthread_cond_init(&module->changed, NULL);
    module->path = copy(conf->path);
    module->file = file_of(conf->path);
    module->name = copy(conf->name != NULL ? conf->name : conf->path);
    module->init_args = copy(conf->init_args);
    if (module->path == NULL || module->file == NULL || module->name == NULL ||
        (conf->init_args != NULL && module->init_args == NULL)) {
        module_free(module);
        return NULL;
    }
    return module;
}

struct p11_module *p11_module_open(const struct p11_module_conf *conf)
{
    char *file = file_of(conf->path);
    struct p11_module *module;

    if (file == NULL)
        return NULL;
    p11_gate_setup(&p11_fork_hooks);
    p11_registry_lock();
    for (module = modules; module != NULL; module = module->next) {
        if (strcmp(module->file, file) == 0)
            break;
    }
    if (module == NULL) {
        module = module_new(conf);
        if (module != NULL) {
            module->next = modules;
            modules = module;
        }
    }
    if (module != NULL)
        module->users++;
    p11_registry_unlock();
    free(file);
    return module;
}

/* Takes over fn, or gives it back where the file's module has functions. */
static struct p11_module *adopt(CK_FUNCTION_LIST *fn)
{
    char *path = p11_kit_module_get_filename(fn);
    char *name = p11_kit_module_get_name(fn);
    struct p11_module *module = NULL;

    if (path != NULL)
        module = p11_module_open(
            &(struct p11_module_conf){.name = name, .path = path});
    if (module != NULL) {
        p11_module_claim(module);
        if (module->fn == NULL) {
            module->fn = fn;
            fn = NULL;
        }
        p11_module_unclaim(module);
    }
    if (fn != NULL) {
        p11_gate_enter();
        p11_kit_module_release(fn);
        p11_gate_leave();
    }
    free(path);
    free(name);
    return module;
}

CK_RV p11_module_registered(struct p11_module ***out, size_t *count,
                            struct p11_diag *diag)
{
    CK_FUNCTION_LIST **list;
    struct p11_module **array;
    size_t n = 0;

    p11_gate_setup(&p11_fork_hooks);
    p11_gate_enter();
    list = p11_kit_modules_load(NULL, 0);
    p11_gate_leave();
    if (list == NULL)
        return p11_diag_set(diag, P11R_MODULE_MISSING,
                            "the modules registered with p11-kit: %s",
                            p11_kit_message() != NULL ? p11_kit_message()
                                                      : "cannot be loaded");
    while (list[n] != NULL)
        n++;
    array = calloc(n + 1, sizeof(struct p11_module *));
    if (array == NULL) {
        p11_kit_modules_release(list);
        return CKR_HOST_MEMORY;
    }
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        array[*count] = adopt(list[i]);
        if (array[*count] != NULL)
            (*count)++;
    }
    free(list);
    *out = array;
    return CKR_OK;
}

static void finalize(struct p11_module *module)
{
    static const struct p11_tracer quiet = {NULL, NULL};

    if (p11_module_exiting() || p11_gate_forked() || module->fn == NULL)
        return;
    if (!module->ours && atomic_load(&module->ready)) {
        /* Another user of it in the process goes on. */
        for (struct p11_token *t = atomic_load(&module->tokens); t != NULL;
             t = t->next)
            (void)p11_session_shed(t, &quiet, true);
        return;
    }
    p11_gate_enter();
    if (module->ours)
        (void)p11_kit_module_finalize(module->fn);
    p11_kit_module_release(module->fn);
    p11_gate_leave();
}

void p11_module_close(struct p11_module *module)
{
    bool last;

    if (module == NULL)
        return;
    p11_registry_lock();
    last = --module->users == 0;
    if (last) {
        struct p11_module **at = &modules;

        while (*at != module)
            at = &(*at)->next;
        *at = module->next;
    }
    p11_registry_unlock();
    if (!last)
        return;
    finalize(module);
    module_free(module);
}

/* ---- initialising ------------------------------------------------------ */

void p11_module_claim(struct p11_module *module)
{
    (void)pthread_mutex_lock(&module->lock);
    while (module->busy)
        (void)pthread_cond_wait(&module->changed, &module->lock);
    module->busy = true;
    (void)pthread_mutex_unlock(&module->lock);
}

void p11_module_unclaim(struct p11_module *module)
{
    (void)pthread_mutex_lock(&module->lock);
    module->busy = false;
    (void)pthread_cond_broadcast(&module->changed);
    (void)pthread_mutex_unlock(&module->lock);
}

char *p11_module_file(const struct p11_module *module)
{
    return p11_kit_module_get_filename(module->fn);
}

void p11_module_lost(struct p11_module *module)
{
    atomic_store(&module->ready, false);
}

/* NULL, or the name of a function without which nothing can be found in the
 * module, and it has not. */
static const char *lacks(const CK_FUNCTION_LIST *fn)
{
#define NEEDED(name)            \
    {                           \
        fn->name == NULL, #name \
    }
    const struct {
        bool missing;
        const char *name;
    } rows[] = {
        NEEDED(C_Initialize),        NEEDED(C_Finalize),
        NEEDED(C_GetSlotList),       NEEDED(C_GetTokenInfo),
        NEEDED(C_OpenSession),       NEEDED(C_CloseSession),
        NEEDED(C_GetAttributeValue), NEEDED(C_FindObjectsInit),
        NEEDED(C_FindObjects),       NEEDED(C_FindObjectsFinal),
    };
#undef NEEDED

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].missing)
            return rows[i].name;
    }
    return NULL;
}

static CK_RV load(struct p11_module *module, struct p11_diag *diag)
{
    const char *message, *missing;
    CK_FUNCTION_LIST *fn;

    p11_gate_enter();
    fn = p11_kit_module_load(module->path, 0);
    message = fn == NULL ? p11_kit_message() : NULL;
    p11_gate_leave();
    if (fn == NULL)
        return p11_diag_set(diag, P11R_MODULE_MISSING, "module '%s': %s",
                            module->name,
                            message != NULL ? message : "cannot be loaded");
    missing = lacks(fn);
    if (missing != NULL) {
        p11_gate_enter();
        p11_kit_module_release(fn);
        p11_gate_leave();
        return p11_diag_set(diag, P11R_MODULE_MISSING, "module '%s': has no %s",
                            module->name, missing);
    }
    module->fn = fn;
    return CKR_OK;
}

static CK_RV init_failed(const struct p11_module *module, CK_RV rv,
                         struct p11_diag *diag)
{
    const char *base = strrchr(module->path, '/');

    base = base != NULL ? base + 1 : module->path;
    if (rv == CKR_GENERAL_ERROR && strcasestr(base, "softhsm") != NULL)
        return p11_diag_set(diag, rv,
                            "module '%s': C_Initialize failed "
                            "(CKR_GENERAL_ERROR); the usual cause is that "
                            "SOFTHSM2_CONF does not name a readable "
                            "configuration with an existing token folder",
                            module->name);
    if (p11_gate_forked()) {
        (void)p11_diag_rv(diag, rv, "C_Initialize after fork of module",
                          module->name);
        return P11R_FORKED;
    }
    return p11_diag_rv(diag, rv, "C_Initialize of module", module->name);
}

/* The module has said that it is not initialised. Where it says so again,
 * somebody has finalised it behind p11-kit's back, which must learn of it. */
static bool really_lost(struct p11_module *module,
                        const struct p11_tracer *tracer)
{
    CK_INFO info;
    CK_RV rv;

    P11_CALL_PASSING(rv, tracer, module->fn, C_GetInfo, (&info));
    if (rv != CKR_CRYPTOKI_NOT_INITIALIZED)
        return false;
    P11_CALL_PASSING(rv, tracer, module->fn, C_Finalize, (NULL));
    module->ours = false;
    return true;
}

static CK_RV initialize(struct p11_module *module,
                        const struct p11_tracer *tracer, struct p11_diag *diag)
{
    static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK,
                                 .pReserved = module->init_args};
    CK_RV rv;

    if (module->ours && !really_lost(module, tracer))
        return CKR_OK;
    /* Without arguments p11-kit gives those of its own configuration. */
    P11_CALL_PASSING(rv, tracer, module->fn, C_Initialize,
                     (module->init_args != NULL ? &args : NULL));
    if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return init_failed(module, rv, diag);
    if (!module->renewed)
        p11_gate_renew();
    module->renewed = true;
    if (rv == CKR_OK)
        module->ours = !p11_gate_forked();
    (void)pthread_once(&exit_once, watch_exit);
    return CKR_OK;
}

/* The claimant's. After a failure not at once again: whoever signs in a loop
 * would else keep a token that restarts from doing so. */
static CK_RV make_ready(struct p11_module *module,
                        const struct p11_tracer *tracer, struct p11_diag *diag)
{
    enum { AGAIN_US = 50000 };
    const uint64_t now = p11_gate_now_us();
    CK_RV rv = CKR_OK;

    if (module->was_ready && module->failed != CKR_OK &&
        now - module->failed_us < AGAIN_US)
        return p11_diag_rv(diag, module->failed, "C_Initialize of module",
                           module->name);
    if (module->fn == NULL)
        rv = load(module, diag);
    if (rv == CKR_OK)
        rv = initialize(module, tracer, diag);
    module->failed = rv;
    module->failed_us = p11_gate_now_us();
    module->was_ready = module->was_ready || rv == CKR_OK;
    atomic_store(&module->ready, rv == CKR_OK);
    return rv;
}

CK_RV p11_module_ready(struct p11_module *module,
                       const struct p11_tracer *tracer, struct p11_diag *diag)
{
    CK_RV rv = CKR_OK;

    if (atomic_load(&module->ready))
        return CKR_OK;
    p11_module_claim(module);
    if (!atomic_load(&module->ready))
        rv = make_ready(module, tracer, diag);
    p11_module_unclaim(module);
    return rv;
}

CK_RV p11_module_info(struct p11_module *module,
                      const struct p11_tracer *tracer, CK_INFO *info)
{
    bool known;
    CK_RV rv;

    (void)pthread_mutex_lock(&module->lock);
    known = module->known;
    *info = module->info;
    (void)pthread_mutex_unlock(&module->lock);
    if (known)
        return CKR_OK;
    P11_CALL_PASSING(rv, tracer, module->fn, C_GetInfo, (info));
    if (rv != CKR_OK)
        return rv;
    (void)pthread_mutex_lock(&module->lock);
    module->known = true;
    module->info = *info;
    (void)pthread_mutex_unlock(&module->lock);
    return CKR_OK;
}
