/* SPDX-License-Identifier: Apache-2.0 */
/* Who signs this server's certificate: an authority, or the root that a
 * licensing server was pinned to when it was made. */
#ifndef PRIVYSEAL_SUPERIOR_H
#define PRIVYSEAL_SUPERIOR_H

#include "handle.h"

/* The hash of the key that signs above this server, as far as it is known: of
 * the issuer of its certificate, else of the pinned root. */
ISS_CHECKED enum iss_status iss_superior_key(struct iss *iss,
                                             uint8_t hash[static ISS_HASH_SIZE],
                                             bool *known,
                                             struct iss_error *error);

/* The root that a licensing server was pinned to: its chain, leaf first, from
 * the journal. Other roles: ISS_USAGE. */
ISS_CHECKED enum iss_status iss_superior_chain(struct iss *iss,
                                               struct xrml_chain *chain,
                                               struct iss_error *error);

/* A root's chain before anything is made: it verifies up to an anchor at now,
 * and its leaf is a root's certificate. The status of the failed test, or
 * ISS_REFUSED. */
ISS_CHECKED enum iss_status
iss_superior_check(OSSL_LIB_CTX *libctx, const struct xrml_anchors *anchors,
                   const char *text, size_t len, int64_t now,
                   struct iss_error *error);

#endif
