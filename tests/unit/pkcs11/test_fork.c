/* SPDX-License-Identifier: Apache-2.0 */
/* fork(), with and without threads that sign, and the process's end. */
#include "world.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_MS = 20000, SLOW_MS = 1900, THREADS = 4, CHILDREN = 25 };

/* The child's exit status; -1 where it hung or crashed. */
static int outcome(pid_t pid)
{
    const struct timespec poll = {.tv_nsec = 2000000};
    int status = 0;

    for (int waited = 0; waited < CHILD_MS; waited += 2) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        (void)nanosleep(&poll, NULL);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    return -1;
}

static CK_RV sign_raw(struct p11_object *key)
{
    const CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    uint8_t sig[WORLD_SIG];
    size_t len = sizeof(sig);

    return p11_sign(key, &mechanism, (const uint8_t *)"abc", 3, sig, &len,
                    NULL);
}

static unsigned long slow; /* forks that took as long as they may */

static pid_t timed_fork(void)
{
    struct timespec before, after;
    pid_t pid;

    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    pid = fork();
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    slow += (after.tv_sec - before.tv_sec) * 1000 +
                (after.tv_nsec - before.tv_nsec) / 1000000 >=
            SLOW_MS;
    return pid;
}

static int child_signs(struct p11_object *key, bool plain_exit)
{
    const pid_t pid = timed_fork();

    if (pid == 0) {
        int status = 0;

        for (int i = 0; i < 3 && status == 0; i++) {
            const CK_RV rv = sign_raw(key);

            if (rv != CKR_OK) {
                (void)fprintf(stderr, "child: %s\n", p11_rv_text(rv));
                status = 1;
            }
        }
        if (plain_exit)
            exit(status);
        _exit(status);
    }
    CU_ASSERT_FATAL(pid > 0);
    return outcome(pid);
}

struct signers {
    struct p11_object *key;
    atomic_bool stop;
    atomic_uint good, bad;
};

static void *sign_on(void *arg)
{
    struct signers *signers = arg;

    while (!atomic_load(&signers->stop))
        (void)atomic_fetch_add(sign_raw(signers->key) == CKR_OK ? &signers->good
                                                                : &signers->bad,
                               1);
    return NULL;
}

static void fork_among_threads(struct p11_object *key, int children)
{
    struct signers signers = {.key = key};
    pthread_t ids[THREADS];
    int bad = 0;

    slow = 0;

    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, sign_on, &signers),
                              0);
    for (int i = 0; i < children; i++)
        bad += child_signs(key, i % 2 == 0) != 0;
    atomic_store(&signers.stop, true);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT(slow < (unsigned long)children / 2);
    CU_ASSERT_EQUAL(signers.bad, 0);
    CU_ASSERT(signers.good > 0);
}

static void a_child_goes_on_with_its_parents_key(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(child_signs(world.key, true), 0);
    CU_ASSERT_EQUAL(child_signs(world.key, false), 0);
    world_reset();
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("*"), 2);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_child_that_uses_no_key_calls_nothing(void)
{
    struct world world;
    pid_t pid;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    pid = fork();
    if (pid == 0) {
        world_reset();
        p11_object_free(world.key);
        p11_free(world.p11);
        _exit(world_count("*") == 0 && world_violations() == 0 ? 0 : 1);
    }
    CU_ASSERT_FATAL(pid > 0);
    CU_ASSERT_EQUAL(outcome(pid), 0);
    world_close(&world);
}

static void a_child_may_be_the_first_to_use_a_token(void)
{
    struct world world;
    pid_t pid;

    world_open(&world, &(struct world_conf){.settings = NULL});
    p11_free(world.p11);
    const struct p11_module_conf module = {.path = world_fault_module(),
                                           .init_args = world.settings};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = "value:1234"};

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &world.p11), CKR_OK);
    for (int i = 0; i < 2; i++) {
        pid = fork();
        if (pid == 0)
            _exit(world_load(&world) == CKR_OK &&
                          world_sign(world.key) == CKR_OK
                      ? 0
                      : 1);
        CU_ASSERT_EQUAL(outcome(pid), 0);
    }
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(child_signs(world.key, false), 0);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    world_close(&world);
}

static void grandchildren_go_on_too(void)
{
    struct world world;
    pid_t pid;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    for (int first = 0; first < 2; first++) {
        pid = fork();
        if (pid == 0) {
            int status = 0;

            if (first == 0)
                status += sign_raw(world.key) != CKR_OK;
            status += child_signs(world.key, false) != 0;
            status += sign_raw(world.key) != CKR_OK;
            status += child_signs(world.key, false) != 0;
            _exit(status);
        }
        CU_ASSERT_EQUAL(outcome(pid), 0);
    }
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void other_programs_are_started_among_threads_that_sign(void)
{
    struct world world;
    struct signers signers = {.stop = false};
    pthread_t ids[THREADS];
    char name[] = "true";
    char *const arguments[] = {name, NULL};
    int bad = 0;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    signers.key = world.key;
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, sign_on, &signers),
                              0);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = -1;

        if (i % 2 == 0) { /* as vfork(), which is asked to leave */
            CU_ASSERT_EQUAL(
                posix_spawnp(&pid, name, NULL, NULL, arguments, environ), 0);
        } else {
            pid = fork();
            if (pid == 0) {
                (void)execvp(name, arguments);
                _exit(1);
            }
        }
        bad += outcome(pid) != 0;
    }
    atomic_store(&signers.stop, true);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_EQUAL(signers.bad, 0);
    CU_ASSERT(signers.good > 0);
    world_close(&world);
}

struct inner { /* a fork in the course of a call */
    pid_t pid;
    bool armed, in_child;
};

static void fork_inside(void *arg, const char *function, CK_RV rv, uint64_t us)
{
    struct inner *inner = arg;

    (void)rv;
    (void)us;
    if (!inner->armed || function[2] != 'S')
        return;
    inner->armed = false;
    inner->pid = fork();
    inner->in_child = inner->pid == 0;
}

/* As a module does that starts a helper; here the child comes back. */
static void a_fork_inside_a_call_leaves_both_in_order(void)
{
    struct inner inner = {.pid = -1};
    struct p11_object *key = NULL;
    struct world world;
    CK_RV rv;

    world_open(&world, &(struct world_conf){.settings = NULL});
    p11_free(world.p11);
    const struct p11_module_conf module = {.path = world_fault_module(),
                                           .init_args = world.settings};
    const struct p11_conf conf = {.modules = &module,
                                  .module_count = 1,
                                  .pin_source = "value:1234",
                                  .trace = fork_inside,
                                  .trace_arg = &inner};

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &world.p11), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&world, WORLD_KEY, &key), CKR_OK);
    inner.armed = true;
    rv = sign_raw(key);
    if (inner.in_child) {
        for (int i = 0; i < 3 && rv == CKR_OK; i++)
            rv = sign_raw(key);
        _exit(rv == CKR_OK && world_count("C_CloseSession") == 0 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(rv, CKR_OK);
    CU_ASSERT_EQUAL(outcome(inner.pid), 0);
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    p11_object_free(key);
    world_close(&world);
}

static void children_of_threads_that_sign_do_not_hang(void)
{
    struct world world;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    fork_among_threads(world.key, CHILDREN);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_fork_waits_two_seconds_for_a_hanging_call_and_no_longer(void)
{
    struct timespec before, after;
    struct signers signers = {.stop = false};
    struct world world;
    pthread_t id;
    pid_t pid;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_rule("C_Sign:1 -> delay=4000"), 0);
    signers.key = world.key;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&id, NULL, sign_on, &signers), 0);
    (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    pid = fork();
    if (pid == 0)
        _exit(0);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    CU_ASSERT_EQUAL(outcome(pid), 0);
    CU_ASSERT(after.tv_sec - before.tv_sec >= 1);
    CU_ASSERT(after.tv_sec - before.tv_sec <= 3);
    atomic_store(&signers.stop, true);
    CU_ASSERT_EQUAL(pthread_join(id, NULL), 0);
    world_close(&world);
}

/* ---- SoftHSM2 ---------------------------------------------------------- */

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

static struct p11 *open_softhsm(struct p11_object **key)
{
    const struct p11_module_conf module = {.path = world_softhsm()};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = "value:1234"};
    const struct p11_keygen keygen = {
        .uri = "pkcs11:token=world", .label = "key", .bits = 1024};
    struct p11_diag diag = {""};
    struct p11 *p11 = NULL;
    CK_RV rv;

    if (module.path == NULL)
        return NULL;
    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    rv = p11_search(p11, WORLD_KEY, 0, NULL, take, key, &diag);
    if (rv == P11R_NO_OBJECT)
        rv = p11_generate(p11, &keygen, NULL, key, NULL, &diag);
    if (rv != CKR_OK)
        (void)fprintf(stderr, "%s\n", diag.text);
    CU_ASSERT_EQUAL_FATAL(rv, CKR_OK);
    return p11;
}

/* The sanitizer's allocator has a lock that no fork handler takes: a child that
 * frees at its end waits for a thread that it does not have. */
#if defined(__SANITIZE_ADDRESS__)
static const bool allocator_forks = false;
#else
static const bool allocator_forks = true;
#endif

static void softhsm_children_of_threads_that_sign_do_not_hang(void)
{
    struct p11_object *key = NULL;
    struct p11 *p11 = NULL;

    if (!allocator_forks) {
        unit_skip("the address sanitizer's allocator is not safe over fork");
        return;
    }
    p11 = open_softhsm(&key);
    if (p11 == NULL)
        return;
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    fork_among_threads(key, CHILDREN);
    p11_object_free(key);
    p11_free(p11);
}

/* What a program does at its end, in a process of its own. */
static int end(void (*ending)(struct p11 *, struct p11_object *))
{
    const pid_t pid = fork();

    if (pid == 0) {
        struct p11_object *key = NULL;
        struct p11 *p11 = open_softhsm(&key);

        if (p11 == NULL || world_sign(key) != CKR_OK)
            _exit(1);
        ending(p11, key);
        exit(0);
    }
    return outcome(pid);
}

static struct p11 *left_p11;
static struct p11_object *left_key;

static void free_left(void)
{
    p11_object_free(left_key);
    p11_free(left_p11);
}

static void leave(struct p11 *p11, struct p11_object *key)
{
    left_p11 = p11;
    left_key = key;
}

static void free_before(struct p11 *p11, struct p11_object *key)
{
    p11_object_free(key);
    p11_free(p11);
}

static void hold_key(struct p11 *p11, struct p11_object *key)
{
    p11_free(p11);
    left_key = key;
}

static void leave_to_exit(struct p11 *p11, struct p11_object *key)
{
    leave(p11, key);
    (void)atexit(free_left);
}

static void open_again(struct p11 *p11, struct p11_object *key)
{
    for (int i = 0; i < 3; i++) {
        p11_object_free(key);
        p11_free(p11);
        key = NULL;
        p11 = open_softhsm(&key);
        if (p11 == NULL || world_sign(key) != CKR_OK)
            _exit(1);
    }
    leave(p11, key);
}

static void softhsm_survives_every_way_of_ending(void)
{
    if (world_softhsm() == NULL)
        return;
    CU_ASSERT_EQUAL(end(leave), 0);
    CU_ASSERT_EQUAL(end(free_before), 0);
    CU_ASSERT_EQUAL(end(hold_key), 0);
    CU_ASSERT_EQUAL(end(leave_to_exit), 0);
    CU_ASSERT_EQUAL(end(open_again), 0);
}

UNIT_MAIN("fork", UNIT(softhsm_survives_every_way_of_ending),
          UNIT(a_child_goes_on_with_its_parents_key),
          UNIT(a_child_that_uses_no_key_calls_nothing),
          UNIT(a_child_may_be_the_first_to_use_a_token),
          UNIT(grandchildren_go_on_too),
          UNIT(other_programs_are_started_among_threads_that_sign),
          UNIT(a_fork_inside_a_call_leaves_both_in_order),
          UNIT(children_of_threads_that_sign_do_not_hang),
          UNIT(a_fork_waits_two_seconds_for_a_hanging_call_and_no_longer),
          UNIT(softhsm_children_of_threads_that_sign_do_not_hang))
