/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery: what is tried again, how often, and how soon it works. */
#include "world.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS = 8 };

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void open_loaded(struct world *world, const char *settings)
{
    world_open(world, &(struct world_conf){.settings = settings});
    CU_ASSERT_EQUAL_FATAL(world_load(world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world->key), CKR_OK);
    world_reset();
}

/* As an application would: again and again, without a pause. */
static CK_RV sign_for(struct p11_object *key, uint64_t ms, unsigned *times)
{
    const uint64_t end = now_ms() + ms;
    CK_RV rv;

    *times = 0;
    do {
        rv = world_sign(key);
        ++*times;
    } while (rv != CKR_OK && now_ms() < end);
    return rv;
}

static void an_operation_is_tried_twice_at_most(void)
{
    static const char *const codes[] = {
        "CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED",
        "CKR_USER_NOT_LOGGED_IN",     "CKR_KEY_HANDLE_INVALID",
        "CKR_OBJECT_HANDLE_INVALID",  "CKR_DEVICE_REMOVED",
        "CKR_TOKEN_NOT_PRESENT",      "CKR_DEVICE_ERROR",
        "CKR_GENERAL_ERROR",          "CKR_CRYPTOKI_NOT_INITIALIZED"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct world world;
        char rule[80];

        open_loaded(&world, NULL);
        (void)snprintf(rule, sizeof(rule), "C_Sign -> rv=%s", codes[i]);
        CU_ASSERT_EQUAL(world_rule(rule), 0);
        CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT(world_count("C_Sign") <= 2);
        CU_ASSERT(world_count("C_SignInit") <= 2);
        CU_ASSERT(world_count("C_Login") <= 2);
        CU_ASSERT(world_count("C_Initialize") <= 1);
        world_clear_rules();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

/* What is there in spite of what it says does not fill up with sessions. */
static void no_session_stays_open_in_a_token_that_only_says_it_is_away(void)
{
    static const char *const codes[] = {"CKR_DEVICE_REMOVED",
                                        "CKR_TOKEN_NOT_PRESENT", "0x80000001",
                                        "CKR_DEVICE_ERROR"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct world world;

        open_loaded(&world, NULL);
        CU_ASSERT_EQUAL(world_sessions(), 1);
        for (int n = 0; n < 3; n++) {
            char rule[80];
            unsigned times;

            (void)snprintf(rule, sizeof(rule), "C_Sign -> rv=%s", codes[i]);
            CU_ASSERT_EQUAL(world_rule(rule), 0);
            CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
            world_clear_rules();
            CU_ASSERT_EQUAL(sign_for(world.key, 1000, &times), CKR_OK);
            CU_ASSERT_EQUAL(world_sessions(), 1);
        }
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

static void a_token_that_is_away_is_not_stormed(void)
{
    struct world world;
    unsigned times;

    open_loaded(&world, NULL);
    world_remove();
    CU_ASSERT_NOT_EQUAL(sign_for(world.key, 500, &times), CKR_OK);
    CU_ASSERT(times > 50);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    CU_ASSERT_EQUAL(world_count("C_Initialize"), 0);
    CU_ASSERT(world_count("*") < 60); /* a look each 100 ms, no more */
    world_insert();
    CU_ASSERT_EQUAL(sign_for(world.key, 1000, &times), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_token_that_comes_back_in_another_slot_is_the_same(void)
{
    struct world world;

    open_loaded(&world, "fresh-slots=yes");
    for (int i = 0; i < 3; i++) {
        unsigned times;

        world_remove();
        CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
        world_insert();
        CU_ASSERT_EQUAL(sign_for(world.key, 1000, &times), CKR_OK);
    }
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void finalize_behind_our_back(void)
{
    void *handle = dlopen(world_fault_module(), RTLD_NOW | RTLD_NOLOAD);
    CK_C_GetFunctionList get;
    CK_FUNCTION_LIST *fn = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(handle);
    get =
        *(CK_C_GetFunctionList *)&(void *){dlsym(handle, "C_GetFunctionList")};
    CU_ASSERT_EQUAL_FATAL(get(&fn), CKR_OK);
    CU_ASSERT_EQUAL(fn->C_Finalize(NULL), CKR_OK);
    (void)dlclose(handle);
}

/* As with an HSM that restarts: the library wants to be initialised, and that
 * fails for a while. */
static void a_module_that_restarts_is_initialised_again_without_a_storm(void)
{
    struct world world;
    unsigned times;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(world_rule("C_Initialize -> rv=CKR_DEVICE_ERROR"), 0);
    finalize_behind_our_back();
    world_reset();
    CU_ASSERT_NOT_EQUAL(sign_for(world.key, 500, &times), CKR_OK);
    CU_ASSERT(times > 50);
    CU_ASSERT(world_count("C_Initialize") > 1);
    CU_ASSERT(world_count("C_Initialize") <= 12);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    world_clear_rules();
    CU_ASSERT_EQUAL(sign_for(world.key, 1000, &times), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

static void what_the_data_cause_does_not_disturb_a_token_that_is_well(void)
{
    static const char *const rules[] = {"C_Sign:1 -> rv=CKR_GENERAL_ERROR",
                                        "C_Sign:1 -> rv=CKR_FUNCTION_FAILED"};

    for (size_t i = 0; i < 2; i++) {
        struct world world;

        open_loaded(&world, NULL);
        CU_ASSERT_EQUAL(world_rule(rules[i]), 0);
        CU_ASSERT_NOT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_count("C_Sign"), 1);
        CU_ASSERT_EQUAL(world_count("C_Login"), 0);
        CU_ASSERT_EQUAL(world_count("C_GetSlotList"), 0);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_count("C_Login"), 0);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
    }
}

static void a_general_error_of_a_token_that_lost_all_is_recovered(void)
{
    struct world world;

    open_loaded(&world, NULL);
    CU_ASSERT_EQUAL(world_rule("C_SignInit:1 -> stale"), 0);
    CU_ASSERT_EQUAL(world_rule("C_SignInit:1 -> rv=CKR_GENERAL_ERROR"), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_SignInit"), 2);
    world_close(&world);
}

/* ---- threads ----------------------------------------------------------- */

struct crowd {
    struct p11_object *key;
    atomic_bool stop;
    atomic_uint turns; /* the token went, or came */
    atomic_uint good, away, wrong;
};

static void *sign_on(void *arg)
{
    static const CK_RV gone[] = {CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED,
                                 CKR_SLOT_ID_INVALID, P11R_NO_OBJECT};
    struct crowd *crowd = arg;

    while (!atomic_load(&crowd->stop)) {
        const unsigned before = atomic_load(&crowd->turns);
        const CK_RV rv = world_sign(crowd->key);
        /* Twice lost under way: that is said, whatever it is called. */
        bool away = atomic_load(&crowd->turns) - before >= 2;

        for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
            away = away || rv == gone[i];
        atomic_fetch_add(rv == CKR_OK ? &crowd->good
                         : away       ? &crowd->away
                                      : &crowd->wrong,
                         1);
    }
    return NULL;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&time, NULL);
}

static void threads_live_through_a_token_that_comes_and_goes(void)
{
    struct crowd crowd = {.key = NULL};
    pthread_t ids[THREADS];
    struct world world;
    unsigned times;

    open_loaded(&world, "fresh-slots=yes");
    crowd.key = world.key;
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, sign_on, &crowd),
                              0);
    for (int i = 0; i < 4; i++) {
        pause_ms(150);
        atomic_fetch_add(&crowd.turns, 1);
        world_remove();
        pause_ms(50);
        atomic_fetch_add(&crowd.turns, 1);
        world_insert();
    }
    CU_ASSERT_EQUAL(sign_for(world.key, 1000, &times), CKR_OK);
    atomic_store(&crowd.stop, true);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
    CU_ASSERT_EQUAL(crowd.wrong, 0);
    CU_ASSERT(crowd.good > 0);
    CU_ASSERT(crowd.away > 0);
    CU_ASSERT(world_count("C_Login") <= 4 * 3);
    CU_ASSERT_EQUAL(world_count("C_Initialize"), 0);
    world_close(&world);
}

UNIT_MAIN("recover", UNIT(an_operation_is_tried_twice_at_most),
          UNIT(no_session_stays_open_in_a_token_that_only_says_it_is_away),
          UNIT(a_token_that_is_away_is_not_stormed),
          UNIT(a_token_that_comes_back_in_another_slot_is_the_same),
          UNIT(a_module_that_restarts_is_initialised_again_without_a_storm),
          UNIT(what_the_data_cause_does_not_disturb_a_token_that_is_well),
          UNIT(a_general_error_of_a_token_that_lost_all_is_recovered),
          UNIT(threads_live_through_a_token_that_comes_and_goes))
