/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys of which one was asked for. */
#ifndef PRIVYSEAL_P11_CANDIDATES_H
#define PRIVYSEAL_P11_CANDIDATES_H

#include "object.h"

/* P11R_AMBIGUOUS where they lie in several tokens: then diag lists them. A
 * token that two modules show is one. */
P11_CHECKED CK_RV p11_candidates_judge(struct p11_object **objects,
                                       size_t count, struct p11_diag *diag);

#endif
