/* SPDX-License-Identifier: Apache-2.0 */
/* Whose revocation lists mean anything to a store. */
#ifndef PRIVYSEAL_TRUST_REVOKER_H
#define PRIVYSEAL_TRUST_REVOKER_H

#include "handle.h"

/* ISS_REFUSED: nobody in this store's chain or in that of a trusted domain has
 * this key, none of them names it as one that may revoke, and no template or
 * publishing license that was issued here does. These are looked through
 * one by one, the last ones where nothing else has the key. */
ISS_CHECKED enum iss_status iss_trust_may_revoke(struct iss *iss,
                                                 const struct xrml_key *key,
                                                 struct iss_error *error);

#endif
