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

#ifndef CKK_ML_KEM
#define CKK_ML_KEM 0x49UL
#endif
#ifndef CKK_ML_DSA
#define CKK_ML_DSA 0x4aUL
#endif
#ifndef CKM_ML_KEM_KEY_PAIR_GEN
#define CKM_ML_KEM_KEY_PAIR_GEN 0x0fUL
#endif
#ifndef CKM_ML_KEM
#define CKM_ML_KEM 0x17UL
#endif
#ifndef CKM_ML_DSA_KEY_PAIR_GEN
#define CKM_ML_DSA_KEY_PAIR_GEN 0x1cUL
#endif
#ifndef CKM_ML_DSA
#define CKM_ML_DSA 0x1dUL
#endif
#ifndef CKA_PARAMETER_SET
#define CKA_PARAMETER_SET 0x61dUL
#endif
#ifndef CKA_ENCAPSULATE
#define CKA_ENCAPSULATE 0x633UL
#endif
#ifndef CKA_DECAPSULATE
#define CKA_DECAPSULATE 0x634UL
#endif
#ifndef CKF_DECAPSULATE
#define CKF_DECAPSULATE 0x20000000UL
#endif
#ifndef CKP_ML_DSA_44
#define CKP_ML_DSA_44 1UL
#define CKP_ML_DSA_65 2UL
#define CKP_ML_DSA_87 3UL
#endif
#ifndef CKP_ML_KEM_512
#define CKP_ML_KEM_512  1UL
#define CKP_ML_KEM_768  2UL
#define CKP_ML_KEM_1024 3UL
#endif
#ifndef CKH_DETERMINISTIC_REQUIRED
#define CKH_DETERMINISTIC_REQUIRED 2UL
#endif

/* CK_SIGN_ADDITIONAL_CONTEXT, by a name of our own. */
struct sign_context {
    CK_ULONG hedge;
    CK_BYTE *context;
    CK_ULONG context_len;
};

/* CK_EDDSA_PARAMS, by a name of our own. */
struct eddsa_params {
    CK_BYTE hashed;
    CK_ULONG context_len;
    CK_BYTE *context;
};

#endif
