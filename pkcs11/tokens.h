/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens that a URI names. */
#ifndef PRIVYSEAL_P11_TOKENS_H
#define PRIVYSEAL_P11_TOKENS_H

#include "handle.h"

struct p11_tokens { /* free tokens after use */
    struct p11_token **tokens;
    size_t count;
    CK_RV unseen; /* CKR_OK, or the error of a slot that did not answer */
};

enum p11_look {                 /* whether slots are looked at anew */
                P11_LOOK_LATER, /* where no token is known to match */
                P11_LOOK_MISS,  /* unless that was done just now */
                P11_LOOK_NOW
};

/* The present tokens that match (NULL: all), of all modules. None is CKR_OK. */
P11_CHECKED CK_RV p11_tokens_find(struct p11 *p11, const struct p11_uri *uri,
                                  enum p11_look look, struct p11_tokens *tokens,
                                  struct p11_diag *diag);

/* The one token that matches; P11R_NO_TOKEN, P11R_AMBIGUOUS. */
P11_CHECKED CK_RV p11_tokens_one(struct p11 *p11, const struct p11_uri *uri,
                                 struct p11_token **out, struct p11_diag *diag);

/* P11R_NO_TOKEN, with the attribute that no token can match, if any. */
CK_RV p11_tokens_none(const struct p11_uri *uri, struct p11_diag *diag);

#endif
