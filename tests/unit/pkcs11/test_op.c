/* SPDX-License-Identifier: Apache-2.0 */
/* Signing: calls counted, faults survived, sessions shared. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void a_signature_is_exactly_two_calls(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    world_reset();
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 20);
    CU_ASSERT_EQUAL(world_count("C_SignInit"), 10);
    CU_ASSERT_EQUAL(world_count("C_Sign"), 10);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_first_load_takes_at_most_eight_calls_and_a_second_two(void)
{
    struct p11_object *again = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT(world_count("*") <= 8);
    CU_ASSERT_EQUAL(world_count("C_GetAttributeValue"), 1);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_reset();
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &again), CKR_OK);
    CU_ASSERT(world_count("*") <= 2);
    CU_ASSERT_EQUAL(world_sign(again), CKR_OK);
    p11_object_free(again);
    world_close(&world);
}

static void a_public_key_needs_no_login(void)
{
    struct p11_object *key = NULL;
    struct world world;

    world_open(&world, &(struct world_conf){.pin_source = ""});
    CU_ASSERT_EQUAL(world_find(&world, WORLD_PUBLIC, &key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    p11_object_free(key);
    world_close(&world);
}

/* ---- recovery ---------------------------------------------------------- */

static void recovers(void (*harm)(void))
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_make(&world, "other", 2), CKR_OK);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    for (int i = 0; i < 3; i++) {
        harm();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void stale_sessions_and_handles_are_made_anew(void)
{
    recovers(world_stale);
}

static void renumbered_handles_never_lead_to_another_key(void)
{
    recovers(world_renumber);
}

static void a_logout_is_followed_by_a_login(void)
{
    recovers(world_logout);
}

static void a_token_that_comes_back_is_used_again_within_a_second(void)
{
    const struct timespec pause = {.tv_nsec = 50000000};
    CK_RV rv = CKR_TOKEN_NOT_PRESENT;
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    world_remove();
    CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
    world_insert();
    for (int i = 0; i < 20 && rv != CKR_OK; i++) {
        rv = world_sign(world.key);
        (void)nanosleep(&pause, NULL);
    }
    CU_ASSERT_EQUAL(rv, CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void each_lost_thing_is_recovered_once_at_any_call(void)
{
    static const char *const rvs[] = {"CKR_SESSION_HANDLE_INVALID",
                                      "CKR_SESSION_CLOSED",
                                      "CKR_OBJECT_HANDLE_INVALID",
                                      "CKR_KEY_HANDLE_INVALID",
                                      "CKR_USER_NOT_LOGGED_IN",
                                      "CKR_DEVICE_REMOVED",
                                      "CKR_DEVICE_ERROR",
                                      "CKR_TOKEN_NOT_PRESENT",
                                      "CKR_CRYPTOKI_NOT_INITIALIZED"};
    static const char *const functions[] = {"C_SignInit", "C_Sign"};

    for (size_t i = 0; i < sizeof(rvs) / sizeof(rvs[0]); i++) {
        for (size_t k = 0; k < sizeof(functions) / sizeof(functions[0]); k++) {
            char rule[128];
            struct world world;

            world_open(&world, &(struct world_conf){.settings = NULL});
            CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
            (void)snprintf(rule, sizeof(rule), "%s:1 -> rv=%s", functions[k],
                           rvs[i]);
            CU_ASSERT_EQUAL(world_rule(rule), 0);
            CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
            CU_ASSERT_EQUAL(world_violations(), 0);
            world_close(&world);
        }
    }
}

static void other_errors_are_told_as_they_are(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> rv=CKR_FUNCTION_FAILED"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_FUNCTION_FAILED);
    CU_ASSERT_EQUAL(world_count("C_CloseSession"), 1);
    CU_ASSERT_EQUAL(world_rule("C_SignInit:1 -> rv=CKR_MECHANISM_INVALID"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_MECHANISM_INVALID);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void an_output_longer_than_its_room_is_refused(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> long-len"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_OUTPUT);
    CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> too-small"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_BUFFER_TOO_SMALL);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    world_close(&world);
}

static void a_key_with_other_numbers_under_its_id_is_refused(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_stale();
    CU_ASSERT_EQUAL(world_rule("C_GetAttributeValue:1 -> lie-attr"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_KEY_CHANGED);
    world_close(&world);
}

/* ---- always-authenticate ----------------------------------------------- */

static void an_always_authenticate_key_logs_in_between_init_and_sign(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.always_authenticate = true});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 2);
    CU_ASSERT_EQUAL(world_count("C_Sign"), 2);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

/* ---- threads ----------------------------------------------------------- */

struct crowd {
    struct p11_object *key;
    unsigned rounds;
    atomic_uint good, bad;
};

static void *member(void *arg)
{
    struct crowd *crowd = arg;

    for (unsigned i = 0; i < crowd->rounds; i++) {
        const CK_RV rv = world_sign(crowd->key);

        if (rv != CKR_OK && atomic_load(&crowd->bad) < 3)
            (void)fprintf(stderr, "signing: %s\n", p11_rv_text(rv));
        (void)atomic_fetch_add(rv == CKR_OK ? &crowd->good : &crowd->bad, 1);
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, size_t threads)
{
    pthread_t ids[32];

    for (size_t i = 0; i < threads; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, member, crowd), 0);
    for (size_t i = 0; i < threads; i++)
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
}

static void eight_threads_sign_with_one_key(void)
{
    struct crowd crowd = {.rounds = 50};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    world_reset();
    run_crowd(&crowd, 8);
    CU_ASSERT_EQUAL(crowd.good, 400);
    CU_ASSERT_EQUAL(world_count("C_Sign"), 400);
    CU_ASSERT(world_count("*") <= 800 + 8);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void threads_wait_at_the_tokens_limit_of_sessions(void)
{
    static const char *const limits[] = {"max-sessions=1", "max-sessions=3"};

    for (size_t i = 0; i < 2; i++) {
        struct crowd crowd = {.rounds = 20};
        struct world world;

        world_open(&world, &(struct world_conf){.settings = limits[i]});
        CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
        crowd.key = world.key;
        CU_ASSERT_EQUAL(world_set("latency=1"), 0);
        run_crowd(&crowd, 16);
        CU_ASSERT_EQUAL(crowd.bad, 0);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

static void threads_wait_at_the_configured_limit_of_sessions(void)
{
    struct crowd crowd = {.rounds = 20};
    struct world world;

    world_open(&world, &(struct world_conf){.session_limit = 2});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    run_crowd(&crowd, 16);
    CU_ASSERT_EQUAL(crowd.bad, 0);
    CU_ASSERT(world_count("C_OpenSession") <= 2);
    world_close(&world);
}

static void waiting_for_a_session_ends_at_the_deadline(void)
{
    struct crowd crowd = {.rounds = 1};
    struct world world;

    world_open(&world,
               &(struct world_conf){.session_limit = 1, .session_wait_ms = 50});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> delay=1000"), 0);
    run_crowd(&crowd, 2);
    CU_ASSERT_EQUAL(crowd.good, 1);
    CU_ASSERT_EQUAL(crowd.bad, 1);
    world_close(&world);
}

static void threads_share_one_login_after_each_logout(void)
{
    struct crowd crowd = {.rounds = 30};
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    world_reset();
    CU_ASSERT_EQUAL(world_rule("C_SignInit:100 -> logout"), 0);
    run_crowd(&crowd, 8);
    CU_ASSERT_EQUAL(crowd.bad, 0);
    CU_ASSERT(world_count("C_Login") <= 2);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

UNIT_MAIN("op", UNIT(a_signature_is_exactly_two_calls),
          UNIT(a_first_load_takes_at_most_eight_calls_and_a_second_two),
          UNIT(a_public_key_needs_no_login),
          UNIT(stale_sessions_and_handles_are_made_anew),
          UNIT(renumbered_handles_never_lead_to_another_key),
          UNIT(a_logout_is_followed_by_a_login),
          UNIT(a_token_that_comes_back_is_used_again_within_a_second),
          UNIT(each_lost_thing_is_recovered_once_at_any_call),
          UNIT(other_errors_are_told_as_they_are),
          UNIT(an_output_longer_than_its_room_is_refused),
          UNIT(a_key_with_other_numbers_under_its_id_is_refused),
          UNIT(an_always_authenticate_key_logs_in_between_init_and_sign),
          UNIT(eight_threads_sign_with_one_key),
          UNIT(threads_wait_at_the_tokens_limit_of_sessions),
          UNIT(threads_wait_at_the_configured_limit_of_sessions),
          UNIT(waiting_for_a_session_ends_at_the_deadline),
          UNIT(threads_share_one_login_after_each_logout))
