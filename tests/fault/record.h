/* SPDX-License-Identifier: Apache-2.0 */
/* The files of log=, count= and journal=, and the counter of wrong PINs. */
#ifndef PRIVYSEAL_FAULT_RECORD_H
#define PRIVYSEAL_FAULT_RECORD_H

#include "conf.h"

void fault_record_log(enum fault_function function, CK_RV rv);

/* Adds the calls counted since the last time to the file. */
void fault_record_counts(void);

/* Appends a line and syncs it: CKA_ID, digest of the input, of the output. */
void fault_record_signature(const CK_BYTE *id, size_t id_len,
                            const CK_BYTE input[static 32],
                            const CK_BYTE output[static 32]);

/* Wrong PINs in a row; kept in token-dir where there is one. */
unsigned fault_record_tries(CK_SLOT_ID slot);
void fault_record_wrong_pin(CK_SLOT_ID slot);
void fault_record_right_pin(CK_SLOT_ID slot);
void fault_record_forget_pins(void); /* those kept in memory */

/* For pthread_atfork. */
void fault_record_lock(void);
void fault_record_unlock(void);

#endif
