/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Cryptoki module without slots whose C_GetInterface answers as it is told:
 * the version of its list, and whether C_DecapsulateKey is in it.
 */
#include "pkcs11/cryptoki3.h"

#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef void any_fn(void);

enum { LIST = 68 + 24 + 2 }; /* functions of 2.40, of 3.0, two of 3.2 */

static struct {
    CK_VERSION version;
    any_fn *functions[LIST];
} list;

struct interface {
    CK_BYTE *name;
    void *functions;
    CK_FLAGS flags;
};

static CK_RV answer;
static unsigned asked;

EXPORT void newer_says(CK_RV rv, CK_BYTE minor, int with_function);
EXPORT unsigned newer_asked(void);
EXPORT CK_RV newer_decapsulate(void);
/* By a label, for newer headers declare it with types of their own. */
EXPORT CK_RV get_interface(CK_BYTE *name, CK_VERSION *version,
                           struct interface **interface,
                           CK_FLAGS flags) __asm__("C_GetInterface");
EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);

CK_RV newer_decapsulate(void)
{
    return CKR_OK;
}

void newer_says(CK_RV rv, CK_BYTE minor, int with_function)
{
    any_fn *decapsulate = NULL;

    if (with_function)
        decapsulate = (any_fn *)newer_decapsulate;
    answer = rv;
    asked = 0;
    list.version = (CK_VERSION){3, minor};
    list.functions[LIST - 1] = decapsulate;
}

unsigned newer_asked(void)
{
    return asked;
}

/* ---- 2.40 -------------------------------------------------------------- */

static CK_RV begin(void *args)
{
    (void)args;
    return CKR_OK;
}

static CK_RV get_info(CK_INFO *info)
{
    memset(info, 0, sizeof(*info));
    info->cryptokiVersion = (CK_VERSION){2, 40};
    return CKR_OK;
}

static CK_RV slots(CK_BBOOL present, CK_SLOT_ID *out, CK_ULONG *count)
{
    (void)present;
    (void)out;
    *count = 0;
    return CKR_OK;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    (void)info;
    return CKR_SLOT_ID_INVALID;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *arg,
                          CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
    (void)slot;
    (void)flags;
    (void)arg;
    (void)notify;
    (void)session;
    return CKR_SLOT_ID_INVALID;
}

static CK_RV of_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_SESSION_HANDLE_INVALID;
}

static CK_RV attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                        CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    (void)object;
    (void)attrs;
    (void)count;
    return of_session(session);
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs,
                       CK_ULONG count)
{
    (void)attrs;
    (void)count;
    return of_session(session);
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects,
                  CK_ULONG max, CK_ULONG *count)
{
    (void)objects;
    (void)max;
    (void)count;
    return of_session(session);
}

static CK_FUNCTION_LIST functions = {.version = {2, 40},
                                     .C_Initialize = begin,
                                     .C_Finalize = begin,
                                     .C_GetInfo = get_info,
                                     .C_GetFunctionList = C_GetFunctionList,
                                     .C_GetSlotList = slots,
                                     .C_GetTokenInfo = token_info,
                                     .C_OpenSession = open_session,
                                     .C_CloseSession = of_session,
                                     .C_GetAttributeValue = attributes,
                                     .C_FindObjectsInit = find_init,
                                     .C_FindObjects = find,
                                     .C_FindObjectsFinal = of_session};

CK_RV get_interface(CK_BYTE *name, CK_VERSION *version,
                    struct interface **interface, CK_FLAGS flags)
{
    static CK_BYTE own[] = "PKCS 11";
    static struct interface ours = {own, &list, 0};
    static struct interface old = {own, &functions, 0};

    /* Newer p11-kit asks for whatever there is: it may have 2.40. */
    if (version == NULL) {
        *interface = &old;
        return CKR_OK;
    }
    asked++;
    if (strcmp((char *)name, (char *)own) != 0 || version->major != 3 ||
        version->minor != 2 || flags != 0)
        return CKR_ARGUMENTS_BAD;
    if (answer == CKR_OK)
        *interface = &ours;
    return answer;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
    *out = &functions;
    return CKR_OK;
}
