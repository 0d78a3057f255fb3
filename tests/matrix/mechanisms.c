/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists the mechanisms of a token, by a way that has nothing in common with the
 * provider: "0xTYPE 0xFLAGS" a line.
 *
 * usage: mechanisms MODULE LABEL [INIT-ARGS]
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NSS has one member more than the standard: its text stands where others have
 * the reserved member, which follows it. */
struct initialize_args {
    CK_C_INITIALIZE_ARGS args;
    void *reserved_by_nss;
};

static int failed(const char *what, CK_RV rv)
{
    fprintf(stderr, "mechanisms: %s: 0x%lx\n", what, rv);
    return 1;
}

static CK_FUNCTION_LIST *load(const char *path)
{
    CK_C_GetFunctionList get;
    CK_FUNCTION_LIST *list;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle != NULL ? dlsym(handle, "C_GetFunctionList") : NULL;

    if (symbol == NULL)
        return NULL;
    memcpy(&get, &symbol, sizeof(get));
    return get(&list) == CKR_OK ? list : NULL;
}

static int has_label(const CK_TOKEN_INFO *info, const char *label)
{
    char padded[sizeof(info->label)];
    size_t len = strlen(label);

    memset(padded, ' ', sizeof(padded));
    if (len > sizeof(padded))
        return 0;
    memcpy(padded, label, len);
    return memcmp(padded, info->label, sizeof(padded)) == 0;
}

static CK_RV print_all(CK_FUNCTION_LIST *list, CK_SLOT_ID slot)
{
    CK_MECHANISM_TYPE types[512];
    CK_ULONG count = sizeof(types) / sizeof(types[0]);
    CK_RV rv = list->C_GetMechanismList(slot, types, &count);

    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        CK_MECHANISM_INFO info;

        rv = list->C_GetMechanismInfo(slot, types[i], &info);
        if (rv == CKR_OK)
            printf("0x%08lx 0x%08lx\n", types[i], info.flags);
    }
    return rv;
}

static int find_and_print(CK_FUNCTION_LIST *list, const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = sizeof(slots) / sizeof(slots[0]);
    CK_RV rv = list->C_GetSlotList(CK_TRUE, slots, &count);

    if (rv != CKR_OK)
        return failed("C_GetSlotList", rv);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        if (list->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
            !has_label(&info, label))
            continue;
        rv = print_all(list, slots[i]);
        return rv == CKR_OK ? 0 : failed("mechanisms of the token", rv);
    }
    fprintf(stderr, "mechanisms: no token %s\n", label);
    return 1;
}

int main(int argc, char **argv)
{
    struct initialize_args args = {.args = {.flags = CKF_OS_LOCKING_OK}};
    CK_FUNCTION_LIST *list;
    CK_RV rv;
    int status;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: mechanisms MODULE LABEL [INIT-ARGS]\n");
        return 2;
    }
    list = load(argv[1]);
    if (list == NULL) {
        fprintf(stderr, "mechanisms: no PKCS#11 module %s\n", argv[1]);
        return 2;
    }
    if (argc == 4 && argv[3][0] != '\0')
        args.args.pReserved = argv[3];
    rv = list->C_Initialize(&args);
    if (rv != CKR_OK)
        return failed("C_Initialize", rv);
    status = find_and_print(list, argv[2]);
    (void)list->C_Finalize(NULL);
    return status;
}
