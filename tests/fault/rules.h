/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: at which call what goes wrong. */
#ifndef PRIVYSEAL_FAULT_RULES_H
#define PRIVYSEAL_FAULT_RULES_H

#include "names.h"

#include <stddef.h>

enum fault_action {
    FAULT_RV,        /* answers rv */
    FAULT_DELAY,     /* sleeps ms, then works */
    FAULT_HANG,      /* never returns */
    FAULT_SEGV,      /* crashes */
    FAULT_ABORT,     /* abort() */
    FAULT_EXIT,      /* exit(n) */
    FAULT_KILL,      /* SIGKILL to itself */
    FAULT_SHORT_OUT, /* one octet less than there should be */
    FAULT_LONG_LEN,  /* claims more than the buffer holds */
    FAULT_TOO_SMALL, /* CKR_BUFFER_TOO_SMALL, one octet more demanded */
    FAULT_BITFLIP,   /* one wrong bit in the output */
    FAULT_OTHER_KEY, /* signs with a key of its own */
    FAULT_STALE,     /* all sessions and object handles become invalid */
    FAULT_LOGOUT,
    FAULT_RENUMBER, /* sessions lost, object handles lead elsewhere */
    FAULT_LIE_ATTR, /* a wrong CKA_MODULUS */
    FAULT_REMOVE,   /* takes the token out, for ms or for good */
    FAULT_INSERT,
    FAULT_APPEAR, /* the token of late= comes */
    FAULT_ACTIONS
};

/* What one call has to suffer: bits of 1 << action, and their numbers. */
struct fault_fate {
    unsigned actions;
    CK_ULONG numbers[FAULT_ACTIONS];
};

/* FUNC[:nth|:every=k|:from=n|:prob=P], then "->" or "=", then ACTION[=number].
 * False with a line on stderr where it is malformed. */
bool fault_rule_add(const char *text);
void fault_rules_clear(void);

/* Starts the count of every rule anew. */
void fault_rules_restart(void);

/* Counts this call in all rules; of rules with the same action the last one
 * gives the number. */
void fault_rules_match(enum fault_function function, struct fault_fate *fate);

static inline bool fault_suffers(const struct fault_fate *fate,
                                 enum fault_action action)
{
    return (fate->actions & (1u << action)) != 0;
}

/* For pthread_atfork. */
void fault_rules_lock(void);
void fault_rules_unlock(void);

#endif
