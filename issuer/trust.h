/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a store trusts beside its anchors: users of another installation (R131),
 * content published for another licensor key (R132: it unseals, never signs),
 * authorities of machine certificates, revocation lists, and accounts that are
 * excluded (R115). Each is a TRUST record of the journal and a row over it.
 */
#ifndef PRIVYSEAL_TRUST_H
#define PRIVYSEAL_TRUST_H

#include "license.h"

enum { ISS_TRUST_NAME_SIZE = 256 };

enum iss_trust_kind {
    ISS_TRUST_USERS,      /* chain of a server whose RACs are taken */
    ISS_TRUST_PUBLISHING, /* chain, and URI of a key in a token: SIGN false */
    ISS_TRUST_MACHINES,   /* public keys or certificates that issue SPCs */
    ISS_TRUST_LIST,       /* a revocation list */
    ISS_TRUST_EXCLUDED,   /* a RAC that gets nothing more */
    ISS_TRUST_KINDS
};
/* "users", "publishing", "machines", "list", "excluded". Static. */
const char *iss_trust_kind_name(enum iss_trust_kind kind);
bool iss_trust_kind_find(const char *name, enum iss_trust_kind *kind);

struct iss_trusted { /* borrowed during the call */
    enum iss_trust_kind kind;
    const char *name;     /* unique among those of its kind, UTF-8 */
    struct iss_text text; /* chain, PEM, list or RAC as it was given */
    const char *uri;      /* of ISS_TRUST_PUBLISHING, else "" */
    const uint8_t *hash;  /* key hash, or of a list its body hash; 32 */
    int64_t since;
    uint64_t record;
    /* Of ISS_TRUST_PUBLISHING, when it is taken: a chain of SHA-1 and keys
     * under 2048 bits is one, too. What it published then asks for
     * ISS_TRUST_LEGACY each time. */
    bool legacy;
};

struct iss_trust_review { /* what would be taken */
    char name[ISS_TRUST_NAME_SIZE];
    uint8_t hash[32];           /* as above */
    char words[ISS_WORDS_SIZE]; /* of it */
    char subject[ISS_TRUST_NAME_SIZE], issuer[ISS_TRUST_NAME_SIZE]; /* or "" */
    bool has_root;    /* a domain's chain ends in a key of its own hierarchy: */
    uint8_t root[32]; /* trusted for this domain alone */
    int64_t issued;   /* 0: not of this kind */
    struct xrml_range range; /* of a domain's certificate, or of a RAC */
    size_t count;            /* documents of a chain, keys, or revocations */
    bool again;              /* it is there already */
    char replaces[ISS_TRUST_NAME_SIZE]; /* older list of the same key, or "" */
};
/* Verifies what can be verified, changes nothing. trusted->name NULL: the
 * subject's name, of a list its issuer's. ISS_USAGE: a name that is none;
 * ISS_CONFLICT: another is there under the same name, or the same under
 * another; an older list than the one that is there. ISS_REFUSED: a key that
 * can sign or is the store's own, a list that nobody may revoke by here, a role
 * that trusts nothing of the kind; 20 to 25: the chain. */
ISS_CHECKED enum iss_status iss_trust_check(struct iss *store,
                                            const struct iss_trusted *trusted,
                                            struct iss_trust_review *review,
                                            struct iss_error *error);
/* The same, then takes it: durable when it returns. The same again: ISS_OK. */
ISS_CHECKED enum iss_status iss_trust_add(struct iss *store,
                                          const struct iss_trusted *trusted,
                                          struct iss_error *error);
/* ISS_USAGE: there is none of that name. */
ISS_CHECKED enum iss_status iss_trust_remove(struct iss *store,
                                             enum iss_trust_kind kind,
                                             const char *name,
                                             struct iss_error *error);
typedef bool iss_trusted_fn(void *arg, const struct iss_trusted *trusted);
/* In the order they were taken; false stops. */
ISS_CHECKED enum iss_status iss_trust_each(struct iss *store,
                                           iss_trusted_fn *each, void *arg,
                                           struct iss_error *error);

/* ---- for the files behind license.h ---------------------------------------
 */

/* Beside the bits of kinds: SHA-1 and keys under 2048 bits are accepted in what
 * stands below a trusted domain. */
enum { ISS_TRUST_LEGACY = 1 << ISS_TRUST_KINDS };

/* The six tests over a chain as of a time, with all lists that are taken: up to
 * the store's anchors, or to a trusted domain of the kinds in accepted (bits
 * 1 << kind). A chain that ends below a domain's certificate is read on with
 * the one that is trusted. With ISS_TRUST_USERS the account must be of this
 * installation's root (R132) or of such a domain: else ISS_REFUSED. */
ISS_CHECKED enum iss_status iss_trust_verify(struct iss *store,
                                             const struct xrml_chain *chain,
                                             unsigned accepted, int64_t at,
                                             struct iss_error *error);
struct iss_trust_ground {         /* what a chain stands on */
    struct xrml_anchors *anchors; /* owned */
    bool beside;                  /* of what is trusted beside the anchors: */
    enum iss_trust_kind kind;
};
/* What iss_trust_verify would hold a chain against, for somebody who verifies
 * by himself; a chain that ends below a domain's certificate is completed. */
ISS_CHECKED enum iss_status
iss_trust_ground(struct iss *store, struct xrml_chain *chain, unsigned accepted,
                 struct iss_trust_ground *ground, struct iss_error *error);
/* The store's anchors and what of the kinds in accepted is trusted, as anchors
 * for somebody who verifies by himself: a domain's own certificate vouches for
 * what it issued. *out returns new. */
ISS_CHECKED enum iss_status iss_trust_anchors(struct iss *store,
                                              unsigned accepted,
                                              struct xrml_anchors **out,
                                              struct iss_error *error);
struct xrml_revocations;
/* All lists that are taken; *out returns new, or NULL where there are none. */
ISS_CHECKED enum iss_status iss_trust_lists(struct iss *store,
                                            struct xrml_revocations **out,
                                            struct iss_error *error);
/* The key of a trusted publishing domain by the hash of its public key; *out
 * NULL: none. Borrowed from the store. */
ISS_CHECKED enum iss_status iss_trust_key(struct iss *store,
                                          const uint8_t hash[static 32],
                                          EVP_PKEY **out,
                                          struct iss_error *error);
/* ISS_REVOKED where a list that the store has taken revokes a certificate of
 * its own chain, of that generation: what it issued would be valid nowhere. */
ISS_CHECKED enum iss_status iss_trust_own(struct iss *store,
                                          const struct xrml_chain *own,
                                          uint64_t generation,
                                          struct iss_error *error);
/* ISS_REFUSED where the account of this key is excluded. */
ISS_CHECKED enum iss_status iss_trust_excluded(struct iss *store,
                                               const uint8_t hash[static 32],
                                               struct iss_error *error);

#endif
