/* SPDX-License-Identifier: Apache-2.0 */
/* The one-line message of a failure. */
#ifndef PRIVYSEAL_P11_DIAG_H
#define PRIVYSEAL_P11_DIAG_H

#include "p11.h"

/* Writes the message (cut to fit) and returns rv. diag may be NULL. */
CK_RV p11_diag_set(struct p11_diag *diag, CK_RV rv, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "what: sentence for rv (CKR_NAME)". Returns rv. */
CK_RV p11_diag_rv(struct p11_diag *diag, CK_RV rv, const char *what,
                  const char *name);

#endif
