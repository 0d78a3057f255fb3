/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a revocation list is to say, gathered from documents, keys and earlier
 * lists, and a list signed by a third party: whoever holds a key that a
 * certificate or a condition names. The store's own lists are made by
 * iss_license. docs/formats/revocation.md.
 */
#ifndef PRIVYSEAL_REVOKE_SET_H
#define PRIVYSEAL_REVOKE_SET_H

#include "issuer.h"
#include "xrml_license.h"

struct iss_revoke_set; /* a set of entries, each once; owns what it was given */

/* *out returns new. */
ISS_CHECKED enum iss_status iss_revoke_new(struct iss_revoke_set **out,
                                           struct iss_error *error);
void iss_revoke_free(struct iss_revoke_set *set);
size_t iss_revoke_count(const struct iss_revoke_set *set);
/* Borrowed until the set grows. */
const struct xrml_revoke *iss_revoke_at(const struct iss_revoke_set *set,
                                        size_t n);

/* An entry that is there already is not added again. All: ISS_USAGE where
 * there are more than XRML_REVOKED_MAX, or where what is given has not what
 * the kind names (ISS_SEMANTICS of a document). */

/* What a document is known by: its GUID, BODY hash, the key or the GUID of its
 * principal, its content; with XRML_REVOKED_ISSUER_KEY and _ISSUER_ID what its
 * principal has issued. */
ISS_CHECKED enum iss_status
iss_revoke_add_document(struct iss_revoke_set *set,
                        const struct xrml_document *document,
                        enum xrml_revoked kind, struct iss_error *error);
/* id of the kinds _ID, _ISSUER_ID, _CONTENT_ID, _PRINCIPAL_ID: a GUID. */
ISS_CHECKED enum iss_status iss_revoke_add_guid(struct iss_revoke_set *set,
                                                const char *guid,
                                                enum xrml_revoked kind,
                                                struct iss_error *error);
/* The BODY hash of a document. */
ISS_CHECKED enum iss_status iss_revoke_add_hash(struct iss_revoke_set *set,
                                                const uint8_t hash[static 32],
                                                struct iss_error *error);
/* XRML_REVOKED_KEY or _ISSUER_KEY. */
ISS_CHECKED enum iss_status iss_revoke_add_key(struct iss_revoke_set *set,
                                               const struct xrml_key *key,
                                               enum xrml_revoked kind,
                                               struct iss_error *error);
/* All that an earlier list says. Its signature must verify, and with signer not
 * NULL be of that key (hash): else ISS_CONFLICT. */
ISS_CHECKED enum iss_status
iss_revoke_add_list(struct iss_revoke_set *set, OSSL_LIB_CTX *libctx,
                    const struct xrml_document *list, const uint8_t *signer,
                    struct iss_error *error);

/* One entry for people: "everything issued by key 853f f937 ...". */
enum { ISS_REVOKE_TEXT = 256 };
void iss_revoke_text(const struct xrml_revoke *revoke,
                     char out[static ISS_REVOKE_TEXT]);

struct iss_revoker { /* a third party; all borrowed */
    const char *uri; /* of its key */
    const char *name;
    const char *address; /* NULL: none */
    int64_t now;
};
/* The hash of the revoker's key. */
ISS_CHECKED enum iss_status iss_revoker_hash(const struct iss_env *env,
                                             const struct iss_revoker *revoker,
                                             uint8_t hash[static 32],
                                             struct iss_error *error);
/* Builds the list, signs it with one call of the token, verifies it in
 * software. *out returns new, NUL-terminated, free(). */
ISS_CHECKED enum iss_status iss_revoker_sign(const struct iss_env *env,
                                             const struct iss_revoker *revoker,
                                             const struct iss_revoke_set *set,
                                             char **out, size_t *len,
                                             struct iss_error *error);

#endif
