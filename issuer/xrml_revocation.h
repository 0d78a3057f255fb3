/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation lists: MS-RMPR 2.2.9.7.9, docs/formats/revocation.md. A list takes
 * effect on a document where it is signed by a principal of the document's
 * chain, or by a key that a REFRESH condition of the chain names. Pure, like
 * xrml.h; a set is not changed by questions, so many threads may ask at once.
 */
#ifndef PRIVYSEAL_XRML_REVOCATION_H
#define PRIVYSEAL_XRML_REVOCATION_H

#include "xrml_license.h"

enum { XRML_LISTS_MAX = 64 };

struct xrml_revocations; /* a set of lists */

ISS_CHECKED enum iss_status xrml_revocations_new(struct xrml_revocations **out,
                                                 struct iss_error *error);
void xrml_revocations_free(struct xrml_revocations *set);
/* Whether lists with SHA-1 signatures or keys under 2048 bits are taken from
 * now on; not at first. */
void xrml_revocations_legacy(struct xrml_revocations *set, bool accept);
size_t xrml_revocations_count(const struct xrml_revocations *set);
/* Takes a list: the signature must verify with the key that its ISSUER prints;
 * whether that key may revoke anything is asked for each chain. Of several
 * lists of one key all revocations hold, and the newest says how fresh it is.
 * The same list again changes nothing. ISS_XML, ISS_SIGNATURE, ISS_SEMANTICS;
 * more than XRML_LISTS_MAX: ISS_SEMANTICS. The set is unchanged then. */
ISS_CHECKED enum iss_status
xrml_revocations_add(struct xrml_revocations *set, OSSL_LIB_CTX *libctx,
                     const struct xrml_document *list, struct iss_error *error);

/* ISS_REVOKED with who revoked this document of a chain, and when; whether a
 * list is missing or old is not asked. set NULL: no list is at hand. */
ISS_CHECKED enum iss_status
xrml_revocations_find(const struct xrml_revocations *set,
                      const struct xrml_chain *chain, size_t node,
                      struct iss_error *error);
/* Test 5 of one document of a chain: ISS_REVOKED with who revoked what and
 * when, or with the list that is missing or older than its REFRESH condition
 * allows at that time; else ISS_OK. set NULL: no list is at hand, which is a
 * failure only where a condition asks for one. */
ISS_CHECKED enum iss_status
xrml_revocations_check(const struct xrml_revocations *set,
                       const struct xrml_chain *chain, size_t node, int64_t at,
                       struct iss_error *error);

#endif
