/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs: templates by purpose, what is read back, what is refused. */
#include "world.h"

#include <stdio.h>
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

static void a_purpose_gives_its_template(void)
{
    static const struct {
        enum p11_purpose purpose;
        unsigned decrypt;
        size_t mechanisms;
    } rows[] = {{P11_SIGNING, 0, 2}, {P11_UNSEALING, 1, 3}};

    for (size_t i = 0; i < 2; i++) {
        const struct p11_keygen keygen = {.uri = "pkcs11:token=world",
                                          .label = "made",
                                          .purpose = rows[i].purpose,
                                          .bits = 2048};
        struct p11_birth birth = {.local = false};
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;
        struct world world;

        world_open(&world, &(struct world_conf){.no_key = true});
        CU_ASSERT_EQUAL_FATAL(generate(&world, &keygen, &key, &birth, &diag),
                              CKR_OK);
        CU_ASSERT_EQUAL(flag(key, CKA_SENSITIVE), 1);
        CU_ASSERT_EQUAL(flag(key, CKA_EXTRACTABLE), 0);
        CU_ASSERT_EQUAL(flag(key, CKA_SIGN), 1);
        CU_ASSERT_EQUAL(flag(key, CKA_DECRYPT), rows[i].decrypt);
        CU_ASSERT_EQUAL(flag(key, CKA_UNWRAP), 0);
        CU_ASSERT_EQUAL(flag(key, CKA_COPYABLE), 0);
        CU_ASSERT_EQUAL(flag(key, CKA_MODIFIABLE), 0);
        CU_ASSERT_EQUAL(mechanisms(key), rows[i].mechanisms);
        CU_ASSERT_TRUE(birth.local);
        CU_ASSERT_TRUE(birth.never_extractable);
        CU_ASSERT_TRUE(birth.always_sensitive);
        CU_ASSERT_STRING_EQUAL(birth.refused, "");
        CU_ASSERT_EQUAL(p11_object_attr(key, CKA_ID)->ulValueLen, 16);
        CU_ASSERT_EQUAL(p11_object_attr(key, CKA_MODULUS)->ulValueLen, 256);
        CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
        CU_ASSERT_EQUAL(world_violations(), 0);
        p11_object_free(key);
        world_close(&world);
    }
}

static void what_a_token_refuses_is_left_out_in_two_steps(void)
{
    static const struct {
        const char *settings, *refused;
        unsigned long calls;
    } rows[] = {{"refuse=CKA_COPYABLE,CKA_DESTROYABLE,CKA_ALLOWED_MECHANISMS",
                 "CKA_COPYABLE CKA_ALLOWED_MECHANISMS", 2},
                {"refuse=CKA_WRAP_WITH_TRUSTED", "CKA_WRAP_WITH_TRUSTED", 3}};

    for (size_t i = 0; i < 2; i++) {
        const struct p11_keygen keygen = {.uri = "pkcs11:token=world;object=x",
                                          .purpose = P11_SIGNING,
                                          .bits = 1024};
        struct p11_birth birth = {.local = false};
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;
        struct world world;

        world_open(&world, &(struct world_conf){.settings = rows[i].settings,
                                                .no_key = true});
        CU_ASSERT_EQUAL_FATAL(generate(&world, &keygen, &key, &birth, &diag),
                              CKR_OK);
        CU_ASSERT_EQUAL(world_count("C_GenerateKeyPair"), rows[i].calls);
        CU_ASSERT_PTR_NOT_NULL(strstr(birth.refused, rows[i].refused));
        if (strstr(birth.refused, rows[i].refused) == NULL)
            (void)fprintf(stderr, "%s\n", birth.refused);
        CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
        p11_object_free(key);
        world_close(&world);
    }
}

static bool count(void *arg, struct p11_object *object)
{
    (void)object;
    ++*(unsigned *)arg;
    return true;
}

static void a_weaker_key_is_destroyed(void)
{
    static const char *const weak[] = {"weak=extractable", "weak=sensitive",
                                       "weak=decrypt", "weak=private",
                                       "weak=sign"};

    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        const struct p11_keygen keygen = {.uri = "pkcs11:token=world;object=x",
                                          .purpose = P11_SIGNING,
                                          .bits = 1024};
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;
        unsigned objects = 0;
        struct world world;

        world_open(&world,
                   &(struct world_conf){.settings = weak[i], .no_key = true});
        CU_ASSERT_EQUAL(generate(&world, &keygen, &key, NULL, &diag),
                        P11R_TEMPLATE);
        CU_ASSERT_PTR_NULL(key);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "CKA_"));
        CU_ASSERT_EQUAL(p11_search(world.p11, "pkcs11:token=world", 0, NULL,
                                   count, &objects, NULL),
                        P11R_NO_OBJECT);
        CU_ASSERT_EQUAL(objects, 0);
        world_close(&world);
    }
}

static void a_taken_id_or_label_is_refused(void)
{
    struct p11_diag diag = {""};
    struct p11_object *key = NULL;
    struct world world;
    const struct p11_keygen by_id = {
        .uri = "pkcs11:token=world;object=new;id=%01", .bits = 1024};
    const struct p11_keygen by_label = {
        .uri = "pkcs11:token=world;object=key;id=%77", .bits = 1024};

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(generate(&world, &by_id, &key, NULL, &diag), P11R_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "id"));
    CU_ASSERT_EQUAL(generate(&world, &by_label, &key, NULL, &diag),
                    P11R_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "label"));
    CU_ASSERT_EQUAL(world_count("C_GenerateKeyPair"), 0);
    world_close(&world);
}

static void the_public_half_is_found_by_id(void)
{
    struct p11_object *half = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_find_public(world.key, &half), CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(half);
    CU_ASSERT_EQUAL(p11_object_class(half), CKO_PUBLIC_KEY);
    p11_object_free(half);
    world_close(&world);
}

static void a_destroyed_key_is_gone_and_never_signs(void)
{
    struct p11_object *again = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_make(&world, "other", 2), CKR_OK);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void one_session_is_enough_to_make_sign_and_destroy(void)
{
    const struct p11_keygen keygen = {
        .uri = "pkcs11:token=world;object=made;id=%09", .bits = 1024};
    struct p11_diag diag = {""};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = "max-sessions=1",
                                            .session_wait_ms = 500});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(generate(&world, &keygen, &key, NULL, &diag), CKR_OK);
    CU_ASSERT_STRING_EQUAL(diag.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(key), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(key), P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(key);
    world_close(&world);
}

static void the_session_that_made_a_key_keeps_the_login(void)
{
    const struct p11_keygen keygen = {
        .uri = "pkcs11:token=world;object=made?pin-value=1234", .bits = 1024};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true, .pin_source = ""});
    CU_ASSERT_EQUAL_FATAL(generate(&world, &keygen, &key, NULL, NULL), CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 2);
    p11_object_free(key);
    world_close(&world);
}

static void a_silent_logout_before_or_amid_is_made_good(void)
{
    const struct p11_keygen keygen = {.uri = "pkcs11:token=world",
                                      .bits = 1024};
    static const char *const functions[] = {
        "C_OpenSession", "C_FindObjectsInit", "C_GetSessionInfo",
        "C_GenerateKeyPair"};

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        struct p11_diag diag = {""};
        struct p11_object *key = NULL;
        struct world world;
        char rule[64];

        world_open(&world, &(struct world_conf){.settings = NULL});
        CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
        (void)snprintf(rule, sizeof(rule), "%s:1 -> logout", functions[i]);
        CU_ASSERT_EQUAL(world_rule(rule), 0);
        CU_ASSERT_EQUAL(generate(&world, &keygen, &key, NULL, &diag), CKR_OK);
        CU_ASSERT_STRING_EQUAL(diag.text, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(key);
        CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
        CU_ASSERT_EQUAL(world_violations(), 0);
        p11_object_free(key);
        world_close(&world);
    }
}

static void a_failure_that_may_have_made_a_pair_is_not_tried_again(void)
{
    const struct p11_keygen keygen = {.uri = "pkcs11:token=world",
                                      .bits = 1024};
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_rule("C_GenerateKeyPair:1 -> rv=CKR_DEVICE_ERROR"),
                    0);
    CU_ASSERT_EQUAL(generate(&world, &keygen, &key, NULL, NULL),
                    CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(world_count("C_GenerateKeyPair"), 1);
    CU_ASSERT_PTR_NULL(key);
    world_close(&world);
}

static void a_secret_attribute_stays_secret(void)
{
    struct world world;
    uint8_t value[256];
    size_t len = 0;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_read(world.key, CKA_PRIVATE_EXPONENT, value,
                                    sizeof(value), &len),
                    CKR_ATTRIBUTE_SENSITIVE);
    world_close(&world);
}

static void a_failed_pair_goes_where_there_is_one_session_only(void)
{
    const struct p11_keygen keygen = {.uri = "pkcs11:token=world;object=x",
                                      .bits = 1024};
    struct p11_object *key = NULL;
    struct world world;
    unsigned long before;

    world_open(&world, &(struct world_conf){.settings = "max-sessions=1",
                                            .session_wait_ms = 300});
    before = world_objects(true);
    CU_ASSERT_EQUAL(world_rule("C_GetAttributeValue:1 -> logout"), 0);
    CU_ASSERT_NOT_EQUAL(generate(&world, &keygen, &key, NULL, NULL), CKR_OK);
    CU_ASSERT_PTR_NULL(key);
    CU_ASSERT_EQUAL(world_count("C_GenerateKeyPair"), 1);
    CU_ASSERT_EQUAL(world_objects(true), before);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

UNIT_MAIN("keygen", UNIT(a_failed_pair_goes_where_there_is_one_session_only),
          UNIT(a_purpose_gives_its_template),
          UNIT(what_a_token_refuses_is_left_out_in_two_steps),
          UNIT(a_weaker_key_is_destroyed), UNIT(a_taken_id_or_label_is_refused),
          UNIT(the_public_half_is_found_by_id),
          UNIT(a_destroyed_key_is_gone_and_never_signs),
          UNIT(one_session_is_enough_to_make_sign_and_destroy),
          UNIT(the_session_that_made_a_key_keeps_the_login),
          UNIT(a_silent_logout_before_or_amid_is_made_good),
          UNIT(a_failure_that_may_have_made_a_pair_is_not_tried_again),
          UNIT(a_secret_attribute_stays_secret))
