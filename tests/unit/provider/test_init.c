/* SPDX-License-Identifier: Apache-2.0 */
/* Life of the provider: parameters, bad settings, order of unloading. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

static void it_says_who_it_is(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    OSSL_PROVIDER *prov = OSSL_PROVIDER_load(libctx, "privyseal");
    char *name = NULL, *version = NULL;
    int status = 0;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, &name, 0),
        OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_VERSION, &version, 0),
        OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status),
        OSSL_PARAM_END};

    CU_ASSERT_PTR_NOT_NULL_FATAL(prov);
    CU_ASSERT_EQUAL(OSSL_PROVIDER_get_params(prov, params), 1);
    CU_ASSERT_EQUAL(strncmp(name, "privyseal", 9), 0);
    CU_ASSERT_TRUE(strlen(version) >= 5);
    CU_ASSERT_EQUAL(status, 1);
    CU_ASSERT_EQUAL(OSSL_PROVIDER_self_test(prov), 1);
    (void)OSSL_PROVIDER_unload(prov);
}

static void loading_touches_no_module(void)
{
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("", 0);
    CU_ASSERT_PTR_NOT_NULL(libctx);
    OSSL_LIB_CTX_free(libctx);
    CU_ASSERT_EQUAL(fixture_count("*"), 0);
}

static void refused(const char *line)
{
    OSSL_LIB_CTX *libctx = fixture_context(line, 0);

    /* To libcrypto a provider that does not load is no error of the file. */
    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    CU_ASSERT_EQUAL(OSSL_PROVIDER_available(libctx, "privyseal"), 0);
    CU_ASSERT_EQUAL(OSSL_PROVIDER_available(libctx, "default"), 1);
    OSSL_LIB_CTX_free(libctx);
}

static void a_bad_setting_keeps_it_from_loading(void)
{
    (void)fixture();
    refused("login = sometimes");
    refused("trace = /nowhere/file");
    ERR_clear_error();
}

static void another_context_lives_beside_it(void)
{
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *pkey;

    (void)fixture();
    libctx = fixture_context("", 0);
    pkey = fixture_load(libctx, FIXTURE_KEY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    EVP_PKEY_free(pkey);
    OSSL_LIB_CTX_free(libctx);
    pkey = fixture_load(fixture(), FIXTURE_KEY);
    CU_ASSERT_PTR_NOT_NULL(pkey);
    EVP_PKEY_free(pkey);
}

static void reasons_have_texts(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    unsigned long code;

    CU_ASSERT_PTR_NULL(fixture_load(
        libctx, "pkcs11:token=none;object=k;type=private?pin-value=1234"));
    code = ERR_peek_last_error();
    CU_ASSERT_EQUAL(ERR_GET_REASON(code), P11R_NO_TOKEN);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ERR_reason_error_string(code));
    CU_ASSERT_TRUE(strlen(ERR_reason_error_string(code)) > 5);
    CU_ASSERT_STRING_EQUAL(ERR_lib_error_string(code), "privyseal");
    ERR_clear_error();
}

UNIT_MAIN("provider/init", UNIT(it_says_who_it_is),
          UNIT(loading_touches_no_module),
          UNIT(a_bad_setting_keeps_it_from_loading),
          UNIT(another_context_lives_beside_it), UNIT(reasons_have_texts))
