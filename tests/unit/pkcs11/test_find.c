/* SPDX-License-Identifier: Apache-2.0 */
/* Searches in a token, and reading what was found. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_RV put(struct world *world, CK_OBJECT_CLASS class, const char *label,
                 const void *value, size_t len)
{
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL no = CK_FALSE;
    const CK_ATTRIBUTE attrs[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
        {CKA_PRIVATE, &no, sizeof(no)},
        {CKA_VALUE, (void *)(uintptr_t)value, len},
        {CKA_CERTIFICATE_TYPE, &type, sizeof(type)}};

    return p11_put(world->p11, "pkcs11:token=world", attrs,
                   class == CKO_CERTIFICATE ? 5 : 4, NULL, NULL, NULL);
}

static bool count(void *arg, struct p11_object *object)
{
    (void)object;
    ++*(size_t *)arg;
    return true;
}

static CK_RV search(struct world *world, const char *uri, size_t *found)
{
    *found = 0;
    return p11_search(world->p11, uri, 0, NULL, count, found, NULL);
}

static void more_objects_than_fit_a_call_are_all_found(void)
{
    static const size_t steps[] = {63, 64, 65, 128, 130};
    struct world world;
    size_t there = 0, found;

    world_open(&world, &(struct world_conf){.no_key = true});
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        for (; there < steps[i]; there++) {
            char label[32];

            (void)snprintf(label, sizeof(label), "d%zu", there);
            CU_ASSERT_EQUAL_FATAL(put(&world, CKO_DATA, label, "v", 1), CKR_OK);
        }
        world_reset();
        CU_ASSERT_EQUAL(search(&world, "pkcs11:type=data", &found), CKR_OK);
        CU_ASSERT_EQUAL(found, there);
        CU_ASSERT_EQUAL(world_count("C_FindObjects"), there / 64 + 1);
        CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), there);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_module_that_finds_more_than_it_may_is_not_believed(void)
{
    struct world world;
    size_t found;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_rule("C_FindObjects -> long-len"), 0);
    CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_GENERAL_ERROR);
    CU_ASSERT_EQUAL(found, 0);
    world_clear_rules();
    CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_OK);
    world_close(&world);
}

static void a_search_that_fails_leaves_none_open(void)
{
    static const char *const rules[] = {
        "C_FindObjects:1 -> rv=CKR_DEVICE_MEMORY",
        "C_FindObjectsFinal:1 -> rv=CKR_DEVICE_MEMORY",
        "C_FindObjectsInit:1 -> rv=CKR_DEVICE_MEMORY",
        "C_GetAttributeValue:1 -> rv=CKR_DEVICE_MEMORY"};

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct world world;
        size_t found;

        world_open(&world, &(struct world_conf){.settings = NULL});
        CU_ASSERT_EQUAL(world_rule(rules[i]), 0);
        CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found),
                        CKR_DEVICE_MEMORY);
        CU_ASSERT_EQUAL(found, 0);
        CU_ASSERT_EQUAL(search(&world, WORLD_PUBLIC, &found), CKR_OK);
        CU_ASSERT_EQUAL(found, 1);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

static void a_value_longer_than_usual_is_read_whole(void)
{
    enum { LARGE = 20000 };
    struct p11_object *object = NULL;
    char *value = malloc(LARGE);
    const CK_ATTRIBUTE *read;
    struct world world;

    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    memset(value, 'v', LARGE);
    world_open(&world, &(struct world_conf){.no_key = true});
    CU_ASSERT_EQUAL_FATAL(put(&world, CKO_CERTIFICATE, "c", value, LARGE),
                          CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(
        p11_search(world.p11, "pkcs11:type=cert", 0, NULL, take, &object, NULL),
        CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    read = p11_object_attr(object, CKA_VALUE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(read);
    CU_ASSERT_EQUAL(read->ulValueLen, LARGE);
    CU_ASSERT_EQUAL(memcmp(read->pValue, value, LARGE), 0);
    CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), 3);
    p11_object_free(object);
    world_close(&world);
    free(value);
}

static void copies_of_a_session_are_no_matches(void)
{
    struct world world;
    size_t found;

    world_open(&world, &(struct world_conf){.copies = P11_COPIES_ON});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    CU_ASSERT_EQUAL(search(&world, "pkcs11:type=private", &found), CKR_OK);
    CU_ASSERT_EQUAL(found, 1);
    world_close(&world);
}

UNIT_MAIN("find", UNIT(more_objects_than_fit_a_call_are_all_found),
          UNIT(a_module_that_finds_more_than_it_may_is_not_believed),
          UNIT(a_search_that_fails_leaves_none_open),
          UNIT(a_value_longer_than_usual_is_read_whole),
          UNIT(copies_of_a_session_are_no_matches))
