/* SPDX-License-Identifier: Apache-2.0 */
/* The 3.2 interface of a module. */
#include "interface.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum {
    FUNCTIONS_2_40 = 68, /* in the list, after its version */
    FUNCTIONS_3_0 = 24,  /* from C_GetInterfaceList to C_MessageVerifyFinal */
    DECAPSULATE = FUNCTIONS_2_40 + FUNCTIONS_3_0 + 1
};

typedef void any_fn(void);

/* CK_INTERFACE of 3.0. */
struct interface {
    CK_BYTE *name;
    void *functions;
    CK_FLAGS flags;
};

typedef CK_RV get_interface_fn(CK_BYTE *name, CK_VERSION *version,
                               struct interface **interface, CK_FLAGS flags);

/* CK_FUNCTION_LIST_3_2 as far as it is needed: every member but the version is
 * a pointer to a function. */
struct function_list {
    CK_VERSION version;
    any_fn *functions[DECAPSULATE + 1];
};

static const struct function_list *ask(const struct p11_module *module)
{
    static CK_BYTE name[] = "PKCS 11";
    CK_VERSION version = {3, 2};
    struct interface *interface = NULL;
    get_interface_fn *get = NULL;
    const struct function_list *list;
    char *file = p11_module_file(module);
    void *library = dlopen(file != NULL ? file : module->path,
                           RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    void *symbol = library != NULL ? dlsym(library, "C_GetInterface") : NULL;

    free(file);
    if (symbol != NULL) {
        memcpy(&get, &symbol, sizeof(get));
        if (get(name, &version, &interface, 0) != CKR_OK)
            interface = NULL;
    }
    if (library != NULL)
        (void)dlclose(library); /* p11-kit holds it */
    list = interface != NULL ? interface->functions : NULL;
    return list != NULL && list->version.major == 3 && list->version.minor >= 2
               ? list
               : NULL;
}

p11_decapsulate_fn *p11_interface_decapsulate(struct p11_module *module)
{
    const struct function_list *list;
    p11_decapsulate_fn *decapsulate = NULL;

    if (!atomic_load(&module->newer_asked)) {
        atomic_store(&module->newer, ask(module));
        atomic_store(&module->newer_asked, true);
    }
    list = atomic_load(&module->newer);
    if (list != NULL)
        memcpy(&decapsulate, &list->functions[DECAPSULATE],
               sizeof(decapsulate));
    return decapsulate;
}
