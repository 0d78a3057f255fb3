/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM keys of software under our key management: OpenSSL and we encapsulate
 * for each other. */
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <string.h>

#include "algs.h"
#include "fixture.h"
#include "keytype.h"
#include "unit.h"

enum { CIPHERTEXT_MAX = 1568, SECRET = 32 };

static const char *const types[] = {"ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

static int is_old(void)
{
    return OpenSSL_version_num() < PROV_OPENSSL_3_5;
}

static EVP_PKEY *ours(OSSL_LIB_CTX *libctx, EVP_PKEY *software, int selection)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
        libctx, EVP_PKEY_get0_type_name(software), "provider=privyseal");
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_todata(software, selection, &params), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata(ctx, &pkey, selection, params), 1);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static int encapsulate(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, uint8_t *cipher,
                       size_t *len, uint8_t secret[SECRET])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    size_t secret_len = SECRET;
    int ok;

    *len = CIPHERTEXT_MAX;
    ok = EVP_PKEY_encapsulate_init(ctx, NULL) == 1 &&
         EVP_PKEY_encapsulate(ctx, cipher, len, secret, &secret_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int decapsulate(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                       const uint8_t *cipher, size_t len,
                       uint8_t secret[SECRET])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    size_t secret_len = 0;
    int ok = EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
             EVP_PKEY_decapsulate(ctx, NULL, &secret_len, cipher, len) == 1 &&
             secret_len == SECRET &&
             EVP_PKEY_decapsulate(ctx, secret, &secret_len, cipher, len) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static void secrets_agree_both_ways(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    uint8_t cipher[CIPHERTEXT_MAX], one[SECRET], two[SECRET];
    size_t len;

    CU_ASSERT_EQUAL(prov_keytype_ml_kem_512.since, PROV_OPENSSL_3_5);
    for (size_t i = 0; i < TYPES && !is_old(); i++) {
        EVP_PKEY *software = EVP_PKEY_Q_keygen(libctx, NULL, types[i]);
        EVP_PKEY *pair, *public_key;

        CU_ASSERT_PTR_NOT_NULL_FATAL(software);
        pair = ours(libctx, software, EVP_PKEY_KEYPAIR);
        public_key = ours(libctx, software, EVP_PKEY_PUBLIC_KEY);
        CU_ASSERT_TRUE_FATAL(
            encapsulate(libctx, public_key, cipher, &len, one));
        CU_ASSERT_EQUAL(len, (size_t)EVP_PKEY_get_size(software));
        CU_ASSERT_TRUE(decapsulate(libctx, software, cipher, len, two));
        CU_ASSERT_EQUAL(memcmp(one, two, SECRET), 0);
        CU_ASSERT_TRUE_FATAL(encapsulate(libctx, software, cipher, &len, one));
        CU_ASSERT_TRUE(decapsulate(libctx, pair, cipher, len, two));
        CU_ASSERT_EQUAL(memcmp(one, two, SECRET), 0);
        CU_ASSERT_FALSE(decapsulate(libctx, pair, cipher, len - 1, two));
        CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
        CU_ASSERT_FALSE(decapsulate(libctx, public_key, cipher, len, two));
        CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
        CU_ASSERT_EQUAL(EVP_PKEY_get_bits(pair), EVP_PKEY_get_bits(software));
        CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(pair),
                        EVP_PKEY_get_security_bits(software));
        CU_ASSERT_EQUAL(EVP_PKEY_eq(pair, software), 1);
        EVP_PKEY_free(public_key);
        EVP_PKEY_free(pair);
        EVP_PKEY_free(software);
    }
}

static EVP_PKEY *generate_in_token(OSSL_LIB_CTX *libctx, const char *type)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(libctx, type, "provider=privyseal");
    char uri[96];
    OSSL_PARAM params[] = {OSSL_PARAM_END, OSSL_PARAM_END};
    EVP_PKEY *pkey = NULL;

    (void)snprintf(uri, sizeof(uri),
                   "pkcs11:token=fault;object=%s?pin-value=1234", type);
    params[0] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_keygen_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_CTX_set_params(ctx, params), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_generate(ctx, &pkey), 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* The public half, of the default provider. */
static EVP_PKEY *public_copy(EVP_PKEY *pkey)
{
    uint8_t raw[1568];
    size_t len = sizeof(raw);

    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get_raw_public_key(pkey, raw, &len), 1);
    return EVP_PKEY_new_raw_public_key_ex(NULL, EVP_PKEY_get0_type_name(pkey),
                                          NULL, raw, len);
}

static void check_token_key(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey)
{
    uint8_t cipher[CIPHERTEXT_MAX], one[SECRET], two[SECRET];
    EVP_PKEY *software = public_copy(pkey);
    size_t len;

    CU_ASSERT_PTR_NOT_NULL_FATAL(software);
    fixture_reset();
    CU_ASSERT_TRUE_FATAL(encapsulate(NULL, software, cipher, &len, one));
    CU_ASSERT_TRUE(decapsulate(libctx, pkey, cipher, len, two));
    CU_ASSERT_EQUAL(memcmp(one, two, SECRET), 0);
    CU_ASSERT_EQUAL(fixture_count("C_DecapsulateKey"), 1);
    CU_ASSERT_TRUE_FATAL(encapsulate(libctx, pkey, cipher, &len, one));
    CU_ASSERT_EQUAL(fixture_count("C_DecapsulateKey"), 1);
    CU_ASSERT_TRUE(decapsulate(libctx, pkey, cipher, len, two));
    CU_ASSERT_EQUAL(memcmp(one, two, SECRET), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    /* A changed ciphertext gives another secret (implicit rejection). */
    cipher[3] ^= 1;
    CU_ASSERT_TRUE(decapsulate(libctx, pkey, cipher, len, two));
    CU_ASSERT_NOT_EQUAL(memcmp(one, two, SECRET), 0);
    cipher[3] ^= 1;
    fixture_rule("C_DecapsulateKey:1 -> rv=CKR_SESSION_HANDLE_INVALID");
    CU_ASSERT_TRUE(decapsulate(libctx, pkey, cipher, len, two));
    CU_ASSERT_EQUAL(memcmp(one, two, SECRET), 0);
    fixture_reset();
    fixture_rule("C_DecapsulateKey -> rv=CKR_HOST_MEMORY");
    CU_ASSERT_FALSE(decapsulate(libctx, pkey, cipher, len, two));
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    fixture_reset();
    EVP_PKEY_free(software);
}

static void a_token_makes_keys_and_decapsulates_by_them(void)
{
    OSSL_LIB_CTX *libctx;

    if (is_old()) {
        (void)fprintf(stderr, "skipped: libcrypto has no ML-KEM before 3.5\n");
        return;
    }
    libctx = fixture();
    fixture_set("newer=yes");
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *made = generate_in_token(libctx, types[i]), *found;
        char uri[96];

        check_token_key(libctx, made);
        (void)snprintf(uri, sizeof(uri),
                       "pkcs11:token=fault;object=%s;type=private"
                       "?pin-value=1234",
                       types[i]);
        found = fixture_load(libctx, uri);
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_TRUE(EVP_PKEY_is_a(found, types[i]));
        CU_ASSERT_EQUAL(EVP_PKEY_eq(found, made), 1);
        check_token_key(libctx, found);
        CU_ASSERT_EQUAL(fixture_violations(), 0);
        EVP_PKEY_free(found);
        EVP_PKEY_free(made);
    }
}

/* As a core might call, though libcrypto's does not. */
static void a_start_without_a_key_is_one_error(void)
{
    EVP_KEYMGMT *keymgmt =
        EVP_KEYMGMT_fetch(fixture(), "RSA", "provider=privyseal");
    OSSL_FUNC_kem_newctx_fn *make = NULL;
    OSSL_FUNC_kem_freectx_fn *end = NULL;
    OSSL_FUNC_kem_decapsulate_init_fn *begin = NULL;
    void *ctx;

    CU_ASSERT_PTR_NOT_NULL_FATAL(keymgmt);
    for (const OSSL_DISPATCH *d = prov_kem; d->function_id != 0; d++) {
        if (d->function_id == OSSL_FUNC_KEM_NEWCTX)
            make = OSSL_FUNC_kem_newctx(d);
        if (d->function_id == OSSL_FUNC_KEM_FREECTX)
            end = OSSL_FUNC_kem_freectx(d);
        if (d->function_id == OSSL_FUNC_KEM_DECAPSULATE_INIT)
            begin = OSSL_FUNC_kem_decapsulate_init(d);
    }
    CU_ASSERT_TRUE_FATAL(make != NULL && end != NULL && begin != NULL);
    ctx = make(
        OSSL_PROVIDER_get0_provider_ctx(EVP_KEYMGMT_get0_provider(keymgmt)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    CU_ASSERT_EQUAL(begin(ctx, NULL, NULL), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    end(ctx);
    EVP_KEYMGMT_free(keymgmt);
}

UNIT_MAIN("provider/mlkem", UNIT(a_start_without_a_key_is_one_error),
          UNIT(secrets_agree_both_ways),
          UNIT(a_token_makes_keys_and_decapsulates_by_them))
