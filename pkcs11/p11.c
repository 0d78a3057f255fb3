/* SPDX-License-Identifier: Apache-2.0 */
/* struct p11: copying settings, counting references. */
#include "handle.h"

#include "vault.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void free_secret(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

struct p11 *p11_up_ref(struct p11 *p11)
{
    atomic_fetch_add(&p11->refs, 1);
    return p11;
}

void p11_release(struct p11 *p11)
{
    if (atomic_fetch_sub(&p11->refs, 1) != 1)
        return;
    p11_vault_drop(p11, NULL);
    for (size_t i = 0; i < p11->module_count; i++)
        p11_module_close(p11->modules[i]);
    free(p11->modules);
    for (size_t i = 0; i < p11->pin_count; i++) {
        free(p11->pins[i].label);
        p11_uri_free(p11->pins[i].uri);
        free_secret(p11->pins[i].source);
    }
    free(p11->pins);
    free_secret(p11->pin_source);
    free(p11->credentials);
    free(p11);
}

void p11_free(struct p11 *p11)
{
    if (p11 == NULL)
        return;
    p11_memory_clear(&p11->memory);
    p11_release(p11);
}

/* ---- settings ---------------------------------------------------------- */

static CK_RV copy_pin(struct p11_pin_row *row, const struct p11_pin_conf *conf)
{
    row->source = strdup(conf->source);
    if (row->source == NULL)
        return CKR_HOST_MEMORY;
    if (strncasecmp(conf->token, "pkcs11:", strlen("pkcs11:")) == 0) {
        const CK_RV rv = p11_uri_parse(conf->token, &row->uri, NULL);

        return rv == CKR_OK && p11_uri_unknown(row->uri) ? P11R_URI_INVALID
                                                         : rv;
    }
    row->label = strdup(conf->token);
    return row->label != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV copy_pins(struct p11 *p11, const struct p11_conf *conf)
{
    CK_RV rv = CKR_OK;

    p11->pins = calloc(conf->pin_count + 1, sizeof(*p11->pins));
    if (p11->pins == NULL)
        return CKR_HOST_MEMORY;
    for (size_t i = 0; i < conf->pin_count && rv == CKR_OK; i++) {
        p11->pin_count++;
        rv = copy_pin(&p11->pins[i], &conf->pins[i]);
    }
    if (rv == CKR_OK && conf->pin_source != NULL) {
        p11->pin_source = strdup(conf->pin_source);
        rv = p11->pin_source != NULL ? CKR_OK : CKR_HOST_MEMORY;
    }
    if (rv == CKR_OK && conf->credentials != NULL) {
        p11->credentials = strdup(conf->credentials);
        rv = p11->credentials != NULL ? CKR_OK : CKR_HOST_MEMORY;
    }
    return rv;
}

/* A module that is listed twice, maybe by another name of its file, is one. */
static bool is_listed(const struct p11 *p11, const struct p11_module *module)
{
    for (size_t i = 0; i < p11->module_count; i++) {
        if (p11->modules[i] == module)
            return true;
    }
    return false;
}

static CK_RV open_modules(struct p11 *p11, const struct p11_conf *conf)
{
    p11->registered = conf->module_count == 0;
    if (p11->registered)
        return CKR_OK;
    p11->modules = calloc(conf->module_count, sizeof(struct p11_module *));
    if (p11->modules == NULL)
        return CKR_HOST_MEMORY;
    for (size_t i = 0; i < conf->module_count; i++) {
        struct p11_module *module;

        if (conf->modules[i].path == NULL)
            return CKR_ARGUMENTS_BAD;
        module = p11_module_open(&conf->modules[i]);
        if (module == NULL)
            return CKR_HOST_MEMORY;
        if (is_listed(p11, module))
            p11_module_close(module);
        else
            p11->modules[p11->module_count++] = module;
    }
    atomic_store(&p11->listed, true);
    return CKR_OK;
}

CK_RV p11_new(const struct p11_conf *conf, struct p11 **out)
{
    struct p11 *p11 = calloc(1, sizeof(*p11));
    CK_RV rv;

    if (p11 == NULL)
        return CKR_HOST_MEMORY;
    atomic_init(&p11->refs, 1);
    p11->tracer.trace = conf->trace;
    p11->tracer.arg = conf->trace_arg;
    p11->rules.limit = conf->session_limit;
    p11->rules.wait_ms = conf->session_wait_ms;
    p11->login = conf->login;
    p11->copies = conf->copies;
    p11->pin_cache = conf->pin_cache;
    rv = copy_pins(p11, conf);
    if (rv == CKR_OK)
        rv = open_modules(p11, conf);
    if (rv != CKR_OK) {
        p11_free(p11);
        return rv;
    }
    *out = p11;
    return CKR_OK;
}

CK_RV p11_list_modules(struct p11 *p11, struct p11_diag *diag)
{
    struct p11_module **modules = NULL;
    size_t count = 0;
    bool mine = false;
    CK_RV rv;

    if (atomic_load(&p11->listed))
        return CKR_OK;
    rv = p11_module_registered(&modules, &count, diag);
    if (rv != CKR_OK)
        return rv;
    p11_registry_lock();
    mine = !atomic_load(&p11->listed);
    if (mine) {
        p11->modules = modules;
        p11->module_count = count;
        atomic_store(&p11->listed, true);
    }
    p11_registry_unlock();
    if (mine)
        return CKR_OK;
    for (size_t i = 0; i < count; i++) /* another thread was quicker */
        p11_module_close(modules[i]);
    free(modules);
    return CKR_OK;
}

const char *p11_configured_pin(const struct p11 *p11, struct p11_token *token,
                               bool with_default)
{
    for (size_t i = 0; i < p11->pin_count; i++) {
        const struct p11_pin_row *row = &p11->pins[i];

        if (row->uri != NULL
                ? !p11_uri_unknown(row->uri) &&
                      p11_uri_matches_file(row->uri, token->module->path,
                                           token->module->name) &&
                      p11_token_matches(token, &p11->tracer, row->uri)
                : strcmp(row->label, token->label) == 0)
            return row->source;
    }
    return with_default ? p11->pin_source : NULL;
}

CK_RV p11_attach(struct p11 *p11, struct p11_token *token)
{
    enum { RECHECK_US = 100000 };
    struct p11_module *module = token->module;
    CK_RV rv;

    if (p11_gate_inside())
        return P11R_REENTERED;
    if (atomic_load(&module->ready) && atomic_load(&token->present))
        return CKR_OK;
    rv = p11_module_ready(module, &p11->tracer, NULL);
    if (rv == CKR_OK)
        rv = p11_token_enumerate(module, &p11->tracer, RECHECK_US);
    if (rv == CKR_OK && !atomic_load(&token->present))
        rv = CKR_TOKEN_NOT_PRESENT;
    return rv;
}
