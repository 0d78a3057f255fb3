/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we need of PKCS#11 beyond version 2.40, where the system's header does
 * not have it: names and numbers of OASIS PKCS#11 3.0, 3.1 and 3.2.
 */
#ifndef PRIVYSEAL_CRYPTOKI3_H
#define PRIVYSEAL_CRYPTOKI3_H

#include <p11-kit/pkcs11.h>

/* ---- 3.0: Edwards and Montgomery curves -------------------------------- */

#ifndef CKK_EC_EDWARDS
#define CKK_EC_EDWARDS 0x40UL
#endif
#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY 0x41UL
#endif
#ifndef CKM_EC_EDWARDS_KEY_PAIR_GEN
#define CKM_EC_EDWARDS_KEY_PAIR_GEN 0x1055UL
#endif
#ifndef CKM_EC_MONTGOMERY_KEY_PAIR_GEN
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL
#endif
#ifndef CKM_EDDSA
#define CKM_EDDSA 0x1057UL
#endif
#ifndef CKA_UNIQUE_ID
#define CKA_UNIQUE_ID 0x04UL
#endif
#ifndef CKA_PUBLIC_KEY_INFO
#define CKA_PUBLIC_KEY_INFO 0x129UL
#endif

/* CK_EDDSA_PARAMS of 3.0, by a name that no header has. */
struct p11_eddsa_params {
    CK_BBOOL prehash;
    CK_ULONG context_len;
    CK_BYTE *context;
};

/* ---- 3.2: ML-DSA and ML-KEM ---------------------------------------------- */

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
#ifndef CKH_HEDGE_PREFERRED
#define CKH_HEDGE_PREFERRED        0UL
#define CKH_HEDGE_REQUIRED         1UL
#define CKH_DETERMINISTIC_REQUIRED 2UL
#endif

/* CK_SIGN_ADDITIONAL_CONTEXT of 3.2. */
struct p11_sign_context {
    CK_ULONG hedge; /* CKH_* */
    CK_BYTE *context;
    CK_ULONG context_len;
};

#endif
