/* SPDX-License-Identifier: Apache-2.0 */
/* What searches led to: remembered, replaced, forgotten, never believed. */
#include "pkcs11/memory.h"

#include "pkcs11/object.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static void open_loaded(struct world *world)
{
    world_open(world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL_FATAL(world_load(world), CKR_OK);
}

static bool knows(struct p11_memory *memory, const char *key, unsigned class)
{
    struct p11_object *object = p11_memory_find(memory, key, class);
    const bool known = object != NULL;

    p11_object_free(object);
    return known;
}

static void a_row_is_found_by_its_uri_and_class_alone(void)
{
    struct p11_memory memory = {.next = 0};
    struct world world;
    unsigned refs;

    open_loaded(&world);
    refs = atomic_load(&world.key->refs);
    p11_memory_add(&memory, "pkcs11:object=a", P11_PRIVATE_KEY, world.key);
    CU_ASSERT_EQUAL(atomic_load(&world.key->refs), refs + 1);
    CU_ASSERT(knows(&memory, "pkcs11:object=a", P11_PRIVATE_KEY));
    CU_ASSERT_FALSE(knows(&memory, "pkcs11:object=a", P11_PUBLIC_KEY));
    CU_ASSERT_FALSE(knows(&memory, "pkcs11:object=b", P11_PRIVATE_KEY));
    p11_memory_clear(&memory);
    CU_ASSERT_FALSE(knows(&memory, "pkcs11:object=a", P11_PRIVATE_KEY));
    CU_ASSERT_EQUAL(atomic_load(&world.key->refs), refs);
    world_close(&world);
}

static void the_oldest_row_makes_room(void)
{
    struct p11_memory memory = {.next = 0};
    struct world world;
    unsigned refs;
    char key[32];

    open_loaded(&world);
    refs = atomic_load(&world.key->refs);
    for (int i = 0; i < P11_MEMORY_ROWS + 10; i++) {
        (void)snprintf(key, sizeof(key), "pkcs11:object=%d", i);
        p11_memory_add(&memory, key, P11_PRIVATE_KEY, world.key);
    }
    CU_ASSERT_EQUAL(atomic_load(&world.key->refs), refs + P11_MEMORY_ROWS);
    CU_ASSERT_FALSE(knows(&memory, "pkcs11:object=9", P11_PRIVATE_KEY));
    CU_ASSERT(knows(&memory, "pkcs11:object=10", P11_PRIVATE_KEY));
    CU_ASSERT(knows(&memory, "pkcs11:object=73", P11_PRIVATE_KEY));
    p11_memory_clear(&memory);
    world_close(&world);
}

static void an_object_is_forgotten_under_all_its_uris(void)
{
    struct p11_memory memory = {.next = 0};
    struct p11_object *public = NULL;
    struct world world;

    open_loaded(&world);
    CU_ASSERT_EQUAL_FATAL(world_find(&world, WORLD_PUBLIC, &public), CKR_OK);
    p11_memory_add(&memory, "a", P11_PRIVATE_KEY, world.key);
    p11_memory_add(&memory, "b", P11_PRIVATE_KEY, world.key);
    p11_memory_add(&memory, "c", P11_PUBLIC_KEY, public);
    p11_memory_forget(&memory, world.key);
    CU_ASSERT_FALSE(knows(&memory, "a", P11_PRIVATE_KEY));
    CU_ASSERT_FALSE(knows(&memory, "b", P11_PRIVATE_KEY));
    CU_ASSERT(knows(&memory, "c", P11_PUBLIC_KEY));
    p11_memory_clear(&memory);
    p11_object_free(public);
    world_close(&world);
}

/* ---- in searches ------------------------------------------------------- */

static void a_second_search_is_one_read(void)
{
    struct p11_object *again = NULL;
    struct world world;

    open_loaded(&world);
    world_reset();
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_EQUAL(again, world.key);
    CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), 1);
    CU_ASSERT_EQUAL(world_count("*"), 1);
    p11_object_free(again);
    world_close(&world);
}

/* Deleted by someone else, and another made under the same names. */
static void what_is_no_longer_there_is_not_handed_out(void)
{
    struct p11_object *again = NULL;
    struct world world;
    struct world other = {.p11 = NULL};

    open_loaded(&world);
    const struct p11_module_conf module = {.path = world_fault_module()};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = "value:1234"};

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &other.p11), CKR_OK);
    CU_ASSERT_EQUAL_FATAL(world_load(&other), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(other.key), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), P11R_NO_OBJECT);
    CU_ASSERT_PTR_NULL(again);
    CU_ASSERT_EQUAL(world_make(&other, "key", 7), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), CKR_OK);
    CU_ASSERT_PTR_NOT_EQUAL(again, world.key);
    CU_ASSERT_EQUAL(world_sign(again), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_NO_OBJECT);
    p11_object_free(again);
    p11_object_free(other.key);
    p11_free(other.p11);
    world_close(&world);
}

UNIT_MAIN("memory", UNIT(a_row_is_found_by_its_uri_and_class_alone),
          UNIT(the_oldest_row_makes_room),
          UNIT(an_object_is_forgotten_under_all_its_uris),
          UNIT(a_second_search_is_one_read),
          UNIT(what_is_no_longer_there_is_not_handed_out))
