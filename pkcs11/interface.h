/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of PKCS#11 3.2, by C_GetInterface. p11-kit's managed modules know
 * none of them: the module that it has loaded is asked itself.
 */
#ifndef PRIVYSEAL_P11_INTERFACE_H
#define PRIVYSEAL_P11_INTERFACE_H

#include "module.h"

typedef CK_RV p11_decapsulate_fn(CK_SESSION_HANDLE session,
                                 CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE private_key,
                                 CK_ATTRIBUTE *attrs, CK_ULONG count,
                                 CK_BYTE *ciphertext, CK_ULONG ciphertext_len,
                                 CK_OBJECT_HANDLE *key);

/* NULL where the module has no 3.2 interface, or this function is missing in
 * it. The module is ready, the caller has a mark; asked once. */
p11_decapsulate_fn *p11_interface_decapsulate(struct p11_module *module);

#endif
