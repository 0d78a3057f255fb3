/* SPDX-License-Identifier: Apache-2.0 */
/* Key agreement: the token's secrets are software's, and so is what the key
 * derivation function makes of them. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <string.h>

#include "curves.h"
#include "fixture.h"
#include "pkcs11/p11.h"
#include "unit.h"

enum { SECRET_MAX = 128 };

static const struct {
    const char *type, *group, *label;
} rows[] = {{"EC", "P-256", "dh256"},
            {"EC", "P-521", "dh521"},
            {"EC", "brainpoolP256r1", "dhbp"},
            {"X25519", NULL, "x25519"},
            {"X448", NULL, "x448"}};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

struct settings {
    const char *digest; /* of X9.63; NULL: no KDF */
    const char *ukm;    /* NULL: none */
    int cofactor, len;
};

static int derive(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, EVP_PKEY *peer,
                  const struct settings *settings, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    int ok = EVP_PKEY_derive_init(ctx) == 1 &&
             EVP_PKEY_derive_set_peer(ctx, peer) == 1;

    if (ok && settings != NULL && settings->cofactor != -1)
        ok = EVP_PKEY_CTX_set_ecdh_cofactor_mode(ctx, settings->cofactor) == 1;
    if (ok && settings != NULL && settings->digest != NULL) {
        const EVP_MD *md = EVP_get_digestbyname(settings->digest);

        ok =
            EVP_PKEY_CTX_set_ecdh_kdf_type(ctx, EVP_PKEY_ECDH_KDF_X9_63) == 1 &&
            EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, md) == 1 &&
            EVP_PKEY_CTX_set_ecdh_kdf_outlen(ctx, settings->len) == 1 &&
            (settings->ukm == NULL ||
             EVP_PKEY_CTX_set0_ecdh_kdf_ukm(
                 ctx, (uint8_t *)OPENSSL_strdup(settings->ukm),
                 (int)strlen(settings->ukm)) == 1);
    }
    ok = ok && EVP_PKEY_derive(ctx, out, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static EVP_PKEY *key(OSSL_LIB_CTX *libctx, size_t i)
{
    EVP_PKEY *pkey = curves_load(libctx, rows[i].label);

    (void)fixture_errors(NULL);
    if (pkey == NULL)
        pkey =
            curves_generate(libctx, rows[i].type, rows[i].group, rows[i].label);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    return pkey;
}

static void agree(EVP_PKEY *pkey, EVP_PKEY *peer,
                  const struct settings *settings)
{
    EVP_PKEY *public = curves_software(pkey);
    uint8_t a[SECRET_MAX], b[SECRET_MAX];
    size_t m = sizeof(a), n = sizeof(b);

    CU_ASSERT_EQUAL(derive(fixture(), pkey, peer, settings, a, &m), 1);
    CU_ASSERT_EQUAL_FATAL(derive(NULL, peer, public, settings, b, &n), 1);
    CU_ASSERT_EQUAL_FATAL(m, n);
    CU_ASSERT_EQUAL(memcmp(a, b, n), 0);
    EVP_PKEY_free(public);
}

static void secrets_are_those_of_software(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < ROWS; i++) {
        EVP_PKEY *pkey = key(libctx, i);
        EVP_PKEY *peer = curves_peer(rows[i].type, rows[i].group);

        agree(pkey, peer, NULL);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(pkey);
    }
    CU_ASSERT_EQUAL(fixture_violations(), 0);
}

static void what_is_derived_is_that_of_software(void)
{
    static const struct settings many[] = {
        {"SHA256", NULL, -1, 16}, {"SHA1", "ukm", 0, 100},
        {"SHA512", "ukm", 1, 64}, {NULL, NULL, 1, 0},
        {NULL, NULL, 0, 0},
    };
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, 0);
    EVP_PKEY *peer = curves_peer(rows[0].type, rows[0].group);

    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        agree(pkey, peer, &many[i]);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(pkey);
}

static void tokens_take_the_peers_point_in_their_form(void)
{
    static const char *const forms[] = {"ec-peer=raw", "ec-peer=wrapped"};

    for (size_t i = 0; i < 2; i++) {
        OSSL_LIB_CTX *libctx = fixture();
        EVP_PKEY *pkey = key(libctx, 0);
        EVP_PKEY *peer = curves_peer(rows[0].type, rows[0].group);

        fixture_set(forms[i]);
        agree(pkey, peer, NULL);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(pkey);
    }
    fixture_set("ec-peer=any");
}

static void a_peer_of_another_group_is_refused(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, 0);
    EVP_PKEY *peer = curves_peer("EC", "P-384");
    uint8_t secret[SECRET_MAX];
    size_t len = sizeof(secret);

    CU_ASSERT_EQUAL(derive(libctx, pkey, peer, NULL, secret, &len), 0);
    CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
    CU_ASSERT_EQUAL(fixture_count("C_DeriveKey"), 0);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(pkey);
}

static void a_point_of_small_order_gives_no_secret(void)
{
    static const uint8_t zero[32] = {0};
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, 3);
    EVP_PKEY *peer =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, zero, sizeof(zero));
    uint8_t secret[SECRET_MAX];
    size_t len = sizeof(secret);

    CU_ASSERT_EQUAL(derive(libctx, pkey, peer, NULL, secret, &len), 0);
    CU_ASSERT_TRUE(fixture_errors(NULL) >= 1);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(pkey);
}

static void what_fails_is_one_error(void)
{
    OSSL_LIB_CTX *libctx = fixture();
    EVP_PKEY *pkey = key(libctx, 0);
    EVP_PKEY *peer = curves_peer("EC", "P-256");
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
    EVP_PKEY_CTX *copy;
    uint8_t secret[SECRET_MAX];
    size_t len = sizeof(secret);
    int reason = 0;

    CU_ASSERT_EQUAL(EVP_PKEY_derive_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(ctx, secret, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_OPERATION_NOT_INITIALIZED);
    CU_ASSERT_EQUAL(EVP_PKEY_derive_set_peer(ctx, peer), 1);
    fixture_rule("C_DeriveKey -> rv=CKR_FUNCTION_FAILED");
    len = sizeof(secret);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(ctx, secret, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(&reason), 1);
    CU_ASSERT_EQUAL(reason, CKR_FUNCTION_FAILED);
    fixture_reset();
    copy = EVP_PKEY_CTX_dup(ctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    EVP_PKEY_CTX_free(ctx);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(copy, NULL, &len), 1);
    CU_ASSERT_EQUAL(len, 32);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(copy, secret, &len), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_ecdh_kdf_type(copy, 2), 1);
    len = sizeof(secret);
    CU_ASSERT_EQUAL(EVP_PKEY_derive(copy, secret, &len), 0);
    CU_ASSERT_EQUAL(fixture_errors(NULL), 1);
    EVP_PKEY_CTX_free(copy);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(pkey);
}

static void forced_software_keys_agree(void)
{
    OSSL_LIB_CTX *libctx = fixture();

    for (size_t i = 0; i < ROWS; i++) {
        EVP_PKEY *pkey = curves_forced(libctx, rows[i].type, rows[i].group);
        EVP_PKEY *peer = curves_peer(rows[i].type, rows[i].group);

        CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
        agree(pkey, peer, NULL);
        CU_ASSERT_EQUAL(fixture_count("*"), 0);
        CU_ASSERT_EQUAL(fixture_errors(NULL), 0);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(pkey);
    }
}

UNIT_MAIN("provider/exchange", UNIT(secrets_are_those_of_software),
          UNIT(what_is_derived_is_that_of_software),
          UNIT(tokens_take_the_peers_point_in_their_form),
          UNIT(a_peer_of_another_group_is_refused),
          UNIT(a_point_of_small_order_gives_no_secret),
          UNIT(what_fails_is_one_error), UNIT(forced_software_keys_agree))
