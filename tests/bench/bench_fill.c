/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_fill MODULE TOKEN PIN COUNT: puts COUNT public keys into a token, so
 * that it is full. They are generated once and created under many labels.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 32, POINT = 67 };

static CK_BBOOL yes = CK_TRUE;
static CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
static CK_KEY_TYPE type = CKK_EC;
/* P-256 and its base point, uncompressed, in an OCTET STRING. */
static unsigned char group[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                0xce, 0x3d, 0x03, 0x01, 0x07};
static unsigned char point[POINT] = {
    0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8,
    0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
    0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,
    0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb,
    0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static CK_RV open_token(CK_FUNCTION_LIST *fn, const char *token, char *pin,
                        CK_SESSION_HANDLE *session)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_RV rv = fn->C_GetSlotList(CK_TRUE, slots, &count);

    for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
        CK_TOKEN_INFO info;

        if (fn->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
            memcmp(info.label, token, strlen(token)) != 0)
            continue;
        rv = fn->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION,
                               NULL, NULL, session);
        if (rv != CKR_OK)
            return rv;
        return fn->C_Login(*session, CKU_USER, (unsigned char *)pin,
                           strlen(pin));
    }
    return rv != CKR_OK ? rv : CKR_TOKEN_NOT_PRESENT;
}

static CK_RV fill(CK_FUNCTION_LIST *fn, CK_SESSION_HANDLE session, long count)
{
    CK_RV rv = CKR_OK;

    for (long i = 0; i < count && rv == CKR_OK; i++) {
        char label[32];
        CK_OBJECT_HANDLE object;
        const int len = snprintf(label, sizeof(label), "filler-%ld", i);
        CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof(class)},
                                {CKA_KEY_TYPE, &type, sizeof(type)},
                                {CKA_TOKEN, &yes, sizeof(yes)},
                                {CKA_EC_PARAMS, group, sizeof(group)},
                                {CKA_EC_POINT, point, sizeof(point)},
                                {CKA_LABEL, label, (CK_ULONG)len},
                                {CKA_ID, label, (CK_ULONG)len}};

        rv = fn->C_CreateObject(session, attrs,
                                sizeof(attrs) / sizeof(attrs[0]), &object);
    }
    return rv;
}

int main(int argc, char **argv)
{
    void *library = argc == 5 ? dlopen(argv[1], RTLD_NOW) : NULL;
    CK_C_GetFunctionList get_list = NULL;
    CK_SESSION_HANDLE session;
    CK_FUNCTION_LIST *fn;
    CK_RV rv;

    if (library != NULL)
        *(void **)&get_list = dlsym(library, "C_GetFunctionList");
    if (get_list == NULL || get_list(&fn) != CKR_OK) {
        (void)fprintf(stderr, "usage: bench_fill MODULE TOKEN PIN COUNT\n");
        return 2;
    }
    rv = fn->C_Initialize(NULL);
    if (rv == CKR_OK)
        rv = open_token(fn, argv[2], argv[3], &session);
    if (rv == CKR_OK)
        rv = fill(fn, session, strtol(argv[4], NULL, 10));
    if (rv != CKR_OK)
        (void)fprintf(stderr, "bench_fill: 0x%lx\n", rv);
    (void)fn->C_Finalize(NULL);
    return rv != CKR_OK;
}
