/* SPDX-License-Identifier: Apache-2.0 */
/* Several modules: listed twice, failing, those of p11-kit, seen late. */
#include "pair.h"
#include "world.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct notes { /* of the trace: those that are no calls */
    char text[2048];
    unsigned calls;
};

static void note(void *arg, const char *function, CK_RV rv, uint64_t us)
{
    struct notes *notes = arg;
    const size_t len = strlen(notes->text);

    (void)us;
    if (strncmp(function, "C_", 2) == 0)
        notes->calls++;
    else
        (void)snprintf(notes->text + len, sizeof(notes->text) - len,
                       "%s (%lx)\n", function, rv);
}

static bool count(void *arg, const struct p11_token_info *info)
{
    (void)info;
    ++*(unsigned *)arg;
    return true;
}

static bool take(void *arg, struct p11_object *object)
{
    struct p11_object **out = arg;

    if (*out == NULL)
        *out = p11_object_up_ref(object);
    return true;
}

static const struct p11_conf both_pins = {
    .pins = (const struct p11_pin_conf[]){{"one", "value:1111"},
                                          {"two", "value:2222"}},
    .pin_count = 2};

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&time, NULL);
}

/* ---- listed ------------------------------------------------------------ */

static void a_file_listed_twice_under_any_name_is_one_module(void)
{
    char link[PAIR_PATH + 16], dotted[PAIR_PATH + 16];
    struct p11_module_conf modules[4];
    unsigned tokens = 0;
    struct p11_conf conf = {.modules = modules, .module_count = 4};
    struct p11 *p11 = NULL;
    struct pair pair;

    pair_open(&pair, NULL);
    (void)snprintf(link, sizeof(link), "%s/link.so", pair.folder);
    (void)snprintf(dotted, sizeof(dotted), "%s/./libone.so", pair.folder);
    CU_ASSERT_EQUAL_FATAL(symlink(pair.path[0], link), 0);
    for (int i = 0; i < 4; i++)
        modules[i] = pair.modules[0];
    modules[1].path = link;
    modules[2].path = dotted;
    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    CU_ASSERT_EQUAL(p11_tokens(p11, NULL, count, &tokens, NULL), CKR_OK);
    CU_ASSERT_EQUAL(tokens, 1);
    CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Initialize"), 1);
    p11_free(p11);
    CU_ASSERT_EQUAL(pair_count(&pair, 0, "C_Finalize"), 1);
    pair_close(&pair);
}

static void a_module_that_fails_does_not_hide_the_others(void)
{
    struct p11_object *key = NULL;
    struct p11_conf conf = both_pins;
    struct notes notes = {.calls = 0};
    struct p11_diag diag = {""};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 1, "x", 1);
    CU_ASSERT_EQUAL(pair_rule(&pair, 0, "C_Initialize -> rv=CKR_GENERAL_ERROR"),
                    0);
    conf.trace = note;
    conf.trace_arg = &notes;
    p11 = pair_p11(&pair, &conf);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=x;type=private", 0, NULL,
                               take, &key, &diag),
                    CKR_OK);
    CU_ASSERT_STRING_EQUAL(diag.text, "");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(notes.text, "module 'one' is passed over (5)"));
    p11_object_free(key);
    key = NULL;
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=y;type=private", 0, NULL,
                               take, &key, &diag),
                    P11R_NO_OBJECT);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one", P11_PRIVATE_KEY, NULL,
                               take, &key, &diag),
                    CKR_GENERAL_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "'one'"));
    p11_free(p11);
    pair_close(&pair);
}

static void write_module(const struct pair *pair, unsigned i)
{
    char path[PAIR_PATH * 2];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/pkcs11/modules/m%u.module",
                   pair->folder, i);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    (void)fprintf(file, "module: %s\n",
                  i < PAIR ? pair->path[i] : "/no/such/module.so");
    if (i < PAIR)
        (void)fprintf(file, "x-init-reserved: %s\n", pair->settings[i]);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

enum { CANNOT = 77 };

/* In a process of its own: p11-kit reads its configuration once, and not that
 * of root, whom a user namespace makes nobody. Other modules of the machine
 * have something to say, and files to write. */
static int use_registered(const struct pair *pair)
{
    struct p11_object *key = NULL;
    struct p11 *p11 = NULL;
    int status = 1;

    if (setenv("XDG_CONFIG_HOME", pair->folder, 1) != 0 ||
        setenv("HOME", pair->folder, 1) != 0 ||
        freopen("/dev/null", "w", stderr) == NULL ||
        p11_new(&both_pins, &p11) != CKR_OK)
        return 2;
    if (getuid() == 0 && unshare(CLONE_NEWUSER) != 0)
        return CANNOT;
    if (p11_search(p11, "pkcs11:token=two;object=x;type=private", 0, NULL, take,
                   &key, NULL) == CKR_OK)
        status = world_sign(key) == CKR_OK ? 0 : 3;
    p11_object_free(key);
    p11_free(p11);
    return status;
}

static void without_a_module_those_of_p11_kit_serve(void)
{
    static const char *const folders[] = {"pkcs11", "pkcs11/modules"};
    char path[PAIR_PATH * 2];
    struct pair pair;
    int status = 1;
    pid_t pid;

    pair_open(&pair, NULL);
    pair_make(&pair, 1, "x", 1);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", pair.folder, folders[i]);
        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    }
    for (unsigned i = 0; i <= PAIR; i++)
        write_module(&pair, i);
    pid = fork();
    if (pid == 0)
        _exit(use_registered(&pair));
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT)
        unit_skip("root cannot be anybody else here");
    else
        CU_ASSERT_EQUAL(status, 0);
    pair_close(&pair);
}

/* ---- late -------------------------------------------------------------- */

static void a_token_that_is_put_in_later_is_found(void)
{
    static const char *const uris[] = {"pkcs11:token=two;type=private",
                                       "pkcs11:object=x;type=private"};

    for (size_t i = 0; i < 2; i++) {
        struct p11_object *key = NULL;
        struct pair pair;
        struct p11 *p11;

        pair_open(&pair, NULL);
        pair_make(&pair, 1, "x", 1);
        pair_do(&pair, 1, "remove");
        p11 = pair_p11(&pair, &both_pins);
        /* Without token=, the other token is there and lacks the object. */
        CU_ASSERT_EQUAL(p11_search(p11, uris[i], 0, NULL, take, &key, NULL),
                        i == 0 ? P11R_NO_TOKEN : P11R_NO_OBJECT);
        pair_do(&pair, 1, "insert");
        pause_ms(120);
        CU_ASSERT_EQUAL(p11_search(p11, uris[i], 0, NULL, take, &key, NULL),
                        CKR_OK);
        CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
        p11_object_free(key);
        p11_free(p11);
        pair_close(&pair);
    }
}

static void slots_are_not_looked_at_for_every_miss(void)
{
    struct p11_object *key = NULL;
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    p11 = pair_p11(&pair, &both_pins);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(
            p11_search(p11, "pkcs11:token=three", 0, NULL, take, &key, NULL),
            P11R_NO_TOKEN);
    CU_ASSERT(pair_count(&pair, 0, "C_GetSlotList") < 20);
    p11_free(p11);
    pair_close(&pair);
}

static void a_blank_token_is_passed_over_and_told(void)
{
    struct p11_object *key = NULL;
    struct p11_conf conf = both_pins;
    struct notes notes = {.calls = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, "initialized=no");
    pair_make(&pair, 0, "x", 1);
    conf.trace = note;
    conf.trace_arg = &notes;
    p11 = pair_p11(&pair, &conf);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=x;type=private", 0, NULL,
                               take, &key, NULL),
                    CKR_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(notes.text, "of 'two' is passed over"));
    CU_ASSERT(notes.calls > 5);
    CU_ASSERT_EQUAL(pair_count(&pair, 1, "C_OpenSession"), 0);
    p11_object_free(key);
    p11_free(p11);
    pair_close(&pair);
}

/* ---- calling back ------------------------------------------------------ */

struct reentry {
    struct p11 *p11;
    struct p11_object *key;
    unsigned refused, others;
};

static bool ignore(void *arg, struct p11_object *object)
{
    (void)arg;
    (void)object;
    return true;
}

static void reenter(void *arg, const char *function, CK_RV rv, uint64_t us)
{
    struct reentry *reentry = arg;
    CK_RV result;

    (void)rv;
    (void)us;
    if (strncmp(function, "C_", 2) != 0)
        return;
    result = reentry->key != NULL ? world_sign(reentry->key)
                                  : p11_search(reentry->p11, "pkcs11:", 0, NULL,
                                               ignore, NULL, NULL);
    if (result == P11R_REENTERED)
        reentry->refused++;
    else
        reentry->others++;
}

/* The trace is called where a module would be that uses OpenSSL, and so us. */
static void a_module_that_calls_us_in_our_call_is_refused_not_waited_for(void)
{
    struct p11_object *key = NULL;
    struct p11_conf conf = both_pins;
    struct reentry reentry = {.p11 = NULL};
    struct pair pair;

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    conf.trace = reenter;
    conf.trace_arg = &reentry;
    reentry.p11 = pair_p11(&pair, &conf);
    CU_ASSERT_EQUAL(p11_search(reentry.p11, "pkcs11:object=x;type=private", 0,
                               NULL, take, &key, NULL),
                    CKR_OK);
    CU_ASSERT(reentry.refused > 5);
    reentry.key = key;
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(reentry.others, 0);
    reentry.key = NULL;
    p11_object_free(key);
    p11_free(reentry.p11);
    CU_ASSERT_EQUAL(pair_violations(&pair), 0);
    pair_close(&pair);
}

/* Cryptoki wants all functions to be there; small modules leave some out. */
static void what_a_module_leaves_out_is_not_supported(void)
{
    struct p11_object *key = NULL;
    CK_FUNCTION_LIST *list = NULL;
    CK_C_GetFunctionList get;
    struct p11_diag diag = {""};
    struct pair pair;
    struct p11 *p11;
    uint8_t octets[8];

    pair_open(&pair, NULL);
    pair_make(&pair, 0, "x", 1);
    get = *(CK_C_GetFunctionList *)&(void *){
        dlsym(pair.handles[0], "C_GetFunctionList")};
    CU_ASSERT_EQUAL_FATAL(get(&list), CKR_OK);
    list->C_GetInfo = NULL;
    list->C_GenerateRandom = NULL;
    list->C_Decrypt = NULL;
    list->C_GetMechanismInfo = NULL;
    p11 = pair_p11(&pair, &both_pins);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:token=one;type=private", 0, NULL,
                               take, &key, NULL),
                    CKR_OK);
    CU_ASSERT_EQUAL(world_sign(key), CKR_OK);
    CU_ASSERT_EQUAL(
        p11_random(p11, "pkcs11:token=one", octets, sizeof(octets), &diag),
        CKR_FUNCTION_NOT_SUPPORTED);
    p11_object_free(key);
    p11_free(p11);
    list->C_FindObjects = NULL;
    p11 = pair_p11(&pair, &both_pins);
    CU_ASSERT_EQUAL(
        p11_search(p11, "pkcs11:token=one", 0, NULL, take, &key, &diag),
        P11R_MODULE_MISSING);
    CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, "has no C_FindObjects"));
    p11_free(p11);
    pair_close(&pair);
}

static void a_slot_that_fails_is_passed_over_and_told(void)
{
    struct p11_object *key = NULL;
    struct p11_conf conf = both_pins;
    struct notes notes = {.calls = 0};
    struct pair pair;
    struct p11 *p11;

    pair_open(&pair, NULL);
    pair_make(&pair, 1, "x", 1);
    CU_ASSERT_EQUAL(
        pair_rule(&pair, 0, "C_GetTokenInfo -> rv=CKR_DEVICE_ERROR"), 0);
    conf.trace = note;
    conf.trace_arg = &notes;
    p11 = pair_p11(&pair, &conf);
    CU_ASSERT_EQUAL(p11_search(p11, "pkcs11:object=x;type=private", 0, NULL,
                               take, &key, NULL),
                    CKR_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(notes.text, "of 'one' is passed over (30)"));
    p11_object_free(key);
    p11_free(p11);
    pair_close(&pair);
}

UNIT_MAIN("modules", UNIT(a_file_listed_twice_under_any_name_is_one_module),
          UNIT(a_module_that_fails_does_not_hide_the_others),
          UNIT(without_a_module_those_of_p11_kit_serve),
          UNIT(a_token_that_is_put_in_later_is_found),
          UNIT(slots_are_not_looked_at_for_every_miss),
          UNIT(a_blank_token_is_passed_over_and_told),
          UNIT(what_a_module_leaves_out_is_not_supported),
          UNIT(a_slot_that_fails_is_passed_over_and_told),
          UNIT(a_module_that_calls_us_in_our_call_is_refused_not_waited_for))
