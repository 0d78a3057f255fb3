/* SPDX-License-Identifier: Apache-2.0 */
/* Which modules have a 3.2 interface, and under which names they are found. */
#include "pkcs11/interface.h"

#include "world.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct p11_tracer quiet = {NULL, NULL};

static void *control(const char *name)
{
    static void *library;

    if (library == NULL)
        library = dlopen(NEWER_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        CU_FAIL_FATAL("the module cannot be loaded");
        return NULL;
    }
    return dlsym(library, name);
}

#define CONTROL(type, name) (*(type **)&(void *){control(name)})

typedef void says_fn(CK_RV rv, CK_BYTE minor, int with_function);
typedef unsigned asked_fn(void);

/* What the module's interface gives us, asked twice. */
static bool has(const char *path)
{
    struct p11_module *module =
        p11_module_open(&(struct p11_module_conf){.path = path});
    p11_decapsulate_fn *first, *second;
    void *expected = control("newer_decapsulate");

    CU_ASSERT_PTR_NOT_NULL_FATAL(module);
    CU_ASSERT_EQUAL_FATAL(p11_module_ready(module, &quiet, NULL), CKR_OK);
    p11_gate_enter();
    first = p11_interface_decapsulate(module);
    second = p11_interface_decapsulate(module);
    p11_gate_leave();
    CU_ASSERT(first == second);
    CU_ASSERT(first == NULL || memcmp(&first, &expected, sizeof(first)) == 0);
    p11_module_close(module);
    return first != NULL;
}

static void only_a_32_list_with_the_function_counts(void)
{
    static const struct {
        CK_RV rv;
        CK_BYTE minor;
        int with_function;
        bool has;
    } rows[] = {{CKR_OK, 2, 1, true},  {CKR_OK, 3, 1, true},
                {CKR_OK, 2, 0, false}, {CKR_OK, 1, 1, false},
                {CKR_OK, 0, 1, false}, {CKR_FUNCTION_FAILED, 2, 1, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CONTROL(says_fn, "newer_says")
        (rows[i].rv, rows[i].minor, rows[i].with_function);
        CU_ASSERT_EQUAL(has(NEWER_MODULE), rows[i].has);
        CU_ASSERT_EQUAL(CONTROL(asked_fn, "newer_asked")(), 1);
    }
}

static void a_module_behind_a_link_is_the_same_file(void)
{
    char *folder = unit_temp_dir();
    char link[1024];

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    (void)snprintf(link, sizeof(link), "%s/link.so", folder);
    CU_ASSERT_EQUAL_FATAL(symlink(NEWER_MODULE, link), 0);
    CONTROL(says_fn, "newer_says")(CKR_OK, 2, 1);
    CU_ASSERT_TRUE(has(link));
    CU_ASSERT_EQUAL(unlink(link), 0);
    free(folder);
}

static void a_module_without_interfaces_has_none(void)
{
    CU_ASSERT_FALSE(has(world_fault_module()));
}

UNIT_MAIN("interface", UNIT(only_a_32_list_with_the_function_counts),
          UNIT(a_module_behind_a_link_is_the_same_file),
          UNIT(a_module_without_interfaces_has_none))
