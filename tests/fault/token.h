/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in token, as a Cryptoki function list of its own. */
#ifndef PRIVYSEAL_FAULT_TOKEN_H
#define PRIVYSEAL_FAULT_TOKEN_H

#include "conf.h"

/* Unsupported functions are NULL in it. Static. */
const CK_FUNCTION_LIST *token_functions_get(void);

/* Forgets the objects kept in memory, for a new configuration. */
void token_forget(void);

/* Ends what goes on in a session without a word, as an error would. */
void token_cancel(CK_SESSION_HANDLE session);

/* The next C_Sign of this session uses a key of its own. */
void token_use_other_key(CK_SESSION_HANDLE session);

/* Octets of a signature by that key, any user's. */
CK_RV token_signature_size(CK_OBJECT_HANDLE key, CK_ULONG *size);

/* Operations and searches that have begun and not ended. */
unsigned long token_operations(void);

/* Objects in all tokens: those with CKA_TOKEN, or the others. */
unsigned long token_object_count(bool on_token);

/* For pthread_atfork. */
void token_lock(void);
void token_unlock(void);

#endif
