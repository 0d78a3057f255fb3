/* SPDX-License-Identifier: Apache-2.0 */
/* Initialising tokens. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static bool note_flags(void *arg, const struct p11_token_info *info)
{
    if (strcmp(info->label, "fresh") == 0)
        *(CK_FLAGS *)arg = info->flags;
    return true;
}

static CK_RV init(struct world *world, const char *uri, const char *label,
                  bool reinit, struct p11_diag *diag)
{
    return p11_token_init(world->p11, uri, label, "12345678", "4321", reinit,
                          diag);
}

static void a_token_that_waits_for_it_is_found_and_initialised(void)
{
    const CK_FLAGS wanted = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;
    struct p11_keygen keygen = {
        .uri = "pkcs11:token=fresh;object=k?pin-value=4321", .bits = 1024};
    struct p11_diag diag = {""};
    struct p11_object *key = NULL;
    struct world world;
    CK_FLAGS flags = 0;

    world_open(&world, &(struct world_conf){.settings = "initialized=no",
                                            .no_key = true,
                                            .pin_source = ""});
    CU_ASSERT_EQUAL(init(&world, NULL, "fresh", false, &diag), CKR_OK);
    CU_ASSERT_STRING_EQUAL(diag.text, "");
    CU_ASSERT_EQUAL(
        p11_tokens(world.p11, "pkcs11:token=fresh", note_flags, &flags, NULL),
        CKR_OK);
    CU_ASSERT_EQUAL(flags & wanted, wanted);
    CU_ASSERT_EQUAL(
        p11_generate(world.p11, &keygen, NULL, &key, NULL, NULL), CKR_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    p11_object_free(key);
    world_close(&world);
}

static void an_initialised_token_is_left_alone(void)
{
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(init(&world, NULL, "fresh", false, &diag), P11R_NO_TOKEN);
    CU_ASSERT_EQUAL(init(&world, "pkcs11:token=world", "fresh", false, &diag),
                    P11R_EXISTS);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'world'"));
    CU_ASSERT_EQUAL(world_count("C_InitToken"), 0);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_close(&world);
}

static void by_force_it_is_emptied_whatever_sessions_we_had(void)
{
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.copies = P11_COPIES_ON});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_CopyObject"), 1);
    CU_ASSERT_EQUAL(init(&world, "pkcs11:token=world", "world", true, &diag),
                    CKR_OK);
    CU_ASSERT_STRING_EQUAL(diag.text, "");
    CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_wrong_so_pin_is_told(void)
{
    struct p11_diag diag = {""};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(p11_token_init(world.p11, "pkcs11:token=world", "world",
                                   "87654321", "4321", true, &diag),
                    CKR_PIN_INCORRECT);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "world"));
    CU_ASSERT_PTR_NULL(strstr(diag.text, "87654321"));
    CU_ASSERT_EQUAL(world_count("C_InitPIN"), 0);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_close(&world);
}

static void a_label_has_1_to_32_octets(void)
{
    static const char long_label[] = "123456789012345678901234567890123";
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(init(&world, NULL, "", true, NULL), CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(init(&world, NULL, long_label, true, NULL),
                    CKR_ARGUMENTS_BAD);
    CU_ASSERT_EQUAL(world_count("*"), 0);
    world_close(&world);
}

UNIT_MAIN("inittoken", UNIT(a_token_that_waits_for_it_is_found_and_initialised),
          UNIT(an_initialised_token_is_left_alone),
          UNIT(by_force_it_is_emptied_whatever_sessions_we_had),
          UNIT(a_wrong_so_pin_is_told), UNIT(a_label_has_1_to_32_octets))
