/* SPDX-License-Identifier: Apache-2.0 */
/* Session copies of keys. */
#include "world.h"

#include <time.h>

static const struct world_conf with_copies = {.copies = P11_COPIES_ON};

static void a_key_is_copied_once_and_then_signs_in_two_calls(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    world_reset();
    const time_t started = time(NULL);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    const unsigned long looks = world_count("C_GetAttributeValue");
    CU_ASSERT_EQUAL(world_count("C_SignInit"), 5);
    CU_ASSERT_EQUAL(world_count("C_Sign"), 5);
    CU_ASSERT_EQUAL(world_count("*"), 10 + looks);
    /* whether the original is still there is asked once a second at most */
    CU_ASSERT_TRUE(looks <= (unsigned long)(time(NULL) - started) + 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_copy_is_never_found(void)
{
    struct p11_object *again = NULL;
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(
        world_find(&world, "pkcs11:token=world;object=copy%20of%20a%20session",
                   &again),
        P11R_NO_OBJECT);
    world_close(&world);
}

static void a_refused_copy_is_no_error_and_is_not_asked_again(void)
{
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_rule("C_CopyObject:from=1 -> "
                               "rv=CKR_ACTION_PROHIBITED"),
                    0);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    world_close(&world);
}

static void copies_are_made_anew_after_every_loss(void)
{
    static void (*const harms[])(void) = {world_stale, world_renumber,
                                          world_logout};
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        harms[i]();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_destroyed_key_signs_no_longer_than_a_second_by_its_copy(void)
{
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 50000000};
    struct p11_object *same = NULL;
    struct world world;

    world_open(&world, &with_copies);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY ";id=%01", &same), CKR_OK);
    CU_ASSERT_EQUAL(p11_object_destroy(same), CKR_OK);
    (void)nanosleep(&second, NULL);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_NO_OBJECT);
    p11_object_free(same);
    world_close(&world);
}

static void modules_not_known_to_gain_are_left_alone(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.copies = P11_COPIES_AUTO});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 0);
    world_close(&world);
}

UNIT_MAIN("copy", UNIT(a_key_is_copied_once_and_then_signs_in_two_calls),
          UNIT(a_copy_is_never_found),
          UNIT(a_refused_copy_is_no_error_and_is_not_asked_again),
          UNIT(copies_are_made_anew_after_every_loss),
          UNIT(a_destroyed_key_signs_no_longer_than_a_second_by_its_copy),
          UNIT(modules_not_known_to_gain_are_left_alone))
