/* SPDX-License-Identifier: Apache-2.0 */
/* After a failed call: what is lost, and whether trying once more makes sense.
 */
#ifndef PRIVYSEAL_P11_RECOVER_H
#define PRIVYSEAL_P11_RECOVER_H

#include "handle.h"

/* True where the caller should begin anew (once), with handles found again:
 * rv means a lost session, login, handle, token or module, and what can be
 * put right is put right or left to the next step. `seen` is what the token's
 * repairs were before the failed call. The caller has no mark and no lock. */
bool p11_recover(struct p11 *p11, struct p11_token *token, CK_RV rv,
                 uint64_t seen);

#endif
