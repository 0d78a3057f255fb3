/* SPDX-License-Identifier: Apache-2.0 */
/* Single acts on an object: one attribute, its public half, deletion. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void open_loaded(struct world *world, const char *settings)
{
    world_open(world, &(struct world_conf){.settings = settings});
    CU_ASSERT_EQUAL_FATAL(world_load(world), CKR_OK);
    world_reset();
}

/* ---- reading ----------------------------------------------------------- */

static void one_attribute_is_read_now_with_its_length(void)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        size_t size;
        CK_RV rv;
        size_t len;
    } rows[] = {{CKA_LABEL, 64, CKR_OK, 3},
                {CKA_LABEL, 3, CKR_OK, 3},
                {CKA_LABEL, 2, CKR_BUFFER_TOO_SMALL, 0},
                {CKA_MODULUS, 512, CKR_OK, 128},
                {CKA_PRIVATE_EXPONENT, 512, CKR_ATTRIBUTE_SENSITIVE, 0},
                {CKA_OWNER, 64, CKR_ATTRIBUTE_TYPE_INVALID, 0}};
    struct world world;

    open_loaded(&world, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t value[512];
        size_t len = 0;

        CU_ASSERT_EQUAL(
            p11_object_read(world.key, rows[i].type, value, rows[i].size, &len),
            rows[i].rv);
        CU_ASSERT_EQUAL(len, rows[i].len);
    }
    CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), 6);
    CU_ASSERT_EQUAL(world_count("*"), 6);
    world_close(&world);
}

static void a_read_survives_what_a_signature_survives(void)
{
    static void (*const losses[])(void) = {world_stale, world_logout,
                                           world_renumber};
    struct world world;

    open_loaded(&world, NULL);
    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        uint8_t value[64];
        size_t len = 0;

        losses[i]();
        CU_ASSERT_EQUAL(
            p11_object_read(world.key, CKA_LABEL, value, sizeof(value), &len),
            CKR_OK);
        CU_ASSERT_EQUAL(len, 3);
        CU_ASSERT_EQUAL(memcmp(value, "key", 3), 0);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_length_beyond_the_room_is_an_attribute_of_wrong_form(void)
{
    struct world world;
    uint8_t value[64];
    size_t len = 0;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(world_rule("C_GetAttributeValue:1 -> long-len"), 0);
    CU_ASSERT_EQUAL(
        p11_object_read(world.key, CKA_LABEL, value, sizeof(value), &len),
        P11R_ATTRIBUTE);
    CU_ASSERT_EQUAL(len, 0);
    world_close(&world);
}

/* ---- the public half --------------------------------------------------- */

static void the_public_key_of_the_same_id_is_found(void)
{
    struct p11_object *half = NULL;
    struct world world;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(world_make(&world, "other", 2), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_find_public(world.key, &half), CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(half);
    CU_ASSERT_EQUAL(p11_object_class(half), CKO_PUBLIC_KEY);
    CU_ASSERT_EQUAL(memcmp(p11_object_attr(half, CKA_MODULUS)->pValue,
                           p11_object_attr(world.key, CKA_MODULUS)->pValue,
                           128),
                    0);
    p11_object_free(half);
    world_close(&world);
}

static void else_the_certificate_of_the_same_id_is(void)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    uint8_t id = 1, value[] = "whatever it holds";
    const CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof(class)},
                                  {CKA_CERTIFICATE_TYPE, &type, sizeof(type)},
                                  {CKA_ID, &id, 1},
                                  {CKA_VALUE, value, sizeof(value)}};
    struct p11_object *public = NULL, *half = NULL;
    struct world world;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL_FATAL(world_find(&world, WORLD_PUBLIC, &public), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(public), CKR_OK);
    p11_object_free(public);
    CU_ASSERT_EQUAL(p11_object_find_public(world.key, &half), P11R_NO_OBJECT);
    CU_ASSERT_PTR_NULL(half);
    CU_ASSERT_EQUAL(p11_put(world.p11, "pkcs11:token=world;object=c", attrs, 4,
                            NULL, NULL, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(p11_object_find_public(world.key, &half), CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(half);
    CU_ASSERT_EQUAL(p11_object_class(half), CKO_CERTIFICATE);
    CU_ASSERT_EQUAL(p11_object_attr(half, CKA_VALUE)->ulValueLen,
                    sizeof(value));
    p11_object_free(half);
    world_close(&world);
}

/* ---- deletion ---------------------------------------------------------- */

static void a_deleted_key_is_gone_from_token_and_memory(void)
{
    struct p11_object *again = NULL;
    struct world world;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(p11_object_destroy(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), P11R_NO_OBJECT);
    CU_ASSERT_PTR_NULL(again);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(p11_object_destroy(world.key), P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

/* Handles may lead elsewhere by now. */
static void never_another_object_is_deleted(void)
{
    struct p11_object *other = NULL;
    struct world world;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(world_make(&world, "other", 2), CKR_OK);
    world_renumber();
    CU_ASSERT_EQUAL(p11_object_destroy(world.key), CKR_OK);
    CU_ASSERT_EQUAL(
        world_find(&world, "pkcs11:object=other;type=private", &other), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(other), CKR_OK);
    p11_object_free(other);
    world_close(&world);
}

/* ---- keys without public numbers --------------------------------------- */

#define EC_PAIR "pkcs11:token=world;object=ec"
#define EC_KEY  "pkcs11:token=world;object=ec;type=private"

static CK_RV make_ec(struct world *world, const char *uri, uint8_t id)
{
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07};
    const struct p11_keygen keygen = {.uri = uri,
                                      .id = &id,
                                      .id_len = 1,
                                      .key_type = CKK_EC,
                                      .ec_params = p256,
                                      .ec_params_len = sizeof(p256)};
    struct p11_object *key = NULL;
    const CK_RV rv = p11_generate(world->p11, &keygen, NULL, &key, NULL, NULL);

    p11_object_free(key);
    return rv;
}

static CK_RV sign_ec(struct p11_object *key)
{
    const CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
    const uint8_t digest[32] = {1};
    uint8_t sig[128];
    size_t len = sizeof(sig);

    return p11_sign(key, &mechanism, digest, sizeof(digest), sig, &len, NULL);
}

static void open_ec(struct world *world, struct p11_object **key,
                    struct p11_object **half)
{
    *key = NULL;
    *half = NULL;
    world_open(world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL_FATAL(make_ec(world, EC_PAIR, 7), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(world_find(world, EC_KEY, key), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(p11_object_find_public(*key, half), CKR_OK);
    CU_ASSERT_EQUAL(sign_ec(*key), CKR_OK);
    world_reset();
}

static void a_known_half_costs_no_call_and_a_second_load_two(void)
{
    struct p11_object *key, *half, *again = NULL, *same = NULL;
    struct world world;

    open_ec(&world, &key, &half);
    CU_ASSERT_EQUAL(p11_object_find_public(key, &same), CKR_OK);
    CU_ASSERT_PTR_EQUAL(same, half);
    CU_ASSERT_EQUAL(world_count("*"), 0);
    p11_object_free(same);
    CU_ASSERT_EQUAL(world_find(&world, EC_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_EQUAL(again, key);
    CU_ASSERT_EQUAL(p11_object_find_public(again, &same), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 2);
    p11_object_free(same);
    p11_object_free(again);
    p11_object_free(half);
    p11_object_free(key);
    world_close(&world);
}

static void erase(struct world *world, const char *uri)
{
    struct p11_object *object = NULL;

    CU_ASSERT_EQUAL_FATAL(world_find(world, uri, &object), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(object), CKR_OK);
    p11_object_free(object);
}

static void a_key_that_another_of_its_id_replaced_is_changed(void)
{
    struct p11_object *key, *half, *again = NULL, *other = NULL;
    struct world world;

    open_ec(&world, &key, &half);
    erase(&world, EC_KEY);
    erase(&world, "pkcs11:object=ec;type=public");
    /* The fault module's keys hang on what was made before them. */
    CU_ASSERT_EQUAL(make_ec(&world, "pkcs11:token=world;object=first", 8),
                    CKR_OK);
    CU_ASSERT_EQUAL(make_ec(&world, EC_PAIR, 7), CKR_OK);
    world_stale();
    CU_ASSERT_EQUAL(sign_ec(key), P11R_KEY_CHANGED);
    CU_ASSERT_EQUAL(sign_ec(key), P11R_KEY_CHANGED);
    CU_ASSERT_EQUAL(world_find(&world, EC_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_NOT_EQUAL(again, key);
    CU_ASSERT_EQUAL(sign_ec(again), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_find_public(again, &other), CKR_OK);
    CU_ASSERT_FALSE(memcmp(p11_object_attr(half, CKA_EC_POINT)->pValue,
                           p11_object_attr(other, CKA_EC_POINT)->pValue,
                           p11_object_attr(half, CKA_EC_POINT)->ulValueLen) ==
                    0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(other);
    p11_object_free(again);
    p11_object_free(half);
    p11_object_free(key);
    world_close(&world);
}

static void a_key_whose_half_is_gone_counts_as_changed_once_it_is_lost(void)
{
    struct p11_object *key, *half, *again = NULL, *none = NULL;
    struct world world;

    open_ec(&world, &key, &half);
    erase(&world, "pkcs11:object=ec;type=public");
    CU_ASSERT_EQUAL(sign_ec(key), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, EC_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_NOT_EQUAL(again, key); /* not from memory */
    CU_ASSERT_EQUAL(p11_object_find_public(again, &none), P11R_NO_OBJECT);
    world_stale();
    CU_ASSERT_EQUAL(sign_ec(key), P11R_KEY_CHANGED);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(again);
    p11_object_free(half);
    p11_object_free(key);
    world_close(&world);
}

static void a_key_that_is_found_again_keeps_its_half(void)
{
    struct p11_object *key, *half, *again = NULL;
    struct world world;

    open_ec(&world, &key, &half);
    world_stale();
    CU_ASSERT_EQUAL(sign_ec(key), CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(world_find(&world, EC_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_EQUAL(again, key);
    CU_ASSERT_EQUAL(world_count("*"), 2);
    p11_object_free(again);
    p11_object_free(half);
    p11_object_free(key);
    world_close(&world);
}

static void a_half_of_another_type_is_none(void)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_RSA;
    uint8_t id = 7, modulus[128] = {0xc1}, exponent[] = {1, 0, 1};
    const CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof(class)},
                                  {CKA_KEY_TYPE, &type, sizeof(type)},
                                  {CKA_ID, &id, 1},
                                  {CKA_MODULUS, modulus, sizeof(modulus)},
                                  {CKA_PUBLIC_EXPONENT, exponent, 3}};
    struct p11_object *key, *half, *again = NULL, *found = NULL;
    struct world world;

    open_ec(&world, &key, &half);
    CU_ASSERT_EQUAL(p11_put(world.p11, "pkcs11:token=world;object=rsa", attrs,
                            5, NULL, NULL, NULL),
                    CKR_OK);
    erase(&world, "pkcs11:object=ec;type=public");
    CU_ASSERT_EQUAL(world_find(&world, EC_KEY, &again), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_find_public(again, &found), P11R_NO_OBJECT);
    p11_object_free(again);
    p11_object_free(half);
    p11_object_free(key);
    world_close(&world);
}

UNIT_MAIN("access", UNIT(one_attribute_is_read_now_with_its_length),
          UNIT(a_read_survives_what_a_signature_survives),
          UNIT(a_length_beyond_the_room_is_an_attribute_of_wrong_form),
          UNIT(the_public_key_of_the_same_id_is_found),
          UNIT(else_the_certificate_of_the_same_id_is),
          UNIT(a_deleted_key_is_gone_from_token_and_memory),
          UNIT(never_another_object_is_deleted),
          UNIT(a_known_half_costs_no_call_and_a_second_load_two),
          UNIT(a_key_that_another_of_its_id_replaced_is_changed),
          UNIT(a_key_whose_half_is_gone_counts_as_changed_once_it_is_lost),
          UNIT(a_key_that_is_found_again_keeps_its_half),
          UNIT(a_half_of_another_type_is_none))
