/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tests/fault/token_ops.c and rsa.c: every mechanism against
 * libcrypto, and what a key may be used for. */
#include "fixture.h"

#include <openssl/rsa.h>
#include <string.h>

static CK_SESSION_HANDLE session;
static struct fixture_pair pair;

static void start(const char *settings, const CK_ATTRIBUTE *extra,
                  CK_ULONG count)
{
    session = fixture_start(settings);
    CU_ASSERT_EQUAL_FATAL(fixture_pair(session, 1, extra, count, &pair),
                          CKR_OK);
}

static const struct row {
    CK_MECHANISM_TYPE type, hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
    int padding;
    const char *md; /* of the signature in libcrypto */
    bool hashes;    /* in the token */
} rows[] = {
    {CKM_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, NULL, false},
    {CKM_SHA1_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, "SHA1", true},
    {CKM_SHA224_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, "SHA224", true},
    {CKM_SHA256_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, "SHA256", true},
    {CKM_SHA384_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, "SHA384", true},
    {CKM_SHA512_RSA_PKCS, 0, 0, RSA_PKCS1_PADDING, "SHA512", true},
    {CKM_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, RSA_PKCS1_PSS_PADDING, "SHA1",
     false},
    {CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1, RSA_PKCS1_PSS_PADDING,
     "SHA1", true},
    {CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256,
     RSA_PKCS1_PSS_PADDING, "SHA256", true},
    {CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384,
     RSA_PKCS1_PSS_PADDING, "SHA384", true},
};

static bool verify_row(const struct row *row, const CK_BYTE *sig, size_t len)
{
    EVP_PKEY *key = fixture_public(session, pair.public_key);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    const EVP_MD *md = row->md != NULL ? EVP_get_digestbyname(row->md) : NULL;
    CK_BYTE digest[EVP_MAX_MD_SIZE];
    const CK_BYTE *input = fixture_input;
    unsigned input_len = sizeof(fixture_input);
    bool good = EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, row->padding) == 1;

    if (good && md != NULL)
        good = EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    if (good && row->padding == RSA_PKCS1_PSS_PADDING)
        good = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 16) == 1;
    if (good && row->hashes) {
        good = EVP_Digest(input, input_len, digest, &input_len, md, NULL) == 1;
        input = digest;
    }
    good = good && EVP_PKEY_verify(ctx, sig, len, input, input_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    return good;
}

static CK_RV sign_row(const struct row *row, CK_BYTE *sig, CK_ULONG *len)
{
    CK_RSA_PKCS_PSS_PARAMS pss = {row->hash, row->mgf, 16};
    CK_MECHANISM mechanism = {row->type, NULL, 0};
    CK_BYTE input[sizeof(fixture_input)];
    CK_RV rv;

    if (row->padding == RSA_PKCS1_PSS_PADDING) {
        mechanism.pParameter = &pss;
        mechanism.ulParameterLen = sizeof(pss);
    }
    memcpy(input, fixture_input, sizeof(input));
    rv = ck->C_SignInit(session, &mechanism, pair.private_key);
    return rv == CKR_OK ? ck->C_Sign(session, input, sizeof(input), sig, len)
                        : rv;
}

static void libcrypto_verifies_every_mechanism(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];

    start("", NULL, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CK_ULONG len = sizeof(sig);

        CU_ASSERT_EQUAL(sign_row(&rows[i], sig, &len), CKR_OK);
        CU_ASSERT_EQUAL(len, 128);
        CU_ASSERT_TRUE(verify_row(&rows[i], sig, len));
    }
    fixture_no_violation();
    fixture_stop();
}

static void raw_rsa_pads_with_zeros(void)
{
    CK_MECHANISM mechanism = {CKM_RSA_X_509, NULL, 0};
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *key;
    CK_BYTE sig[128], back[128] = {0}, input[20], want[128] = {0};
    CK_ULONG len = sizeof(sig);
    size_t back_len = sizeof(back);

    start("", NULL, 0);
    memcpy(input, fixture_input, sizeof(input));
    memcpy(want + 108, input, 20);
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Sign(session, input, sizeof(input), sig, &len),
                    CKR_OK);
    key = fixture_public(session, pair.public_key);
    ctx = EVP_PKEY_CTX_new(key, NULL);
    CU_ASSERT_TRUE(EVP_PKEY_encrypt_init(ctx) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
                   EVP_PKEY_encrypt(ctx, back, &back_len, sig, len) == 1);
    CU_ASSERT_EQUAL(memcmp(back, want, 128), 0);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    fixture_stop();
}

static void length_query_leaves_the_operation_active(void)
{
    CK_BYTE sig[FIXTURE_SIG_MAX], input[20];
    CK_ULONG len = 0;

    start("", NULL, 0);
    memcpy(input, fixture_input, sizeof(input));
    CU_ASSERT_EQUAL(
        fixture_sign(session, CKM_RSA_PKCS, pair.private_key, NULL, &len),
        CKR_OK);
    CU_ASSERT_EQUAL(len, 128);
    CU_ASSERT_EQUAL(ck->C_Sign(session, input, 20, sig, &len), CKR_OK);
    CU_ASSERT_TRUE(
        fixture_verify(session, pair.public_key, CKM_RSA_PKCS, sig, len));
    fixture_no_violation();
    fixture_stop();
}

/* Encrypted by libcrypto, decrypted by the token. */
static CK_RV decrypt(int padding, CK_MECHANISM *mechanism, const char *md,
                     CK_BYTE *out, CK_ULONG *len)
{
    EVP_PKEY *key = fixture_public(session, pair.public_key);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    CK_BYTE sealed[128];
    size_t sealed_len = sizeof(sealed);
    CK_RV rv;

    CU_ASSERT_TRUE(EVP_PKEY_encrypt_init(ctx) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1);
    if (md != NULL)
        CU_ASSERT_EQUAL(EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, md, NULL), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_encrypt(ctx, sealed, &sealed_len, fixture_input,
                                     sizeof(fixture_input)),
                    1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    rv = ck->C_DecryptInit(session, mechanism, pair.private_key);
    return rv == CKR_OK ? ck->C_Decrypt(session, sealed, sealed_len, out, len)
                        : rv;
}

static void token_decrypts_what_libcrypto_encrypted(void)
{
    CK_RSA_PKCS_OAEP_PARAMS sha1 = {CKM_SHA_1, CKG_MGF1_SHA1,
                                    CKZ_DATA_SPECIFIED, NULL, 0};
    CK_RSA_PKCS_OAEP_PARAMS sha256 = {CKM_SHA256, CKG_MGF1_SHA256,
                                      CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM pkcs1 = {CKM_RSA_PKCS, NULL, 0};
    CK_MECHANISM oaep1 = {CKM_RSA_PKCS_OAEP, &sha1, sizeof(sha1)};
    CK_MECHANISM oaep256 = {CKM_RSA_PKCS_OAEP, &sha256, sizeof(sha256)};
    CK_BYTE out[128], sealed[128] = {1};
    CK_ULONG len = sizeof(out);

    start("", NULL, 0);
    CU_ASSERT_EQUAL(decrypt(RSA_PKCS1_PADDING, &pkcs1, NULL, out, &len),
                    CKR_OK);
    CU_ASSERT_TRUE(len == 20 && memcmp(out, fixture_input, 20) == 0);
    len = sizeof(out);
    CU_ASSERT_EQUAL(decrypt(RSA_PKCS1_OAEP_PADDING, &oaep1, "SHA1", out, &len),
                    CKR_OK);
    CU_ASSERT_TRUE(len == 20 && memcmp(out, fixture_input, 20) == 0);
    len = 20;
    CU_ASSERT_EQUAL(
        decrypt(RSA_PKCS1_OAEP_PADDING, &oaep256, "SHA256", out, &len), CKR_OK);
    CU_ASSERT_TRUE(len == 20 && memcmp(out, fixture_input, 20) == 0);
    len = sizeof(out);
    CU_ASSERT_EQUAL(
        decrypt(RSA_PKCS1_OAEP_PADDING, &oaep1, "SHA256", out, &len),
        CKR_ENCRYPTED_DATA_INVALID);
    CU_ASSERT_EQUAL(ck->C_DecryptInit(session, &pkcs1, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Decrypt(session, sealed, 100, out, &len),
                    CKR_ENCRYPTED_DATA_LEN_RANGE);
    fixture_no_violation();
    fixture_stop();
}

static void oaep_label_must_be_the_same(void)
{
    CK_BYTE label[] = "label", sealed[128], out[128], input[20];
    CK_RSA_PKCS_OAEP_PARAMS params = {CKM_SHA_1, CKG_MGF1_SHA1,
                                      CKZ_DATA_SPECIFIED, label, 5};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &params, sizeof(params)};
    CK_ULONG sealed_len = sizeof(sealed), len = sizeof(out);

    start("", NULL, 0);
    memcpy(input, fixture_input, sizeof(input));
    CU_ASSERT_EQUAL(ck->C_EncryptInit(session, &mechanism, pair.public_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Encrypt(session, input, 20, sealed, &sealed_len),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_DecryptInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Decrypt(session, sealed, 128, out, &len), CKR_OK);
    CU_ASSERT_TRUE(len == 20 && memcmp(out, fixture_input, 20) == 0);
    label[0] = 'L';
    len = sizeof(out);
    CU_ASSERT_EQUAL(ck->C_DecryptInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Decrypt(session, sealed, 128, out, &len),
                    CKR_ENCRYPTED_DATA_INVALID);
    fixture_stop();
}

static CK_RV sign_by(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_BYTE sig[FIXTURE_SIG_MAX];
    CK_ULONG len = sizeof(sig);

    return fixture_sign(session, type, key, sig, &len);
}

static void key_is_used_for_what_it_permits(void)
{
    const CK_ATTRIBUTE extra[] = {FIXTURE_FALSE(CKA_SIGN),
                                  FIXTURE_FALSE(CKA_DECRYPT)};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    start("", extra, 2);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, pair.private_key),
                    CKR_KEY_FUNCTION_NOT_PERMITTED);
    CU_ASSERT_EQUAL(ck->C_DecryptInit(session, &mechanism, pair.private_key),
                    CKR_KEY_FUNCTION_NOT_PERMITTED);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, pair.public_key),
                    CKR_KEY_TYPE_INCONSISTENT);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, 12345), CKR_KEY_HANDLE_INVALID);
    fixture_stop();
}

static void only_allowed_mechanisms_work(void)
{
    CK_MECHANISM_TYPE allowed[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS};
    const CK_ATTRIBUTE extra = {CKA_ALLOWED_MECHANISMS, allowed,
                                sizeof(allowed)};

    start("", &extra, 1);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, pair.private_key), CKR_OK);
    CU_ASSERT_EQUAL(sign_by(CKM_SHA256_RSA_PKCS, pair.private_key), CKR_OK);
    CU_ASSERT_EQUAL(sign_by(CKM_SHA1_RSA_PKCS, pair.private_key),
                    CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_X_509, pair.private_key),
                    CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(sign_by(CKM_AES_CBC, pair.private_key),
                    CKR_MECHANISM_INVALID);
    fixture_stop();
}

static void always_authenticate_asks_for_the_pin_each_time(void)
{
    const CK_ATTRIBUTE extra = FIXTURE_TRUE(CKA_ALWAYS_AUTHENTICATE);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE pin[] = "1234", sig[FIXTURE_SIG_MAX], input[20] = {0};
    CK_ULONG len = sizeof(sig);

    start("", &extra, 1);
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, pair.private_key),
                    CKR_USER_NOT_LOGGED_IN);
    for (int i = 0; i < 2; i++) {
        len = sizeof(sig);
        CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                        CKR_OK);
        CU_ASSERT_EQUAL(ck->C_Login(session, CKU_CONTEXT_SPECIFIC, pin, 4),
                        CKR_OK);
        CU_ASSERT_EQUAL(ck->C_Sign(session, input, 20, sig, &len), CKR_OK);
    }
    CU_ASSERT_EQUAL(sign_by(CKM_RSA_PKCS, pair.private_key),
                    CKR_USER_NOT_LOGGED_IN);
    fixture_no_violation();
    fixture_stop();
}

static void bad_parameters_are_refused(void)
{
    CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
    CK_MECHANISM mechanism = {CKM_SHA1_RSA_PKCS_PSS, &pss, sizeof(pss)};
    CK_BYTE sig[FIXTURE_SIG_MAX], input[200] = {0};
    CK_ULONG len = sizeof(sig);

    start("", NULL, 0);
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_MECHANISM_PARAM_INVALID);
    mechanism.pParameter = NULL;
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0};
    CU_ASSERT_EQUAL(ck->C_SignInit(session, &mechanism, pair.private_key),
                    CKR_OK);
    CU_ASSERT_EQUAL(ck->C_Sign(session, input, 118, sig, &len),
                    CKR_DATA_LEN_RANGE);
    fixture_no_violation();
    fixture_stop();
}

UNIT_MAIN("token_ops", UNIT(libcrypto_verifies_every_mechanism),
          UNIT(raw_rsa_pads_with_zeros),
          UNIT(length_query_leaves_the_operation_active),
          UNIT(token_decrypts_what_libcrypto_encrypted),
          UNIT(oaep_label_must_be_the_same),
          UNIT(key_is_used_for_what_it_permits),
          UNIT(only_allowed_mechanisms_work),
          UNIT(always_authenticate_asks_for_the_pin_each_time),
          UNIT(bad_parameters_are_refused))
