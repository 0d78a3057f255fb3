/* SPDX-License-Identifier: Apache-2.0 */
/* What an open store keeps between two licenses; belongs to the thread that
 * owns the handle. */
#ifndef PRIVYSEAL_DESK_H
#define PRIVYSEAL_DESK_H

#include "handle.h"

/* NULL is legal. */
void iss_desk_free(struct iss_desk *desk);

/* This server's chain, its certificate first, as it is now or as it was when a
 * record was written (0: now); generation 0, and no document, where there is
 * none. chain is the caller's to clear. */
ISS_CHECKED enum iss_status iss_desk_own(struct iss *iss, uint64_t record,
                                         struct xrml_chain *chain,
                                         uint64_t *generation,
                                         struct iss_error *error);

/* What was signed just now, by the rules of those who will read it: the six
 * tests but for revocation, at its issue, below this server's chain.
 * ISS_INTERNAL: it is not to be handed out. */
ISS_CHECKED enum iss_status iss_desk_check(struct iss *iss,
                                           struct xrml_document *document,
                                           const struct xrml_chain *own,
                                           struct iss_error *error);

/* xrml_chain_append to an empty chain. The last few are kept, and what stood
 * above their first documents: the same octets again give the same documents,
 * which are read and their signatures verified once. */
ISS_CHECKED enum iss_status iss_desk_chain(struct iss *iss, const char *text,
                                           size_t len, struct xrml_chain *chain,
                                           struct iss_error *error);

/* A public key from its numbers; the last few are kept. *out returns a
 * reference, EVP_PKEY_free. */
ISS_CHECKED enum iss_status iss_desk_recipient(struct iss *iss,
                                               const struct xrml_key *numbers,
                                               EVP_PKEY **out,
                                               struct iss_error *error);

/* A licensor key of this store by the hash of its public numbers, the present
 * or an earlier one; *out NULL: none. Borrowed from the store. */
ISS_CHECKED enum iss_status
iss_desk_licensor(struct iss *iss, const uint8_t hash[static ISS_HASH_SIZE],
                  EVP_PKEY **out, struct iss_error *error);

#endif
