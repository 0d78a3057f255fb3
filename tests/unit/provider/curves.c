/* SPDX-License-Identifier: Apache-2.0 */
#include "curves.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdio.h>

#include "fixture.h"
#include "unit.h"

static EVP_PKEY *generate(OSSL_LIB_CTX *libctx, const char *type,
                          const char *group, char *uri)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, type, "provider=privyseal");
    OSSL_PARAM params[3] = {OSSL_PARAM_END, OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_PKEY *pkey = NULL;
    size_t n = 0;
    char name[32];

    if (uri != NULL)
        params[n++] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
    if (group != NULL) {
        (void)snprintf(name, sizeof(name), "%s", group);
        params[n] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                     name, 0);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    if (EVP_PKEY_keygen_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_params(ctx, params) == 1)
        (void)EVP_PKEY_generate(ctx, &pkey);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

EVP_PKEY *curves_generate(OSSL_LIB_CTX *libctx, const char *type,
                          const char *group, const char *label)
{
    char uri[128];

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=%s?pin-value=1234", label);
    return generate(libctx, type, group, uri);
}

EVP_PKEY *curves_forced(OSSL_LIB_CTX *libctx, const char *type,
                        const char *group)
{
    return generate(libctx, type, group, NULL);
}

EVP_PKEY *curves_load(OSSL_LIB_CTX *libctx, const char *label)
{
    char uri[128];

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=%s;type=private?pin-value=1234",
                   label);
    return fixture_load(libctx, uri);
}

EVP_PKEY *curves_software(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
        NULL, EVP_PKEY_get0_type_name(pkey), "provider=default");
    OSSL_PARAM *params = NULL;
    EVP_PKEY *software = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &params),
                          1);
    CU_ASSERT_EQUAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_fromdata(ctx, &software, EVP_PKEY_PUBLIC_KEY, params), 1);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return software;
}

EVP_PKEY *curves_peer(const char *type, const char *group)
{
    return group != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, type, group)
                         : EVP_PKEY_Q_keygen(NULL, NULL, type);
}
