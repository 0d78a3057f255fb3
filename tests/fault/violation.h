/* SPDX-License-Identifier: Apache-2.0 */
/* Where the caller broke the rules of Cryptoki. */
#ifndef PRIVYSEAL_FAULT_VIOLATION_H
#define PRIVYSEAL_FAULT_VIOLATION_H

#include "conf.h"

/* Counts one violation of the given kind, if it is looked for. */
void fault_violate(enum fault_strict kind, enum fault_function function,
                   const char *what);
unsigned long fault_violation_text(char *text, size_t size);
void fault_violations_reset(void);

/* For pthread_atfork. */
void fault_violations_lock(void);
void fault_violations_unlock(void);

#endif
