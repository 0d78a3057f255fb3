/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions among threads: no lock around a call, waiting, fairness. */
#include "world.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 64 };

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct crowd {
    struct p11_object *key;
    unsigned rounds; /* of each thread; 0: until stopped */
    pthread_barrier_t start;
    atomic_bool stop;
    atomic_uint next, bad;
    unsigned good[THREADS_MAX];
};

static CK_RV sign_raw(struct p11_object *key)
{
    const CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    uint8_t sig[WORLD_SIG];
    size_t len = sizeof(sig);

    return p11_sign(key, &mechanism, (const uint8_t *)"abc", 3, sig, &len,
                    NULL);
}

static void *sign_on(void *arg)
{
    struct crowd *crowd = arg;
    const unsigned self = atomic_fetch_add(&crowd->next, 1);

    (void)pthread_barrier_wait(&crowd->start);
    for (unsigned i = 0;
         crowd->rounds == 0 ? !atomic_load(&crowd->stop) : i < crowd->rounds;
         i++) {
        if (sign_raw(crowd->key) == CKR_OK)
            crowd->good[self]++;
        else
            atomic_fetch_add(&crowd->bad, 1);
    }
    return NULL;
}

/* Returns the microseconds that it took. */
static uint64_t run(struct crowd *crowd, unsigned threads, long stop_ms)
{
    const struct timespec rest = {.tv_sec = stop_ms / 1000,
                                  .tv_nsec = stop_ms % 1000 * 1000000};
    pthread_t ids[THREADS_MAX];
    uint64_t begun;

    CU_ASSERT_EQUAL_FATAL(
        pthread_barrier_init(&crowd->start, NULL, threads + 1), 0);
    for (unsigned i = 0; i < threads; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, sign_on, crowd), 0);
    begun = now_us();
    (void)pthread_barrier_wait(&crowd->start);
    if (crowd->rounds == 0) {
        (void)nanosleep(&rest, NULL);
        atomic_store(&crowd->stop, true);
    }
    for (unsigned i = 0; i < threads; i++)
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
    (void)pthread_barrier_destroy(&crowd->start);
    return now_us() - begun;
}

static void no_lock_is_held_while_the_token_works(void)
{
    struct crowd crowd = {.rounds = 1};
    struct world world;
    uint64_t us;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    CU_ASSERT_EQUAL(run(&crowd, 8, 0) > 0, true); /* opens eight sessions */
    CU_ASSERT_EQUAL(world_set("latency=C_Sign:100"), 0);
    us = run(&crowd, 8, 0);
    CU_ASSERT(us >= 100000);
    CU_ASSERT(us < 400000); /* one after the other it were 800 000 */
    CU_ASSERT_EQUAL(crowd.bad, 0);
    world_close(&world);
}

static void a_first_crowd_opens_its_sessions_at_once_too(void)
{
    struct crowd crowd = {.rounds = 1};
    struct world world;
    uint64_t us;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    CU_ASSERT_EQUAL(world_set("latency=C_OpenSession:100"), 0);
    us = run(&crowd, 8, 0);
    CU_ASSERT(us < 400000);
    CU_ASSERT_EQUAL(crowd.bad, 0);
    world_close(&world);
}

static void sixty_four_threads_share_four_sessions_fairly(void)
{
    struct crowd crowd = {.rounds = 0};
    struct world world;
    unsigned least = ~0U, most = 0;

    world_open(&world, &(struct world_conf){.settings = "max-sessions=4"});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    crowd.key = world.key;
    CU_ASSERT_EQUAL(world_set("latency=C_Sign:2"), 0);
    (void)run(&crowd, 64, 1500);
    for (unsigned i = 0; i < 64; i++) {
        least = crowd.good[i] < least ? crowd.good[i] : least;
        most = crowd.good[i] > most ? crowd.good[i] : most;
    }
    CU_ASSERT_EQUAL(crowd.bad, 0);
    CU_ASSERT(least > 0);
    CU_ASSERT(most < 8 * (least + 1));
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void failing_signatures_keep_the_login_with_one_session(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    world_reset();
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> rv=CKR_DATA_INVALID"), 0);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_DATA_INVALID);
        world_clear_rules();
    }
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    CU_ASSERT_EQUAL(world_count("C_FindObjectsInit"), 0);
    CU_ASSERT_EQUAL(world_count("C_OpenSession"), 5);
    CU_ASSERT_EQUAL(world_count("C_CloseSession"), 5);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

/* ---- loading and freeing ----------------------------------------------- */

/* In use; a sanitizer, which looks for leaks itself, answers 0. */
static size_t heap(void)
{
    return mallinfo2().uordblks;
}

static void a_thousand_lives_of_a_p11_leave_nothing(void)
{
    const struct p11_module_conf module = {.path = world_fault_module(),
                                           .init_args = NULL};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = "value:1234"};
    struct world world;
    size_t warm = 0;

    world_open(&world, &(struct world_conf){.settings = NULL});
    for (int i = 0; i < 1000; i++) {
        struct world other = {.p11 = NULL};

        CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &other.p11), CKR_OK);
        CU_ASSERT_EQUAL(world_load(&other), CKR_OK);
        if (i % 100 == 0)
            CU_ASSERT_EQUAL(world_sign(other.key), CKR_OK);
        p11_object_free(other.key);
        p11_free(other.p11);
        if (i == 200)
            warm = heap();
    }
    CU_ASSERT(heap() <= warm + 4096);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_module_is_loaded_and_finalised_again_and_again(void)
{
    struct world world;

    for (int i = 0; i < 20; i++) {
        world_open(&world, &(struct world_conf){.settings = NULL});
        CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        CU_ASSERT_EQUAL(world_violations(), 0);
        world_close(&world);
        CU_ASSERT_EQUAL(world_count("C_Finalize"), 1);
    }
}

UNIT_MAIN("session", UNIT(no_lock_is_held_while_the_token_works),
          UNIT(a_first_crowd_opens_its_sessions_at_once_too),
          UNIT(sixty_four_threads_share_four_sessions_fairly),
          UNIT(failing_signatures_keep_the_login_with_one_session),
          UNIT(a_thousand_lives_of_a_p11_leave_nothing),
          UNIT(a_module_is_loaded_and_finalised_again_and_again))
