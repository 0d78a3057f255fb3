/* SPDX-License-Identifier: Apache-2.0 */
/*
 * REFRESH conditions: who may revoke, and whose list must be at hand
 * (docs/formats/revocation.md). Internal to xrml.
 */
#ifndef PRIVYSEAL_XRML_REFRESH_H
#define PRIVYSEAL_XRML_REFRESH_H

#include "xrml_revocation.h"

/* When the newest list of a key was issued; false: there is none. */
bool xrml_revocations_newest(const struct xrml_revocations *set,
                             const struct xrml_key *key, int64_t *issued);

/* Whether a key may revoke a document: it issued it or something above it, or
 * a condition from it upwards names the key. */
bool xrml_refresh_allows(const struct xrml_key *key,
                         const struct xrml_chain *chain, size_t node);

/* ISS_REVOKED: a list that a condition of the document asks for is not in the
 * set, or too old at that time. What a template says becomes a condition of
 * what is made from it, and asks for nothing before. */
ISS_CHECKED enum iss_status
xrml_refresh_check(const struct xrml_revocations *set,
                   const struct xrml_document *document, int64_t at,
                   struct iss_error *error);

#endif
