/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the 3.2 interface: the functions of 2.40, and C_DecapsulateKey of the
 * built-in token, where newer=yes is set. Who asks for no version gets the list
 * of 2.40. */
#include "call.h"
#include "fault.h"
#include "token_state.h"

#include <string.h>

enum {
    FUNCTIONS_2_40 = 68, /* in the list, after its version */
    FUNCTIONS_3_0 = 24,
    DECAPSULATE = FUNCTIONS_2_40 + FUNCTIONS_3_0 + 1
};

typedef void any_fn(void);
typedef CK_RV decapsulate_fn(CK_SESSION_HANDLE, CK_MECHANISM *,
                             CK_OBJECT_HANDLE, CK_ATTRIBUTE *, CK_ULONG,
                             CK_BYTE *, CK_ULONG, CK_OBJECT_HANDLE *);

/* CK_FUNCTION_LIST_3_2 up to there; what is not in it is NULL. */
struct functions_3_2 {
    CK_VERSION version;
    any_fn *functions[DECAPSULATE + 1];
};

/* CK_INTERFACE, by a name that no header has. */
struct interface {
    CK_BYTE *name;
    void *functions;
    CK_FLAGS flags;
};

/* By a label, for newer headers declare it with types of their own. */
FAULT_EXPORT CK_RV get_interface(CK_BYTE *name, CK_VERSION *version,
                                 struct interface **interface,
                                 CK_FLAGS flags) __asm__("C_GetInterface");

static CK_RV decapsulate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template,
                         CK_ULONG count, CK_BYTE *ciphertext,
                         CK_ULONG ciphertext_len, CK_OBJECT_HANDLE *out)
{
    const struct token_template asked = {template, count};
    const struct token_text text = {ciphertext, ciphertext_len};
    struct fault_call call = {.function = FAULT_C_DecapsulateKey,
                              .session = &session,
                              .object = &key,
                              .handles = out};
    CK_RV rv = CKR_OK;

    if (fault_enter(&call, &rv))
        rv =
            call.token == token_functions_get()
                ? token_decapsulate(session, mechanism, key, &asked, &text, out)
                : CKR_FUNCTION_NOT_SUPPORTED;
    return fault_leave(&call, rv);
}

static const struct functions_3_2 *newer(void)
{
    static struct functions_3_2 list;
    decapsulate_fn *const ours = decapsulate;

    memcpy(list.functions, &fault_functions()->C_Initialize,
           FUNCTIONS_2_40 * sizeof(any_fn *));
    memcpy(&list.functions[DECAPSULATE], &ours, sizeof(ours));
    list.version = (CK_VERSION){3, 2};
    return &list;
}

CK_RV get_interface(CK_BYTE *name, CK_VERSION *version,
                    struct interface **interface, CK_FLAGS flags)
{
    static CK_BYTE own[] = "PKCS 11";
    static struct interface ours = {.name = own}, old = {.name = own};

    if (interface == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((name != NULL && strcmp((char *)name, (char *)own) != 0) || flags != 0)
        return CKR_FUNCTION_FAILED;
    if (version == NULL || version->major == 2) {
        old.functions = (void *)(uintptr_t)fault_functions();
        *interface = &old;
        return CKR_OK;
    }
    if (version->major != 3 || version->minor != 2 || !fault_conf()->newer)
        return CKR_FUNCTION_FAILED;
    ours.functions = (void *)(uintptr_t)newer();
    *interface = &ours;
    return CKR_OK;
}
