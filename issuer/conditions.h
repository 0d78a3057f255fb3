/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rights depend on, as a document says it: whether struct xrml_license
 * shows all of it. Whoever makes a license from a condition that he does not
 * know, or from the first of two, gives more than its author allowed.
 */
#ifndef PRIVYSEAL_CONDITIONS_H
#define PRIVYSEAL_CONDITIONS_H

#include "xrml.h"

/* False: there is an element beside those that are read (MS-RMPR 2.2.9.8,
 * 2.2.9.10), or one of them twice: in WORK, its PRECONDITIONLIST, CONDITIONLIST
 * and TIME, or in those of a right; or a list of conditions stands beside WORK.
 * POLICYLIST is not asked for here. */
bool iss_conditions_known(const struct xrml_document *document);

#endif
