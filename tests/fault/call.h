/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call into the module: what happens before and after the token's part of
 * it. Sessions and objects have other handles outside than in the token, so
 * that they can be invalidated and renumbered whatever the token is.
 */
#ifndef PRIVYSEAL_FAULT_CALL_H
#define PRIVYSEAL_FAULT_CALL_H

#include "rules.h"

#include <stdint.h>

enum { FAULT_SCRATCH = 8192 };

struct fault_call {
    enum fault_function function;
    /* Facts from calls.def: addresses of the wrapper's parameters. */
    CK_SESSION_HANDLE *session;
    CK_OBJECT_HANDLE *object, *object_2;
    CK_SLOT_ID *slot_id; /* translated */
    CK_SLOT_ID *slot;    /* whose token must be there */
    CK_BYTE **out;
    CK_ULONG **out_len;
    const CK_BYTE *data;
    CK_ULONG data_len;
    CK_SESSION_HANDLE *opened;             /* C_OpenSession's result */
    CK_OBJECT_HANDLE *handles, *handles_2; /* new or found objects */
    CK_ULONG *handle_count;                /* NULL: one */
    CK_ULONG handle_room;                  /* of handles, where it counts */
    CK_ATTRIBUTE *template;                /* of C_GetAttributeValue */
    CK_ULONG template_count;
    CK_TOKEN_INFO *token_info;
    CK_SLOT_INFO *slot_info;
    CK_ULONG *slot_count;
    CK_SLOT_ID *slots;
    CK_SESSION_INFO *session_info;
    CK_USER_TYPE user;
    bool present, closes, login;
    bool starts; /* works before C_Initialize */
    bool always; /* done in the token even where a rule forces an error */
    /* State of the call. */
    const CK_FUNCTION_LIST *token;
    struct fault_fate fate;
    CK_RV forced;               /* not CKR_OK: what the caller gets */
    CK_SESSION_HANDLE outside;  /* the caller's handle */
    CK_SESSION_HANDLE inside;   /* the token's */
    CK_OBJECT_HANDLE object_in; /* the token's */
    CK_BYTE *callers_out;
    CK_ULONG *callers_len;
    CK_ULONG room, scratch_len;
    CK_BYTE *scratch;
    bool entered, opening, gated;
};

/* Counts the call, applies the rules. True: the token is to be called with the
 * parameters as they are now; false: *rv is what the token would answer. In
 * either case fault_leave must follow with its answer; it returns what the
 * caller gets. */
bool fault_enter(struct fault_call *call, CK_RV *rv);
CK_RV fault_leave(struct fault_call *call, CK_RV rv);

/* The list that C_GetFunctionList gives. Static. */
const CK_FUNCTION_LIST *fault_functions(void);

/* The counters; for fault.h. */
unsigned long fault_calls(enum fault_function function);
void fault_calls_reset(void);
void fault_calls_snapshot(unsigned long counts[static FAULT_FUNCTIONS]);

#endif
