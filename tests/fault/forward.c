/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the loading of a real module. It is never unloaded: another user of
 * the process may have it too. */
#include "forward.h"

#include "conf.h"

#include <dlfcn.h>
#include <string.h>

const CK_FUNCTION_LIST *forward_load(const char *path)
{
    CK_FUNCTION_LIST *list = NULL;
    CK_C_GetFunctionList get = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = NULL;

    if (handle != NULL)
        symbol = dlsym(handle, "C_GetFunctionList");
    if (symbol == NULL) {
        fault_complain("module=%s: %s", path, dlerror());
        return NULL;
    }
    memcpy(&get, &symbol, sizeof(get)); /* ISO C has no such cast */
    if (get(&list) != CKR_OK || list == NULL) {
        fault_complain("module=%s: C_GetFunctionList failed", path);
        return NULL;
    }
    return list;
}
