/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Cryptoki's functions, results, attributes and mechanisms. */
#ifndef PRIVYSEAL_FAULT_NAMES_H
#define PRIVYSEAL_FAULT_NAMES_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

enum fault_function {
#define FN(name, params, args, ...) FAULT_##name,
#define SPECIAL(name, params)       FAULT_##name,
#define NEWER(name)                 FAULT_##name,
#include "calls.def"
#undef FN
#undef SPECIAL
    FAULT_FUNCTIONS /* their number; also "*", any of them */
};

/* "C_Sign"; "*" for FAULT_FUNCTIONS. Static. */
const char *fault_function_name(enum fault_function function);
bool fault_function_find(const char *name, enum fault_function *function);

/* "CKR_OK", or NULL for one without name. Static. */
const char *fault_result_name(CK_RV rv);

/* A name ("CKR_...", "CKA_...", "CKM_...") or a number (C notation). */
bool fault_number(const char *text, CK_ULONG *value);

#endif
