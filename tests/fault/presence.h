/* SPDX-License-Identifier: Apache-2.0 */
/* Which tokens are in their slots, and under which slot ids the caller knows
 * them. The built-in tokens have the ids 0, 1 and 2 inside. */
#ifndef PRIVYSEAL_FAULT_PRESENCE_H
#define PRIVYSEAL_FAULT_PRESENCE_H

#include "names.h"

/* The actions of these names. Remove: for ms, 0 for good; the token in the
 * first slot, or all of a real module. */
void fault_remove(CK_ULONG ms);
void fault_insert(void);
void fault_appear(void);

bool fault_removed(void);
bool fault_appeared(void);

/* All tokens there, none appeared yet, slot ids as at first. */
void fault_presence_reset(void);

/* With fresh-slots=yes the ids are others after each insertion. */
CK_SLOT_ID fault_slot_in(CK_SLOT_ID outside);
CK_SLOT_ID fault_slot_out(CK_SLOT_ID inside);

/* For pthread_atfork. */
void fault_presence_lock(void);
void fault_presence_unlock(void);

#endif
