/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that are stored, and random octets. */
#include "world.h"

#include <string.h>

static const char application[] = "tests";
static uint8_t value[] = {'s', 'o', 'm', 'e', ' ', 'd', 'a', 't', 'a'};
static CK_OBJECT_CLASS data_class = CKO_DATA;

static const CK_ATTRIBUTE data[] = {
    {CKA_CLASS, &data_class, sizeof(data_class)},
    {CKA_APPLICATION, (void *)(uintptr_t)application, sizeof(application) - 1},
    {CKA_VALUE, value, sizeof(value)}};

enum { ATTRS = sizeof(data) / sizeof(data[0]) };

#define NOTE "pkcs11:token=world;object=note;type=data"

static void data_is_stored_and_found_again(void)
{
    struct p11_object *object = NULL, *again = NULL;
    struct p11_diag diag = {""};
    const CK_ATTRIBUTE *found;
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL_FATAL(
        p11_put(world.p11, NOTE, data, ATTRS, NULL, &object, &diag), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_class(object), CKO_DATA);
    CU_ASSERT_EQUAL_FATAL(world_find(&world, NOTE, &again), CKR_OK);
    found = p11_object_attr(again, CKA_VALUE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_EQUAL_FATAL(found->ulValueLen, sizeof(value));
    CU_ASSERT_EQUAL(memcmp(found->pValue, value, sizeof(value)), 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(again);
    p11_object_free(object);
    world_close(&world);
}

static void the_same_object_is_not_stored_twice(void)
{
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, NULL, &diag),
                    CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, NULL, &diag),
                    P11R_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'world'"));
    CU_ASSERT_EQUAL(world_count("C_CreateObject"), 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void what_cannot_be_stored_is_named(void)
{
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL(p11_put(world.p11, "pkcs11:token=other;object=note", data,
                            ATTRS, NULL, NULL, &diag),
                    P11R_NO_TOKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "token=other"));
    CU_ASSERT_EQUAL(world_rule("C_CreateObject:1 -> rv=CKR_DEVICE_MEMORY"), 0);
    diag.text[0] = '\0';
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, NULL, &diag),
                    CKR_DEVICE_MEMORY);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "world"));
    world_close(&world);
}

static void a_lost_session_is_tried_once_more(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL(
        world_rule("C_CreateObject:1 -> rv=CKR_SESSION_HANDLE_INVALID"), 0);
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, NULL, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void random_octets_come_from_the_token(void)
{
    static const uint8_t zeros[32];
    uint8_t first[32] = {0}, second[32] = {0};
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    world_reset();
    CU_ASSERT_EQUAL(p11_random(world.p11, NULL, first, sizeof(first), &diag),
                    CKR_OK);
    CU_ASSERT_EQUAL(p11_random(world.p11, "pkcs11:token=world", second,
                               sizeof(second), &diag),
                    CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_GenerateRandom"), 2);
    CU_ASSERT_NOT_EQUAL(memcmp(first, zeros, sizeof(first)), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(first, second, sizeof(first)), 0);
    CU_ASSERT_EQUAL(world_rule("C_GenerateRandom:1 -> rv=CKR_RANDOM_NO_RNG"),
                    0);
    CU_ASSERT_EQUAL(p11_random(world.p11, NULL, first, sizeof(first), &diag),
                    CKR_RANDOM_NO_RNG);
    CU_ASSERT_EQUAL(memcmp(first, zeros, sizeof(first)), 0);
    CU_ASSERT_EQUAL(p11_random(world.p11, "pkcs11:token=other", first,
                               sizeof(first), &diag),
                    P11R_NO_TOKEN);
    world_close(&world);
}

static void nameless_objects_are_no_twins(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    for (int i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(p11_put(world.p11, "pkcs11:token=world", data, ATTRS,
                                NULL, NULL, NULL),
                        CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CreateObject"), 2);
    world_close(&world);
}

static void an_object_that_cannot_be_read_is_not_left_behind(void)
{
    struct p11_object *object = NULL;
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL(world_rule("C_GetAttributeValue:1 -> rv=CKR_DEVICE_MEMORY"),
                    0);
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, &object, &diag),
                    CKR_DEVICE_MEMORY);
    CU_ASSERT_STRING_NOT_EQUAL(diag.text, "");
    CU_ASSERT_PTR_NULL(object);
    CU_ASSERT_EQUAL(world_count("C_DestroyObject"), 1);
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, &object, &diag),
                    CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(object);
    world_close(&world);
}

static void an_attempt_that_may_have_stored_is_not_repeated(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL(world_rule("C_CreateObject:1 -> rv=CKR_DEVICE_ERROR"), 0);
    CU_ASSERT_EQUAL(p11_put(world.p11, NOTE, data, ATTRS, NULL, NULL, NULL),
                    CKR_DEVICE_ERROR);
    CU_ASSERT_EQUAL(world_count("C_CreateObject"), 1);
    world_close(&world);
}

UNIT_MAIN("put", UNIT(data_is_stored_and_found_again),
          UNIT(the_same_object_is_not_stored_twice),
          UNIT(what_cannot_be_stored_is_named),
          UNIT(a_lost_session_is_tried_once_more),
          UNIT(random_octets_come_from_the_token),
          UNIT(nameless_objects_are_no_twins),
          UNIT(an_object_that_cannot_be_read_is_not_left_behind),
          UNIT(an_attempt_that_may_have_stored_is_not_repeated))
