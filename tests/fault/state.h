/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the module knows about its caller, whatever the token is: whether it is
 * initialised and by which process, the open sessions, how handles are
 * translated.
 */
#ifndef PRIVYSEAL_FAULT_STATE_H
#define PRIVYSEAL_FAULT_STATE_H

#include "conf.h"

#include <openssl/types.h>

struct fault_session {
    CK_SESSION_HANDLE inside;
    CK_SLOT_ID slot;
    int users;                 /* calls that are in it now */
    CK_OBJECT_HANDLE sign_key; /* the token's handle, of C_SignInit */
    EVP_MD_CTX *input;         /* digest of C_SignUpdate's data, or NULL */
    struct fault_session *next;
};

/* C_Initialize: takes the token's functions (never freed), forgets sessions.
 * C_Finalize: reports sessions left open. */
CK_RV fault_state_open(const CK_FUNCTION_LIST *token);
void fault_state_close(void);

/* CKR_OK and the token's functions, or CKR_CRYPTOKI_NOT_INITIALIZED, in a
 * forked child too; a violation where the latter is the reason. */
CK_RV fault_state_token(enum fault_function function,
                        const CK_FUNCTION_LIST **token);
bool fault_state_is_open(void);

/* Handles. Invalid ones get one that no token has. */
CK_SESSION_HANDLE fault_session_in(CK_SESSION_HANDLE outside);
CK_SESSION_HANDLE fault_session_out(CK_SESSION_HANDLE inside);
CK_OBJECT_HANDLE fault_object_in(CK_OBJECT_HANDLE outside);
CK_OBJECT_HANDLE fault_object_out(CK_OBJECT_HANDLE inside);

/* Sessions, by the token's handle. Reserve counts one against max-sessions
 * (CKR_SESSION_COUNT) until it is added or given up. */
CK_RV fault_session_reserve(void);
void fault_session_add(CK_SESSION_HANDLE inside, CK_SLOT_ID slot);
void fault_session_give_up(void);
void fault_session_drop(CK_SESSION_HANDLE inside);
void fault_session_drop_slot(CK_SLOT_ID slot);
void fault_session_enter(CK_SESSION_HANDLE inside,
                         enum fault_function function);
void fault_session_leave(CK_SESSION_HANDLE inside);
unsigned fault_session_count(void);

/* Journal: the key and the input of the signature that is under way. */
void fault_session_sign_init(CK_SESSION_HANDLE inside, CK_OBJECT_HANDLE key);
void fault_session_sign_update(CK_SESSION_HANDLE inside, const CK_BYTE *data,
                               CK_ULONG len);
/* Takes both away; digest may stay untouched: then *len is 0. */
CK_OBJECT_HANDLE fault_session_sign_end(CK_SESSION_HANDLE inside,
                                        CK_BYTE digest[static 32],
                                        unsigned *len);

/* The slot of an open session, by the caller's handle. */
bool fault_session_slot(CK_SESSION_HANDLE outside, CK_SLOT_ID *slot);

/* The actions of these names. Renumber is stale with handles that lead
 * elsewhere instead of nowhere. */
void fault_stale(bool renumber);
void fault_logout(void);

/* Notes that this call uses the login; logs out first where auto-logout= says
 * that the last use was too long ago. */
void fault_auto_logout(void);

/* For pthread_atfork. */
void fault_state_lock(void);
void fault_state_unlock(void);

#endif
