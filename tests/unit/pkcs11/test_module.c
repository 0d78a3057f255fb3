/* SPDX-License-Identifier: Apache-2.0 */
/* Modules: missing, failing, shared, finalised behind our back. */
#include "world.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool ignore(void *arg, const struct p11_token_info *info)
{
    (void)arg;
    (void)info;
    return true;
}

static CK_RV list(const char *path, struct p11_diag *diag)
{
    const struct p11_module_conf module = {.path = path};
    const struct p11_conf conf = {.modules = &module, .module_count = 1};
    struct p11 *p11 = NULL;
    CK_RV rv;

    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &p11), CKR_OK);
    rv = p11_tokens(p11, NULL, ignore, NULL, diag);
    p11_free(p11);
    return rv;
}

static void a_missing_file_is_told_from_a_failing_one(void)
{
    static const char *const paths[] = {"/no/such/module.so", "/etc/passwd",
                                        "/usr/lib/x86_64-linux-gnu/libm.so.6"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct p11_diag diag = {""};

        CU_ASSERT_EQUAL(list(paths[i], &diag), P11R_MODULE_MISSING);
        CU_ASSERT_PTR_NOT_NULL(strstr(diag.text, paths[i]));
    }
}

/* In a process of its own: SoftHSM2 reads its environment once. */
static void a_wrong_softhsm_configuration_is_named(void)
{
    const char *module = world_softhsm();
    int status = 1;
    pid_t pid;

    if (module == NULL)
        return;
    pid = fork();
    if (pid == 0) {
        struct p11_diag diag = {""};
        CK_RV rv;

        (void)setenv("SOFTHSM2_CONF", "/no/such/softhsm2.conf", 1);
        rv = list(module, &diag);
        _exit(rv != CKR_OK && rv != P11R_MODULE_MISSING &&
                      strstr(diag.text, "SOFTHSM2_CONF") != NULL
                  ? 0
                  : 1);
    }
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT_EQUAL(status, 0);
}

static void nothing_is_loaded_before_first_use(void)
{
    const struct p11_module_conf module = {.path = "/no/such/module.so"};
    const struct p11_conf conf = {.modules = &module, .module_count = 1};
    struct p11 *p11 = NULL;

    CU_ASSERT_EQUAL(p11_new(&conf, &p11), CKR_OK);
    p11_free(p11);
}

static void two_users_share_one_module_and_one_login(void)
{
    struct p11_object *other = NULL;
    struct world world, second = {.p11 = NULL};
    const struct p11_module_conf module = {.path = world_fault_module()};
    const struct p11_conf conf = {
        .modules = &module, .module_count = 1, .pin_source = "value:1234"};

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL_FATAL(p11_new(&conf, &second.p11), CKR_OK);
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_find(&second, WORLD_KEY, &other), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Initialize"), 0);
    CU_ASSERT_EQUAL(world_count("C_Login"), 1);
    p11_free(second.p11);
    CU_ASSERT_EQUAL(world_count("C_Finalize"), 0);
    CU_ASSERT_EQUAL(world_sign(other), CKR_OK);
    p11_object_free(other);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    p11_object_free(world.key);
    world.key = NULL;
    p11_free(world.p11);
    CU_ASSERT_EQUAL(world_count("C_Finalize"), 1);
    CU_ASSERT_EQUAL(world_violations(), 0);
    free(world.folder);
}

static void a_module_finalised_by_others_is_initialised_again(void)
{
    CK_C_GetFunctionList get;
    CK_FUNCTION_LIST *fn = NULL;
    struct world world;
    void *handle;

    world_open(&world, &(struct world_conf){.settings = NULL});
    CU_ASSERT_EQUAL(world_load(&world), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    handle = dlopen(world_fault_module(), RTLD_NOW | RTLD_NOLOAD);
    CU_ASSERT_PTR_NOT_NULL_FATAL(handle);
    get =
        *(CK_C_GetFunctionList *)&(void *){dlsym(handle, "C_GetFunctionList")};
    CU_ASSERT_EQUAL_FATAL(get(&fn), CKR_OK);
    CU_ASSERT_EQUAL(fn->C_Finalize(NULL), CKR_OK);
    CU_ASSERT_EQUAL(world_sign(world.key), CKR_OK);
    CU_ASSERT_EQUAL(world_count("C_Initialize"), 1);
    (void)dlclose(handle);
    world_close(&world);
}

UNIT_MAIN("module", UNIT(a_missing_file_is_told_from_a_failing_one),
          UNIT(a_wrong_softhsm_configuration_is_named),
          UNIT(nothing_is_loaded_before_first_use),
          UNIT(two_users_share_one_module_and_one_login),
          UNIT(a_module_finalised_by_others_is_initialised_again))
