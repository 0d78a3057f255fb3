/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of loading a key and signing, each failing in every way: no
 * crash, no hang, no success with a wrong signature, and all is well after.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HANG_S = 60 };

static const char *const rvs[] = {
    "CKR_GENERAL_ERROR",   "CKR_HOST_MEMORY",
    "CKR_DEVICE_MEMORY",   "CKR_FUNCTION_FAILED",
    "CKR_DEVICE_ERROR",    "CKR_DEVICE_REMOVED",
    "CKR_ARGUMENTS_BAD",   "CKR_SESSION_HANDLE_INVALID",
    "CKR_SESSION_CLOSED",  "CKR_OBJECT_HANDLE_INVALID",
    "CKR_PIN_INCORRECT",   "CKR_USER_NOT_LOGGED_IN",
    "CKR_SESSION_COUNT",   "CKR_TOKEN_NOT_PRESENT",
    "CKR_PIN_LOCKED",      "CKR_CRYPTOKI_NOT_INITIALIZED",
    "CKR_OPERATION_ACTIVE"};

static unsigned false_successes;

/* Loads and signs as a caller would; CKR_OK only with a right signature. */
static CK_RV load_and_sign(struct world *world)
{
    CK_RV rv = world_load(world);

    if (rv == CKR_OK && world->key == NULL)
        false_successes++;
    if (rv == CKR_OK)
        rv = world_sign(world->key);
    if (rv == CKR_SIGNATURE_INVALID)
        false_successes++;
    return rv;
}

static const struct world_conf quick = {.session_wait_ms = 300};

/* How many calls the flow takes when nothing fails. */
static unsigned long calls(void)
{
    struct world world;
    unsigned long count;

    world_open(&world, &quick);
    CU_ASSERT_EQUAL_FATAL(load_and_sign(&world), CKR_OK);
    count = world_count("*");
    world_close(&world);
    return count;
}

/* A PIN that the token called wrong stays wrong for this process: a world of
 * its own for each fault. */
static bool survives(const char *rule, bool pin_was_refused)
{
    struct p11_object *key = NULL;
    struct world world;
    CK_RV rv;

    world_open(&world, &quick);
    CU_ASSERT_EQUAL(world_rule(rule), 0);
    rv = load_and_sign(&world);
    if (rv == CKR_OK)
        CU_ASSERT(world_count("C_Sign") >= 1);
    world_clear_rules();
    for (int i = 0; i < 10 && rv != CKR_OK; i++) {
        (void)usleep(50000); /* lost tokens are looked for now and then */
        p11_object_free(key);
        key = NULL;
        rv = world_find(&world, WORLD_KEY, &key);
        if (rv == CKR_OK)
            rv = world_sign(key);
    }
    p11_object_free(key);
    if (world_count("C_Login") > 4)
        (void)fprintf(stderr, "%s: %lu logins\n", rule, world_count("C_Login"));
    CU_ASSERT(world_count("C_Login") <= 4);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
    if (rv != CKR_OK && !pin_was_refused)
        (void)fprintf(stderr, "%s: %s\n", rule, p11_rv_text(rv));
    return rv == CKR_OK || pin_was_refused;
}

static void every_call_may_fail_in_every_way(void)
{
    const unsigned long count = calls();

    (void)alarm(HANG_S);
    for (size_t i = 0; i < sizeof(rvs) / sizeof(rvs[0]); i++) {
        for (unsigned long n = 1; n <= count; n++) {
            char rule[128];

            (void)snprintf(rule, sizeof(rule), "*:%lu -> rv=%s", n, rvs[i]);
            CU_ASSERT(survives(rule, strncmp(rvs[i], "CKR_PIN", 7) == 0));
        }
    }
    (void)alarm(0);
    CU_ASSERT_EQUAL(false_successes, 0);
}

static void everything_may_be_lost_at_every_call(void)
{
    static const char *const harms[] = {"stale", "renumber", "logout",
                                        "remove=50"};
    const unsigned long count = calls();

    (void)alarm(HANG_S);
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++) {
        for (unsigned long n = 1; n <= count; n++) {
            char rule[128];

            (void)snprintf(rule, sizeof(rule), "*:%lu -> %s", n, harms[i]);
            CU_ASSERT(survives(rule, false));
        }
    }
    (void)alarm(0);
    CU_ASSERT_EQUAL(false_successes, 0);
}

static void a_token_that_fails_always_fails_us_soon(void)
{
    for (size_t i = 0; i < sizeof(rvs) / sizeof(rvs[0]); i++) {
        char rule[128];
        struct world world;

        if (strcmp(rvs[i], "CKR_CRYPTOKI_NOT_INITIALIZED") == 0)
            continue; /* who lies so even of C_Finalize stays as he is */
        (void)alarm(HANG_S);
        world_open(&world, &quick);
        CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
        (void)snprintf(rule, sizeof(rule), "*:from=1 -> rv=%s", rvs[i]);
        CU_ASSERT_EQUAL(world_rule(rule), 0);
        CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT(world_count("*") < 60);
        world_close(&world);
        (void)alarm(0);
    }
}

UNIT_MAIN("sweep", UNIT(every_call_may_fail_in_every_way),
          UNIT(everything_may_be_lost_at_every_call),
          UNIT(a_token_that_fails_always_fails_us_soon))
