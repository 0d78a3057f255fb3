/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a token agrees upon: against libcrypto, and amid losses. */
#include "world.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { SECRET = 32 };

/* A key of X25519 in the token, and libcrypto's for its peer. */
struct party {
    struct p11_object *key;
    EVP_PKEY *peer;
    uint8_t expected[SECRET], point[SECRET];
};

static void party_open(struct party *party, struct world *world, bool always)
{
    static const uint8_t x25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e};
    const struct p11_keygen keygen = {.uri = "pkcs11:token=world;object=dh",
                                      .key_type = CKK_EC_MONTGOMERY,
                                      .ec_params = x25519,
                                      .ec_params_len = sizeof(x25519),
                                      .always_authenticate = always};
    size_t len = SECRET;
    struct p11_object *half = NULL;
    const CK_ATTRIBUTE *point;
    EVP_PKEY *public;
    EVP_PKEY_CTX *ctx;

    CU_ASSERT_EQUAL_FATAL(
        p11_generate(world->p11, &keygen, NULL, &party->key, NULL, NULL),
        CKR_OK);
    CU_ASSERT_EQUAL_FATAL(p11_object_find_public(party->key, &half), CKR_OK);
    point = p11_object_attr(half, CKA_EC_POINT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(point);
    CU_ASSERT_FATAL(point->ulValueLen >= SECRET);
    public = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_X25519, NULL,
        (const uint8_t *)point->pValue + point->ulValueLen - SECRET, SECRET);
    party->peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, party->peer, NULL);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_derive_init(ctx), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_derive_set_peer(ctx, public), 1);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_derive(ctx, party->expected, &len), 1);
    len = SECRET;
    CU_ASSERT_EQUAL_FATAL(
        EVP_PKEY_get_raw_public_key(party->peer, party->point, &len), 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(public);
    p11_object_free(half);
    world_reset();
}

static void party_close(struct party *party)
{
    EVP_PKEY_free(party->peer);
    p11_object_free(party->key);
}

static CK_RV agree_with(struct party *party, uint8_t *out,
                        const struct p11_pin_callback *pin)
{
    CK_ECDH1_DERIVE_PARAMS params = {.kdf = CKD_NULL,
                                     .ulPublicDataLen = SECRET,
                                     .pPublicData = party->point};
    const CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &params, sizeof(params)};
    CK_RV rv;

    memset(out, 0xaa, SECRET);
    rv = p11_derive(party->key, &mechanism, out, SECRET, pin);
    if (rv == CKR_OK && memcmp(out, party->expected, SECRET) != 0)
        rv = CKR_DATA_INVALID;
    return rv;
}

static CK_RV agree(struct party *party)
{
    uint8_t out[SECRET];

    return agree_with(party, out, NULL);
}

static void a_secret_is_three_calls_and_libcryptos(void)
{
    struct party party;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    party_open(&party, &world, false);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(agree(&party), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 15);
    CU_ASSERT_EQUAL(world_count("C_DeriveKey"), 5);
    CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 5);
    CU_ASSERT_EQUAL(world_violations(), 0);
    party_close(&party);
    world_close(&world);
}

static void a_secret_survives_losses_amid_its_three_calls(void)
{
    static const char *const functions[] = {"C_DeriveKey",
                                            "C_GetAttributeValue"};
    static const char *const harms[] = {"stale",
                                        "renumber",
                                        "logout",
                                        "rv=CKR_SESSION_HANDLE_INVALID",
                                        "rv=CKR_SESSION_CLOSED",
                                        "rv=CKR_OBJECT_HANDLE_INVALID",
                                        "rv=CKR_USER_NOT_LOGGED_IN",
                                        "rv=CKR_DEVICE_ERROR"};

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof(harms) / sizeof(harms[0]); k++) {
            struct party party;
            struct world world;
            char rule[96];

            world_open(&world, &(struct world_conf){.settings = NULL});
            party_open(&party, &world, false);
            (void)snprintf(rule, sizeof(rule), "%s:1 -> %s", functions[i],
                           harms[k]);
            CU_ASSERT_EQUAL(world_rule(rule), 0);
            CU_ASSERT_EQUAL(agree(&party), CKR_OK);
            CU_ASSERT_EQUAL(agree(&party), CKR_OK);
            CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
            CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
            CU_ASSERT_EQUAL(world_violations(), 0);
            party_close(&party);
            world_close(&world);
        }
    }
}

/* Its handle may be another object's by then. */
static void a_secret_that_is_lost_is_not_destroyed(void)
{
    static const char *const rvs[] = {"rv=CKR_SESSION_HANDLE_INVALID",
                                      "rv=CKR_OBJECT_HANDLE_INVALID"};

    for (size_t i = 0; i < 2; i++) {
        struct party party;
        struct world world;
        char rule[96];

        world_open(&world, &(struct world_conf){.no_key = true});
        party_open(&party, &world, false);
        (void)snprintf(rule, sizeof(rule), "C_GetAttributeValue:1 -> %s",
                       rvs[i]);
        CU_ASSERT_EQUAL(world_rule(rule), 0);
        CU_ASSERT_EQUAL(agree(&party), CKR_OK);
        CU_ASSERT_EQUAL(world_count("C_DeriveKey"), 2);
        CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 1);
        party_close(&party);
        world_close(&world);
    }
}

static void a_secret_that_stays_is_closed_with_its_session(void)
{
    struct party party;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    party_open(&party, &world, false);
    CU_ASSERT_EQUAL(world_rule("C_DestroyObject:1 -> rv=CKR_FUNCTION_FAILED"),
                    0);
    CU_ASSERT_EQUAL(agree(&party), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CloseSession"), 1);
    CU_ASSERT_EQUAL(agree(&party), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CloseSession"), 1);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    party_close(&party);
    world_close(&world);
}

static void a_secret_of_another_length_is_none_and_wiped(void)
{
    static const char *const rules[] = {
        "C_GetAttributeValue:1 -> short-out",
        "C_GetAttributeValue:1 -> long-len",
        "C_GetAttributeValue:1 -> rv=CKR_ATTRIBUTE_SENSITIVE",
        "C_DeriveKey:1 -> rv=CKR_MECHANISM_INVALID"};
    static const uint8_t zeros[SECRET];

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        uint8_t out[SECRET];
        struct party party;
        struct world world;

        world_open(&world, &(struct world_conf){.no_key = true});
        party_open(&party, &world, false);
        CU_ASSERT_EQUAL(world_rule(rules[i]), 0);
        CU_ASSERT_NOT_EQUAL(agree_with(&party, out, NULL), CKR_OK);
        CU_ASSERT_EQUAL(memcmp(out, zeros, SECRET), 0);
        CU_ASSERT_EQUAL(world_count("C_DestroyObject"),
                        world_count("C_GetAttributeValue"));
        CU_ASSERT_EQUAL(agree(&party), CKR_OK);
        CU_ASSERT_EQUAL(world_violations(), 0);
        party_close(&party);
        world_close(&world);
    }
}

static ssize_t tell(void *arg, const struct p11_pin_request *request, char *pin,
                    size_t size)
{
    unsigned *asked = arg;

    CU_ASSERT(size >= 4);
    *asked += request->context_specific;
    memcpy(pin, "1234", 4);
    return 4;
}

/* There is no Init before C_DeriveKey after which it could be given. */
static void a_secret_of_an_always_authenticate_key_asks_for_no_pin(void)
{
    unsigned asked = 0;
    const struct p11_pin_callback pin = {tell, &asked};
    uint8_t out[SECRET];
    struct party party;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    party_open(&party, &world, true);
    CU_ASSERT_EQUAL(agree_with(&party, out, &pin), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 3);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    CU_ASSERT_EQUAL(asked, 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    party_close(&party);
    world_close(&world);
}

static void a_secret_needs_a_32_interface_to_be_decapsulated(void)
{
    const CK_MECHANISM mechanism = {CKM_ML_KEM, NULL, 0};
    const uint8_t ciphertext[768] = {1};
    uint8_t out[SECRET] = {1}, zeros[SECRET] = {0};
    struct party party;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    party_open(&party, &world, false);
    CU_ASSERT_EQUAL(p11_decapsulate(party.key, &mechanism, ciphertext,
                                    sizeof(ciphertext), out, SECRET, NULL),
                    CKR_FUNCTION_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(memcmp(out, zeros, SECRET), 0);
    CU_ASSERT_EQUAL(world_count("*"), 0);
    party_close(&party);
    world_close(&world);
}

UNIT_MAIN("secret", UNIT(a_secret_is_three_calls_and_libcryptos),
          UNIT(a_secret_survives_losses_amid_its_three_calls),
          UNIT(a_secret_that_is_lost_is_not_destroyed),
          UNIT(a_secret_that_stays_is_closed_with_its_session),
          UNIT(a_secret_of_another_length_is_none_and_wiped),
          UNIT(a_secret_of_an_always_authenticate_key_asks_for_no_pin),
          UNIT(a_secret_needs_a_32_interface_to_be_decapsulated))
