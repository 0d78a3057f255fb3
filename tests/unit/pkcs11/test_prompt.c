/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in where people are asked: once for all, and what is kept of it. */
#include "pair.h"
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, PROMPT_MS = 300 };

struct person {
    const char *answer; /* NULL: cancels */
    long delay_ms;
    atomic_uint times, contexts;
};

static ssize_t answer(void *arg, const struct p11_pin_request *request,
                      char *pin, size_t size)
{
    struct person *person = arg;
    const struct timespec delay = {.tv_nsec = person->delay_ms * 1000000};

    (void)size;
    atomic_fetch_add(&person->times, 1);
    if (request->context_specific)
        atomic_fetch_add(&person->contexts, 1);
    (void)nanosleep(&delay, NULL);
    if (person->answer == NULL)
        return -1;
    memcpy(pin, person->answer, strlen(person->answer));
    return (ssize_t)strlen(person->answer);
}

static struct p11 *asking(const struct world *world, bool cache)
{
    const struct p11_module_conf module = {.path = world_fault_module(),
                                           .init_args = world->settings};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_cache = cache};
    struct p11 *p11 = NULL;

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    return p11;
}

/* A world whose p11 has no PIN of its own. */
static void open_asking(struct world *world, const char *settings, bool cache,
                        bool always)
{
    struct p11 *p11;

    world_open(world, &(struct world_conf){.settings = settings,
                                           .pin_source = "",
                                           .always_authenticate = always});
    p11 = asking(world, cache);
    p11_free(world->p11);
    world->p11 = p11;
    world_reset();
}

static bool take(void *arg, struct p11_object *object)
{
    *(struct p11_object **)arg = p11_object_up_ref(object);
    return false;
}

static CK_RV load(struct world *world, struct person *person)
{
    const struct p11_pin_callback pin = {answer, person};

    return p11_search(world->p11, WORLD_KEY, 0, &pin, take, &world->key, NULL);
}

/* ---- threads ----------------------------------------------------------- */

struct crowd {
    struct p11 *p11;
    struct person *person;
    pthread_barrier_t start;
    CK_RV rvs[THREADS];
    atomic_uint next;
};

static void *search(void *arg)
{
    struct crowd *crowd = arg;
    const struct p11_pin_callback pin = {answer, crowd->person};
    const unsigned self = atomic_fetch_add(&crowd->next, 1);
    struct p11_object *key = NULL;

    (void)pthread_barrier_wait(&crowd->start);
    crowd->rvs[self] =
        p11_search(crowd->p11, WORLD_KEY, 0, &pin, take, &key, NULL);
    p11_object_free(key);
    return NULL;
}

static void all_search(struct world *world, struct person *person, CK_RV rv)
{
    struct crowd crowd = {.p11 = world->p11, .person = person};
    pthread_t ids[THREADS];

    CU_ASSERT_EQUAL(pthread_barrier_init(&crowd.start, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&ids[i], NULL, search, &crowd), 0);
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(ids[i], NULL), 0);
    }
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL(crowd.rvs[i], rv);
    (void)pthread_barrier_destroy(&crowd.start);
}

static void one_thread_asks_and_all_go_on(void)
{
    struct person person = {.answer = "1234", .delay_ms = PROMPT_MS};
    struct world world;

    open_asking(&world, NULL, false, false);
    all_search(&world, &person, CKR_OK);
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void who_cancels_cancels_for_all_that_wait(void)
{
    struct person person = {.answer = NULL, .delay_ms = PROMPT_MS};
    struct world world;

    open_asking(&world, NULL, false, false);
    all_search(&world, &person, P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_count("C_Login"), 0);
    all_search(&world, &person, P11R_PIN_MISSING); /* later ones ask again */
    CU_ASSERT_EQUAL(person.times, 2);
    world_close(&world);
}

static void a_wrong_answer_is_told_to_all_that_wait(void)
{
    struct person person = {.answer = "9999", .delay_ms = PROMPT_MS};
    struct world world;

    open_asking(&world, NULL, false, false);
    all_search(&world, &person, CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

/* The token has a key pad: no PIN passes us, nobody is asked by us. */
static void a_pin_pad_is_asked_once_without_a_pin(void)
{
    struct person person = {.answer = "9999"};
    const struct p11_pin_callback pin = {answer, &person};
    struct world world;

    open_asking(&world, "pin-pad=yes", false, true);
    all_search(&world, &person, CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    CU_ASSERT_EQUAL(world_sign_with(world.key, &pin), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Login"), 2); /* the key wants it, too */
    CU_ASSERT_EQUAL(person.times, 0);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_pin_pad_that_was_cancelled_is_not_asked_by_all_that_wait(void)
{
    struct person person = {.answer = NULL};
    struct world world;

    open_asking(&world, "pin-pad=yes", false, false);
    CU_ASSERT_EQUAL(world_rule("C_Login -> delay=300"), 0);
    CU_ASSERT_EQUAL(world_rule("C_Login -> rv=CKR_FUNCTION_CANCELED"), 0);
    all_search(&world, &person, CKR_FUNCTION_CANCELED);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

/* ---- keeping ----------------------------------------------------------- */

static void nothing_is_kept_unless_configured(void)
{
    struct person person = {.answer = "1234"};
    const struct p11_pin_callback pin = {answer, &person};
    struct world world;

    open_asking(&world, NULL, false, false);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    world_logout();
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_sign_with(world.key, &pin), CKR_OK);
    CU_ASSERT_EQUAL(person.times, 2);
    world_close(&world);
}

static void a_kept_pin_logs_in_again_without_a_word(void)
{
    struct person person = {.answer = "1234"};
    struct world world;

    open_asking(&world, NULL, true, false);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    for (int i = 0; i < 3; i++) {
        world_logout();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
        world_stale();
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    }
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_kept_pin_serves_keys_that_want_it_each_time(void)
{
    struct person person = {.answer = "1234"};
    struct world world;

    open_asking(&world, NULL, true, true);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(person.times, 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    world_close(&world);
}

static void a_child_has_the_kept_pin_and_asks_nobody(void)
{
    struct person person = {.answer = "1234"};
    struct world world;
    int status = 1;
    pid_t pid;

    open_asking(&world, NULL, true, false);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    pid = fork();
    if (pid == 0) {
        world_logout();
        _exit(world_sign(world.key) == CKR_OK ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
    world_close(&world);
}

static void a_kept_pin_that_is_refused_is_forgotten(void)
{
    struct person person = {.answer = "1234"};
    const struct p11_pin_callback pin = {answer, &person};
    struct world world;

    open_asking(&world, NULL, true, false);
    CU_ASSERT_EQUAL_FATAL(load(&world, &person), CKR_OK);
    world_reset();
    CU_ASSERT_EQUAL(world_rule("C_Login:1 -> rv=CKR_PIN_INCORRECT"), 0);
    world_logout();
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_sign(world.key), P11R_PIN_MISSING);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    /* The same typed again is not sent again. */
    CU_ASSERT_EQUAL(world_sign_with(world.key, &pin), CKR_PIN_INCORRECT);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    world_close(&world);
}

/* ---- several tokens ---------------------------------------------------- */

static CK_RV find(struct p11 *p11, const char *uri)
{
    struct p11_object *key = NULL;
    const CK_RV rv = p11_search(p11, uri, 0, NULL, take, &key, NULL);

    p11_object_free(key);
    return rv;
}

static void no_token_gets_a_pin_that_is_not_meant_for_it(void)
{
    static const struct {
        const char *uri, *pin_source;
        CK_RV rv;
        unsigned long logins[PAIR];
    } rows[] = {
        {"pkcs11:object=x;type=private", "value:1111", P11R_PIN_MISSING, {0}},
        {"pkcs11:object=x;type=private?pin-value=1111",
         NULL,
         P11R_PIN_MISSING,
         {0}},
        {"pkcs11:token=one;object=x;type=private",
         "value:1111",
         CKR_OK,
         {1, 0}},
        {"pkcs11:token=two;object=y;type=private?pin-value=2222",
         "value:1111",
         CKR_OK,
         {0, 1}},
        {"pkcs11:serial=none;object=x;type=private?pin-value=1111",
         "value:1111",
         P11R_NO_TOKEN,
         {0}},
        {"pkcs11:object=x;type=private?module-name=one&pin-value=1111",
         NULL,
         CKR_OK,
         {1, 0}}};
    struct pair pair;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 1, "y", 2);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct p11 *p11 = pair_p11(
            &pair, &(struct p11_conf){.pin_source = rows[i].pin_source});

        pair_reset(&pair);
        CU_ASSERT_EQUAL(find(p11, rows[i].uri), rows[i].rv);
        for (unsigned k = 0; k < PAIR; k++)
            CU_ASSERT_EQUAL(pair_count(&pair, k, "C_Login"), rows[i].logins[k]);
        p11_free(p11);
    }
    pair_close(&pair);
}

static void each_token_gets_its_own_pin_by_file_and_credential(void)
{
    static const char *const texts[PAIR] = {"1111\n", "2222"};
    char paths[PAIR][600], source[700];
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    pair_make(&pair, 1, "x", 1);
    for (unsigned i = 0; i < PAIR; i++) {
        FILE *file;

        (void)snprintf(paths[i], sizeof(paths[i]), "%s/pin%u", pair.folder, i);
        file = fopen(paths[i], "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        CU_ASSERT(fputs(texts[i], file) >= 0);
        CU_ASSERT_EQUAL(fclose(file), 0);
    }
    (void)snprintf(source, sizeof(source), "file:%s", paths[0]);
    const struct p11_pin_conf pins[] = {{"one", source},
                                        {"two", "credential:pin1"}};
    p11 = pair_p11(&pair, &(struct p11_conf){.pins = pins,
                                             .pin_count = 2,
                                             .credentials = pair.folder});
    CU_ASSERT_EQUAL(find(p11, "pkcs11:object=x;type=private"), P11R_AMBIGUOUS);
    CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Login"), 2); /* one made the key */
    CU_ASSERT_EQUAL(pair_count(&pair, 1, "C_Login"), 2);
    p11_free(p11);
    p11 = pair_p11(&pair, &(struct p11_conf){.credentials = pair.folder});
    CU_ASSERT_EQUAL(find(p11, "pkcs11:token=two;object=x;type=private"
                              "?pin-source=credential:pin1"),
                    CKR_OK);
    p11_free(p11);
    pair_close(&pair);
}

static void a_missing_pin_is_told_with_the_token_and_what_helps(void)
{
    struct p11_diag diag = {""};
    struct world world;

    open_asking(&world, NULL, false, false);
    CU_ASSERT_EQUAL(
        p11_search(world.p11, WORLD_KEY, 0, NULL, take, &world.key, &diag),
        P11R_PIN_MISSING);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'world'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "pin-source"));
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "pin-cache"));
    CU_ASSERT_EQUAL(p11_search(world.p11, WORLD_KEY "?pin-source=file:/no/pin",
                               0, NULL, take, &world.key, &diag),
                    P11R_PIN_SOURCE);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'world'"));
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "/no/pin"));
    world_close(&world);
}

UNIT_MAIN("prompt", UNIT(one_thread_asks_and_all_go_on),
          UNIT(who_cancels_cancels_for_all_that_wait),
          UNIT(a_wrong_answer_is_told_to_all_that_wait),
          UNIT(a_pin_pad_is_asked_once_without_a_pin),
          UNIT(a_pin_pad_that_was_cancelled_is_not_asked_by_all_that_wait),
          UNIT(nothing_is_kept_unless_configured),
          UNIT(a_kept_pin_logs_in_again_without_a_word),
          UNIT(a_kept_pin_serves_keys_that_want_it_each_time),
          UNIT(a_child_has_the_kept_pin_and_asks_nobody),
          UNIT(a_kept_pin_that_is_refused_is_forgotten),
          UNIT(no_token_gets_a_pin_that_is_not_meant_for_it),
          UNIT(each_token_gets_its_own_pin_by_file_and_credential),
          UNIT(a_missing_pin_is_told_with_the_token_and_what_helps))
