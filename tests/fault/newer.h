/* SPDX-License-Identifier: Apache-2.0 */
/* What PKCS#11 3.0 and later add, where the system's header is older. */
#ifndef PRIVYSEAL_FAULT_NEWER_H
#define PRIVYSEAL_FAULT_NEWER_H

#include <p11-kit/pkcs11.h>

#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY 0x41UL
#endif
#ifndef CKM_EC_MONTGOMERY_KEY_PAIR_GEN
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL
#endif

/* CK_EDDSA_PARAMS, by a name of our own. */
struct eddsa_params {
    CK_BYTE hashed;
    CK_ULONG context_len;
    CK_BYTE *context;
};

#endif
