/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <dlfcn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

OSSL_provider_init_fn OSSL_provider_init;

static OSSL_LIB_CTX *shared;

static void *control(const char *name)
{
    static void *module;
    void *symbol;

    if (module == NULL)
        module = dlopen(PRIVYSEAL_FAULT, RTLD_NOW);
    symbol = module != NULL ? dlsym(module, name) : NULL;
    if (symbol == NULL) {
        (void)fprintf(stderr, "%s: %s\n", name, dlerror());
        abort();
    }
    return symbol;
}

/* A function of the module; ISO C has no cast from dlsym's result. */
#define CONTROL(type, name)         \
    type;                           \
    void *symbol_ = control(#name); \
    memcpy(&function_, &symbol_, sizeof(function_))

void fixture_rule(const char *rule)
{
    CONTROL(int (*function_)(const char *), privyseal_fault_rule);
    CU_ASSERT_EQUAL_FATAL(function_(rule), 0);
}

void fixture_set(const char *settings)
{
    CONTROL(int (*function_)(const char *), privyseal_fault_set);
    CU_ASSERT_EQUAL_FATAL(function_(settings), 0);
}

void fixture_stale(void)
{
    CONTROL(void (*function_)(void), privyseal_fault_stale);
    function_();
}

unsigned long fixture_count(const char *name)
{
    CONTROL(unsigned long (*function_)(const char *), privyseal_fault_count);
    return function_(name);
}

unsigned long fixture_violations(void)
{
    char text[2048] = "";
    unsigned long count;

    CONTROL(unsigned long (*function_)(char *, size_t),
            privyseal_fault_violations);
    count = function_(text, sizeof(text));
    if (count != 0)
        (void)fprintf(stderr, "%s\n", text);
    return count;
}

void fixture_reset(void)
{
    {
        CONTROL(void (*function_)(void), privyseal_fault_clear_rules);
        function_();
    }
    {
        CONTROL(void (*function_)(void), privyseal_fault_reset);
        function_();
    }
    ERR_clear_error();
}

OSSL_LIB_CTX *fixture_context(const char *lines, int alone)
{
    static const char format[] = "openssl_conf = init\nconfig_diagnostics = "
                                 "1\n[init]\nproviders = list\n[list]\n"
                                 "privyseal = ours\n%s[other]\nactivate = 1\n"
                                 "[ours]\nactivate = 1\nmodule-path = %s\n%s\n";
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    char *dir = unit_temp_dir(), path[4096];
    FILE *file;
    int ok;

    (void)snprintf(path, sizeof(path), "%s/openssl.cnf", dir);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fprintf(file, format, alone ? "" : "default = other\n",
                  PRIVYSEAL_FAULT, lines);
    (void)fclose(file);
    CU_ASSERT_EQUAL_FATAL(
        OSSL_PROVIDER_add_builtin(libctx, "privyseal", OSSL_provider_init), 1);
    ok = OSSL_LIB_CTX_load_config(libctx, path);
    (void)unlink(path);
    (void)rmdir(dir);
    free(dir);
    if (ok != 1) {
        OSSL_LIB_CTX_free(libctx);
        return NULL;
    }
    return libctx;
}

EVP_PKEY *fixture_generate(OSSL_LIB_CTX *libctx, const OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, "RSA", "provider=privyseal");
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    if (EVP_PKEY_keygen_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_params(ctx, params) == 1)
        (void)EVP_PKEY_generate(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void make_key(void)
{
    char uri[] = "pkcs11:token=fault;object=k?pin-value=1234";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0), OSSL_PARAM_END};
    EVP_PKEY *pkey = fixture_generate(shared, params);

    if (pkey == NULL) {
        ERR_print_errors_fp(stderr);
        abort();
    }
    EVP_PKEY_free(pkey);
}

OSSL_LIB_CTX *fixture(void)
{
    if (shared == NULL) {
        shared = fixture_context("", 0);
        if (shared == NULL) {
            ERR_print_errors_fp(stderr);
            abort();
        }
        make_key();
    }
    fixture_reset();
    return shared;
}

EVP_PKEY *fixture_load(OSSL_LIB_CTX *libctx, const char *uri)
{
    int expect = strstr(uri, "type=public") != NULL ? OSSL_STORE_INFO_PUBKEY
                                                    : OSSL_STORE_INFO_PKEY;
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (store == NULL)
        return NULL;
    if (OSSL_STORE_expect(store, expect) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = expect == OSSL_STORE_INFO_PKEY
                   ? OSSL_STORE_INFO_get1_PKEY(info)
                   : OSSL_STORE_INFO_get1_PUBKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    return pkey;
}

static EVP_MD_CTX *begin(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, int pad,
                         const char *digest, int signing)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    int ok;

    ok = signing ? EVP_DigestSignInit_ex(ctx, &pctx, digest, libctx, NULL, pkey,
                                         NULL)
                 : EVP_DigestVerifyInit_ex(ctx, &pctx, digest, libctx, NULL,
                                           pkey, NULL);
    if (ok == 1 && EVP_PKEY_CTX_set_rsa_padding(pctx, pad) > 0)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

int fixture_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, int pad,
                 const char *digest, const char *message, uint8_t *sig,
                 size_t *sig_len)
{
    EVP_MD_CTX *ctx = begin(libctx, pkey, pad, digest, 1);
    int ok = 0;

    if (ctx != NULL)
        ok = EVP_DigestSign(ctx, sig, sig_len, (const uint8_t *)message,
                            strlen(message));
    EVP_MD_CTX_free(ctx);
    return ok;
}

EVP_PKEY *fixture_software(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(NULL, "RSA", "provider=default");
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL, *e = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY *software = NULL;

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(pkey, "n", &n), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_bn_param(pkey, "e", &e), 1);
    OSSL_PARAM_BLD_push_BN(builder, "n", n);
    OSSL_PARAM_BLD_push_BN(builder, "e", e);
    params = OSSL_PARAM_BLD_to_param(builder);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_fromdata(ctx, &software, EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
    return software;
}

int fixture_verify(EVP_PKEY *software, int pad, const char *digest,
                   const char *message, const uint8_t *sig, size_t sig_len)
{
    EVP_MD_CTX *ctx = begin(NULL, software, pad, digest, 0);
    int ok = 0;

    if (ctx != NULL)
        ok = EVP_DigestVerify(ctx, sig, sig_len, (const uint8_t *)message,
                              strlen(message));
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* What later versions of libcrypto add to a provider's error. */
static const int remarks[] = {
#ifdef EVP_R_PROVIDER_SIGNATURE_FAILURE
    EVP_R_PROVIDER_SIGNATURE_FAILURE, EVP_R_PROVIDER_ASYM_CIPHER_FAILURE,
    EVP_R_PROVIDER_KEYMGMT_FAILURE,
#endif
    -1};

static bool is_remark(unsigned long code)
{
    if (ERR_GET_LIB(code) != ERR_LIB_EVP)
        return false;
    for (size_t i = 0; remarks[i] >= 0; i++) {
        if (remarks[i] == ERR_GET_REASON(code))
            return true;
    }
    return false;
}

int fixture_errors(int *reason)
{
    unsigned long code;
    const char *data = NULL;
    int count = 0, flags = 0;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        if (is_remark(code))
            continue;
        count++;
        if (getenv("UNIT_SHOW_ERRORS") != NULL)
            (void)fprintf(stderr, "error: %s\n", data);
        if (reason != NULL)
            *reason = ERR_GET_REASON(code);
    }
    return count;
}
