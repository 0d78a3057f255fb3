/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs on curves: what was asked for, against libcrypto. */
#include "world.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

static CK_RV generate(struct world *world, const struct p11_keygen *keygen,
                      struct p11_object **key, struct p11_birth *birth,
                      struct p11_diag *diag)
{
    return p11_generate(world->p11, keygen, NULL, key, birth, diag);
}

/* One octet attribute, as the token tells it: 0, 1, or 2 for none. */
static unsigned flag(struct p11_object *key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 2;
    size_t len = 0;

    if (p11_object_read(key, type, &value, sizeof(value), &len) != CKR_OK ||
        len != 1)
        return 2;
    return value;
}

static size_t mechanisms(struct p11_object *key)
{
    CK_ULONG list[8];
    size_t len = 0;

    if (p11_object_read(key, CKA_ALLOWED_MECHANISMS, list, sizeof(list),
                        &len) != CKR_OK)
        return 0;
    return len / sizeof(list[0]);
}

static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                               0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t x25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e};

#define CURVE(type, params)                                      \
    .uri = "pkcs11:token=world;object=made", .key_type = (type), \
    .ec_params = (params), .ec_params_len = sizeof(params)

/* The public point without its OCTET STRING; *len is its length. */
static const uint8_t *point_of(struct p11_object *half, size_t *len)
{
    const CK_ATTRIBUTE *point = p11_object_attr(half, CKA_EC_POINT);
    const uint8_t *octets;

    CU_ASSERT_PTR_NOT_NULL_FATAL(point);
    octets = point->pValue;
    CU_ASSERT_FATAL(point->ulValueLen > 2);
    CU_ASSERT_EQUAL_FATAL(octets[0], 0x04);
    CU_ASSERT_EQUAL_FATAL(octets[1], point->ulValueLen - 2);
    *len = point->ulValueLen - 2;
    return octets + 2;
}

static EVP_PKEY *p256_of(const uint8_t *point, size_t len)
{
    char group[] = "prime256v1";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                          (void *)(uintptr_t)point, len),
        OSSL_PARAM_END};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;

    CU_ASSERT_EQUAL(EVP_PKEY_fromdata_init(ctx), 1);
    CU_ASSERT_EQUAL(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY,
                                      (OSSL_PARAM *)(uintptr_t)params),
                    1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* r and s, side by side in the token's signature, as DER. */
static bool verifies_ecdsa(EVP_PKEY *pkey, const uint8_t digest[32],
                           const uint8_t *sig, size_t len)
{
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    unsigned char *der = NULL;
    int der_len;
    bool good = len == 64;

    CU_ASSERT_EQUAL(ECDSA_SIG_set0(numbers, BN_bin2bn(sig, 32, NULL),
                                   BN_bin2bn(sig + 32, 32, NULL)),
                    1);
    der_len = i2d_ECDSA_SIG(numbers, &der);
    good = good && der_len > 0 && EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_verify(ctx, der, (size_t)der_len, digest, 32) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(numbers);
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool verifies_eddsa(EVP_PKEY *pkey, const uint8_t message[32],
                           const uint8_t *sig, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const bool good =
        EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) == 1 &&
        EVP_DigestVerify(ctx, sig, len, message, 32) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

/* The pair's halves belong together, by libcrypto. */
static void check_signature(struct p11_object *key)
{
    const bool edwards = p11_object_key_type(key) == CKK_EC_EDWARDS;
    const CK_MECHANISM mechanism = {edwards ? CKM_EDDSA : CKM_ECDSA, NULL, 0};
    const uint8_t text[32] = "thirty-two octets of any message";
    struct p11_object *half = NULL;
    const uint8_t *point;
    EVP_PKEY *pkey;
    uint8_t sig[128];
    size_t len, sig_len = sizeof(sig);

    CU_ASSERT_EQUAL_FATAL(p11_object_find_public(key, &half), CKR_OK);
    point = point_of(half, &len);
    pkey = edwards
               ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, len)
               : p256_of(point, len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    CU_ASSERT_EQUAL_FATAL(
        p11_sign(key, &mechanism, text, sizeof(text), sig, &sig_len, NULL),
        CKR_OK);
    CU_ASSERT_TRUE(edwards ? verifies_eddsa(pkey, text, sig, sig_len)
                           : verifies_ecdsa(pkey, text, sig, sig_len));
    EVP_PKEY_free(pkey);
    p11_object_free(half);
}

static void a_curve_gives_a_pair_for_what_was_asked(void)
{
    static const struct {
        struct p11_keygen keygen;
        unsigned sign, derive;
    } rows[] = {
        {{CURVE(CKK_EC, p256)}, 1, 1},
        {{CURVE(CKK_EC, p256), .sign = true}, 1, 0},
        {{CURVE(CKK_EC, p256), .derive = true}, 0, 1},
        {{CURVE(CKK_EC, p256), .sign = true, .derive = true}, 1, 1},
        {{CURVE(CKK_EC_EDWARDS, ed25519)}, 1, 0},
        {{CURVE(CKK_EC_EDWARDS, ed25519), .sign = true}, 1, 0},
        {{CURVE(CKK_EC_MONTGOMERY, x25519)}, 0, 1},
        {{CURVE(CKK_EC_MONTGOMERY, x25519), .derive = true}, 0, 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;
        struct world world;

        world_open(&world, &(struct world_conf){.no_key = true});
        CU_ASSERT_EQUAL_FATAL(
            generate(&world, &rows[i].keygen, &key, NULL, &diag), CKR_OK);
        CU_ASSERT_EQUAL(world_count("C_GenerateKeyPair"), 1);
        CU_ASSERT_EQUAL(p11_object_key_type(key), rows[i].keygen.key_type);
        /* Of uses that a type cannot have the token says what it likes. */
        if (rows[i].keygen.key_type != CKK_EC_MONTGOMERY)
            CU_ASSERT_EQUAL(flag(key, CKA_SIGN), rows[i].sign);
        CU_ASSERT_EQUAL(flag(key, CKA_DERIVE), rows[i].derive);
        CU_ASSERT_EQUAL(flag(key, CKA_SENSITIVE), 1);
        CU_ASSERT_EQUAL(flag(key, CKA_EXTRACTABLE), 0);
        if (rows[i].sign)
            check_signature(key);
        CU_ASSERT_EQUAL(world_violations(), 0);
        p11_object_free(key);
        world_close(&world);
    }
}

static void what_is_asked_beside_the_use_is_in_the_key(void)
{
    static const CK_MECHANISM_TYPE allowed[] = {CKM_ECDSA};
    const struct p11_keygen keygen = {
        CURVE(CKK_EC, p256),   .extractable = true, .always_authenticate = true,
        .allowed = allowed,    .allowed_count = 1,  .start_date = "20260101",
        .end_date = "20271231"};
    struct p11_birth birth = {.never_extractable = true};
    struct p11_object *key = NULL;
    struct world world;
    char date[9] = "";
    size_t len = 0;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL_FATAL(generate(&world, &keygen, &key, &birth, NULL),
                          CKR_OK);
    CU_ASSERT_FALSE(birth.never_extractable);
    CU_ASSERT_FALSE(birth.always_sensitive);
    CU_ASSERT_EQUAL(flag(key, CKA_SENSITIVE), 0);
    CU_ASSERT_EQUAL(flag(key, CKA_EXTRACTABLE), 1);
    CU_ASSERT_EQUAL(flag(key, CKA_ALWAYS_AUTHENTICATE), 1);
    CU_ASSERT_EQUAL(mechanisms(key), 1);
    CU_ASSERT_EQUAL(p11_object_read(key, CKA_START_DATE, date, 8, &len),
                    CKR_OK);
    CU_ASSERT_STRING_EQUAL(date, "20260101");
    CU_ASSERT_EQUAL(p11_object_read(key, CKA_END_DATE, date, 8, &len), CKR_OK);
    CU_ASSERT_STRING_EQUAL(date, "20271231");
    check_signature(key);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(key);
    world_close(&world);
}

static void what_no_key_can_be_is_refused_before_the_token_is_asked(void)
{
    static const struct p11_keygen rows[] = {
        {CURVE(CKK_EC, p256), .decrypt = true},
        {CURVE(CKK_EC, p256), .purpose = P11_SIGNING},
        {CURVE(CKK_EC_EDWARDS, ed25519), .derive = true},
        {CURVE(CKK_EC_MONTGOMERY, x25519), .sign = true},
        {CURVE(CKK_EC, p256), .start_date = "2026-1-1"},
        {CURVE(CKK_EC, p256), .end_date = "20260101Z"},
        {.uri = "pkcs11:token=world", .key_type = CKK_DSA, .bits = 1024},
    };
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;

        CU_ASSERT_EQUAL(generate(&world, &rows[i], &key, NULL, &diag),
                        CKR_ARGUMENTS_BAD);
        CU_ASSERT_STRING_NOT_EQUAL(diag.text, "");
        CU_ASSERT_PTR_NULL(key);
    }
    CU_ASSERT_EQUAL(world_count("*"), 0);
    world_close(&world);
}

static void a_key_for_other_mechanisms_than_allowed_is_destroyed(void)
{
    static const CK_MECHANISM_TYPE allowed[] = {CKM_ECDSA};
    const struct p11_keygen keygen = {CURVE(CKK_EC, p256), .allowed = allowed,
                                      .allowed_count = 1};
    struct p11_diag diag = {""};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "weak=mechanisms",
                                            .no_key = true});
    CU_ASSERT_EQUAL(generate(&world, &keygen, &key, NULL, &diag),
                    P11R_TEMPLATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "CKA_ALLOWED_MECHANISMS"));
    CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 2);
    world_close(&world);
}

UNIT_MAIN("curves", UNIT(a_curve_gives_a_pair_for_what_was_asked),
          UNIT(what_is_asked_beside_the_use_is_in_the_key),
          UNIT(what_no_key_can_be_is_refused_before_the_token_is_asked),
          UNIT(a_key_for_other_mechanisms_than_allowed_is_destroyed))
