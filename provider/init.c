/* SPDX-License-Identifier: Apache-2.0 */
/* Entry point, parameters and life of a provider instance. */
#include "prov.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "tls.h"

/* Inside calls into foreign code, and while others are made to register. */
static _Thread_local unsigned inside;

void prov_enter(const struct prov *prov)
{
    inside++;
    (void)prov->core.set_error_mark(prov->core.handle);
}

void prov_leave(const struct prov *prov)
{
    (void)prov->core.pop_error_to_mark(prov->core.handle);
    inside--;
}

bool prov_is_inside(void)
{
    return inside != 0;
}

static OSSL_FUNC_provider_teardown_fn teardown;
static OSSL_FUNC_provider_gettable_params_fn gettable_params;
static OSSL_FUNC_provider_get_params_fn get_params;
static OSSL_FUNC_provider_query_operation_fn query_operation;
static OSSL_FUNC_provider_get_reason_strings_fn get_reason_strings;
static OSSL_FUNC_provider_self_test_fn self_test;
static OSSL_FUNC_provider_get_capabilities_fn get_capabilities;

static void teardown(void *provctx)
{
    struct prov *prov = provctx;

    inside++;
    p11_free(prov->p11);
    prov_soft_clear(&prov->soft);
    inside--;
    prov_prime_clear(&prov->prime);
    prov_algs_clear(&prov->algs);
    prov_trace_close(&prov->trace);
    prov_conf_clear(&prov->conf);
    free(prov);
}

static const OSSL_PARAM *gettable_params(void *provctx)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL), OSSL_PARAM_END};

    (void)provctx;
    return gettable;
}

static int wrong_form(const struct prov *prov, const char *name)
{
    return prov_raise(&prov->core, CKR_ARGUMENTS_BAD,
                      "provider: the parameter %s has another type", name);
}

static int get_params(void *provctx, OSSL_PARAM params[])
{
    static const struct {
        const char *key, *value;
    } texts[] = {{OSSL_PROV_PARAM_NAME, "privyseal: keys in PKCS#11 tokens"},
                 {OSSL_PROV_PARAM_VERSION, PRIVYSEAL_VERSION},
                 {OSSL_PROV_PARAM_BUILDINFO, PRIVYSEAL_VERSION}};
    OSSL_PARAM *p;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        p = OSSL_PARAM_locate(params, texts[i].key);
        if (p != NULL && OSSL_PARAM_set_utf8_ptr(p, texts[i].value) != 1)
            return wrong_form(provctx, texts[i].key);
    }
    p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
    return p == NULL || OSSL_PARAM_set_int(p, 1) == 1
               ? 1
               : wrong_form(provctx, OSSL_PROV_PARAM_STATUS);
}

/* What the configuration switches off, or not on. */
static bool is_offered(const struct prov *prov, int operation_id)
{
    return (prov->conf.blocked >> operation_id & 1) == 0 &&
           (operation_id != OSSL_OP_RAND || prov->conf.rand);
}

static const OSSL_ALGORITHM *query_operation(void *provctx, int operation_id,
                                             int *no_cache)
{
    struct prov *prov = provctx;
    bool final;

    *no_cache = 0;
    /* Random numbers serve a module too, from the kernel. */
    if (inside != 0 && operation_id != OSSL_OP_RAND) {
        *no_cache = 1;
        return NULL;
    }
    if (!is_offered(prov, operation_id))
        return NULL;
    if (operation_id == OSSL_OP_KEYMGMT) {
        inside++;
        final = prov_prime_run(&prov->prime);
        inside--;
        *no_cache = final ? 0 : 1;
    }
    if (operation_id == OSSL_OP_SIGNATURE) {
        inside++;
        prov_prime_signatures(&prov->prime);
        inside--;
    }
    return prov_algs_of(&prov->algs, operation_id);
}

static const OSSL_ITEM *get_reason_strings(void *provctx)
{
    (void)provctx;
    return prov_reasons();
}

static int self_test(void *provctx)
{
    (void)provctx;
    return 1;
}

static int get_capabilities(void *provctx, const char *capability,
                            OSSL_CALLBACK *callback, void *arg)
{
    const struct prov *prov = provctx;

    return prov->conf.tls_capabilities
               ? prov_tls_capabilities(capability, callback, arg)
               : 1;
}

static const OSSL_DISPATCH provider[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown},
    {OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, (void (*)(void))gettable_params},
    {OSSL_FUNC_PROVIDER_GET_PARAMS, (void (*)(void))get_params},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_operation},
    {OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, (void (*)(void))get_reason_strings},
    {OSSL_FUNC_PROVIDER_SELF_TEST, (void (*)(void))self_test},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
    {0, NULL}};

static bool open_trace(struct prov *prov)
{
    if (prov->conf.trace_path == NULL)
        return true;
    if (!prov_trace_open(&prov->trace, prov->conf.trace_path,
                         prov->conf.trace_level))
        return prov_raise(&prov->core, CKR_ARGUMENTS_BAD,
                          "configuration: trace: %s: %s", prov->conf.trace_path,
                          strerror(errno)) != 0;
    prov_trace_note(&prov->trace, prov->conf.notes);
    prov->conf.p11.trace = prov_trace_call;
    prov->conf.p11.trace_arg = &prov->trace;
    return true;
}

/* Touches no module: that waits until a key is asked for, since a module may
 * well use OpenSSL, whose configuration is being loaded now. */
static bool start(struct prov *prov)
{
    CK_RV rv;

    if (!prov_conf_read(&prov->core, &prov->conf) || !open_trace(prov))
        return false;
    if (!prov_algs_init(&prov->algs, prov->conf.name, prov->conf.fips))
        return prov_raise(&prov->core, CKR_HOST_MEMORY, "provider %s",
                          prov->conf.name) != 0;
    rv = p11_new(&prov->conf.p11, &prov->p11);
    if (rv != CKR_OK)
        return prov_raise(&prov->core, rv, "provider %s: %s", prov->conf.name,
                          p11_rv_text(rv)) != 0;
    return true;
}

__attribute__((visibility("default"))) int
OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                   const OSSL_DISPATCH **out, void **provctx)
{
    struct prov *prov = calloc(1, sizeof(*prov));

    if (prov == NULL)
        return 0;
    prov->trace.fd = -1;
    if (!prov_core_init(&prov->core, handle, in)) {
        free(prov);
        return 0;
    }
    prov_prime_init(&prov->prime, (OSSL_LIB_CTX *)prov->core.get_libctx(handle),
                    prov_core_shares_libcrypto(&prov->core));
    if (!start(prov)) {
        teardown(prov);
        return 0;
    }
    /* Last: libcrypto cannot take a child back before init has succeeded. */
    prov_soft_init(&prov->soft, handle, in);
    *out = provider;
    *provctx = prov;
    return 1;
}
