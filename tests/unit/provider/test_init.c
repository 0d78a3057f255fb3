/* SPDX-License-Identifier: Apache-2.0 */
/* Life of the provider: parameters, bad settings, order of unloading. */
#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

/* Sanitizers have an allocator of their own, and find leaks themselves. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if !defined(__has_feature)
#define HEAP_IS_COUNTED
#elif !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define HEAP_IS_COUNTED
#endif
#endif

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

static int key_management(OSSL_LIB_CTX *libctx, const char *query)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(libctx, "RSA", query);
    int yes = found != NULL;

    EVP_KEYMGMT_free(found);
    ERR_clear_error();
    return yes;
}

static void what_is_blocked_is_not_offered(void)
{
    OSSL_LIB_CTX *libctx;

    (void)fixture();
    libctx = fixture_context("pkcs11-module-block-operations = store", 0);
    CU_ASSERT_PTR_NULL(fixture_load(libctx, FIXTURE_KEY));
    CU_ASSERT_TRUE(key_management(libctx, "provider=privyseal"));
    OSSL_LIB_CTX_free(libctx);
    libctx = fixture_context("pkcs11-module-block-operations = keymgmt", 0);
    CU_ASSERT_FALSE(key_management(libctx, "provider=privyseal"));
    CU_ASSERT_TRUE(key_management(libctx, "provider=default"));
    OSSL_LIB_CTX_free(libctx);
    ERR_clear_error();
}

static void fips_is_claimed_on_the_word_of_the_configuration_only(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    CU_ASSERT_FALSE(key_management(libctx, "provider=privyseal,fips=yes"));
    libctx = fixture_context("pkcs11-module-assume-fips = true", 0);
    CU_ASSERT_TRUE(key_management(libctx, "provider=privyseal,fips=yes"));
    OSSL_LIB_CTX_free(libctx);
}

static int signs(OSSL_LIB_CTX *libctx)
{
    EVP_PKEY *pkey = fixture_load(libctx, FIXTURE_KEY);
    uint8_t sig[512];
    size_t len = sizeof(sig);
    int ok = pkey != NULL && fixture_sign(libctx, pkey, RSA_PKCS1_PADDING,
                                          "SHA256", "message", sig, &len) == 1;

    EVP_PKEY_free(pkey);
    return ok;
}

static void it_is_loaded_twice_unloaded_and_loaded_again(void)
{
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *first, *second;

    (void)fixture();
    libctx = fixture_context("", 0);
    first = OSSL_PROVIDER_load(libctx, "privyseal");
    second = OSSL_PROVIDER_load(libctx, "privyseal");
    CU_ASSERT_TRUE(signs(libctx));
    CU_ASSERT_EQUAL(OSSL_PROVIDER_unload(first), 1);
    CU_ASSERT_TRUE(signs(libctx));
    CU_ASSERT_EQUAL(OSSL_PROVIDER_unload(second), 1);
    CU_ASSERT_TRUE(signs(libctx)); /* the configuration's own */
    OSSL_LIB_CTX_free(libctx);
    for (int i = 0; i < 3; i++) {
        libctx = fixture_context("", i % 2);
        CU_ASSERT_TRUE(signs(libctx));
        OSSL_LIB_CTX_free(libctx);
    }
    CU_ASSERT_TRUE(signs(fixture()));
    CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

/* Octets that the program has allocated. */
static size_t allocated(void)
{
#ifdef HEAP_IS_COUNTED
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

static void round_of_ours(int i)
{
    OSSL_LIB_CTX *libctx = fixture_context("", 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(libctx);
    /* A module is brought up and down. */
    if (i % 10 == 0)
        CU_ASSERT_TRUE_FATAL(signs(libctx));
    OSSL_LIB_CTX_free(libctx);
}

/* The same without us: a configuration that activates default. */
static char plain_conf[4096];

static void round_of_openssl(int i)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    (void)i;
    CU_ASSERT_EQUAL_FATAL(OSSL_LIB_CTX_load_config(libctx, plain_conf), 1);
    CU_ASSERT_TRUE(key_management(libctx, NULL));
    OSSL_LIB_CTX_free(libctx);
}

enum { ROUNDS = 1000 };

static long growth(void (*round)(int i))
{
    enum { WARM = 100 };
    size_t before = 0;

    for (int i = 0; i < WARM + ROUNDS; i++) {
        if (i == WARM)
            before = allocated();
        round(i);
    }
    return (long)allocated() - (long)before;
}

/* OpenSSL keeps some 140 octets of each configuration that it has read, more or
 * less. Less than that cannot be seen, and no object of ours is that small. */
static void a_thousand_loads_and_frees_grow_nothing(void)
{
    static const char text[] = "openssl_conf = init\n[init]\nproviders = list\n"
                               "[list]\ndefault = other\n[other]\n"
                               "activate = 1\n";
    enum { UNSEEN = 128 };
    char *dir = unit_temp_dir();
    long theirs, ours;
    FILE *file;

    (void)fixture();
    (void)snprintf(plain_conf, sizeof(plain_conf), "%s/openssl.cnf", dir);
    file = fopen(plain_conf, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fputs(text, file);
    (void)fclose(file);
    theirs = growth(round_of_openssl);
    ours = growth(round_of_ours);
    if (ours > theirs + ROUNDS * UNSEEN)
        (void)fprintf(stderr, "OpenSSL %ld octets, with the provider %ld\n",
                      theirs, ours);
    CU_ASSERT_TRUE(ours <= theirs + ROUNDS * UNSEEN);
    (void)unlink(plain_conf);
    (void)rmdir(dir);
    free(dir);
}

UNIT_MAIN("provider/init", UNIT(it_says_who_it_is),
          UNIT(loading_touches_no_module),
          UNIT(a_bad_setting_keeps_it_from_loading),
          UNIT(another_context_lives_beside_it), UNIT(reasons_have_texts),
          UNIT(what_is_blocked_is_not_offered),
          UNIT(fips_is_claimed_on_the_word_of_the_configuration_only),
          UNIT(it_is_loaded_twice_unloaded_and_loaded_again),
          UNIT(a_thousand_loads_and_frees_grow_nothing))
