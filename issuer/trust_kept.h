/* SPDX-License-Identifier: Apache-2.0 */
/* What trust.c has read of a store, for the files behind trust.h. */
#ifndef PRIVYSEAL_TRUST_KEPT_H
#define PRIVYSEAL_TRUST_KEPT_H

#include "handle.h"
#include "trust.h"

struct iss_trust_domain { /* owned */
    enum iss_trust_kind kind;
    uint8_t hash[ISS_HASH_SIZE]; /* of the key that its certificate names */
    struct xrml_chain chain;
    struct xrml_anchors *root; /* the key that issued the chain's last one */
};

struct iss_trust_key { /* of a publishing domain; owned */
    uint8_t hash[ISS_HASH_SIZE];
    EVP_PKEY *key;
};

struct iss_trust {
    bool current;   /* the rows are those of this record: */
    uint64_t taken; /* the newest TRUST */
    size_t domain_count, machine_count, key_count;
    struct iss_trust_domain *domains;
    struct xrml_anchors **machines;
    struct xrml_revocations *lists; /* NULL: none */
    uint64_t own; /* generation of which they revoke nothing; 0: not known */
    char root[XRML_GUID_SIZE];  /* of this installation */
    struct iss_trust_key *keys; /* lent until the store is closed */
};

/* Up to date; borrowed. */
ISS_CHECKED enum iss_status iss_trust_kept(struct iss *iss,
                                           struct iss_trust **out,
                                           struct iss_error *error);
/* Adds the list of a row to a set, which is made where there is none. */
ISS_CHECKED enum iss_status iss_trust_keep_list(const struct iss *iss,
                                                struct xrml_revocations **lists,
                                                const struct iss_trust_row *row,
                                                struct iss_error *error);
/* Reads a domain's chain into an empty one; to be cleared by the caller,
 * whatever is returned: chain and root. */
ISS_CHECKED enum iss_status
iss_trust_domain_read(const char *text, size_t len,
                      struct iss_trust_domain *domain, struct iss_error *error);

#endif
