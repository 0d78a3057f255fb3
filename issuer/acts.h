/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts on their way, one or many: the steps of which iss_act_perform is the
 * row, for who keeps many acts in hand. Records of a group share one
 * transaction; each act keeps its order of INTENT, signature, verification,
 * RESULT.
 *
 * "Desk" steps use the store and belong to the thread that owns the handle.
 * The others touch the act and its signer alone and may run in any thread, one
 * at a time for one act.
 */
#ifndef PRIVYSEAL_ACTS_H
#define PRIVYSEAL_ACTS_H

#include "issue.h"

/* A key that signs, with what verifies it in software. Counted by the desk:
 * acts keep theirs while the store goes over to another. */
struct iss_signer {
    unsigned users;
    enum iss_purpose purpose;
    struct enroll_key numbers;
    uint8_t hash[ISS_HASH_SIZE]; /* of the key */
    OSSL_LIB_CTX *libctx;
    EVP_PKEY *key, *public; /* a reference each */
    EVP_PKEY_CTX *signing;  /* copied for each act */
};
/* Desk: the key of a purpose as it is now; *signer, NULL at first, is kept
 * where it is the same still. What iss_handle_key answers. */
ISS_CHECKED enum iss_status iss_signer_get(struct iss *iss,
                                           enum iss_purpose purpose,
                                           struct iss_signer **signer,
                                           struct iss_error *error);
/* Desk: gives up one use; NULL is legal. */
void iss_signer_drop(struct iss_signer *signer);

struct iss_acting { /* act is the caller's, the rest zeros at first */
    const struct iss_act *act; /* borrowed until it is begun */
    enum iss_status status;    /* of the last step */
    struct iss_error error;    /* where that is not ISS_OK */
    struct iss_signer *signer;
    struct iss_issue_row row;
    bool locked; /* this process signs it: lock.h */
    /* Somebody else signs it now, or an earlier one of the same group: it is
     * to be begun again a little later. */
    bool busy;
    bool token_failed;
    /* Of which the INTENT has the BODY; borrowed from the act until it is
     * signed, and shared by done.read then. NULL: octets are signed. */
    struct xrml_document *draft;
    uint8_t *octets; /* owned */
    size_t octets_len;
    uint8_t hash[ISS_HASH_SIZE];  /* SHA-256 of what is signed */
    EVP_PKEY_CTX *signing;        /* owned */
    uint8_t whole[ISS_HASH_SIZE]; /* SHA-256 of the document */
    struct iss_done done;
};

/* Desk: finds each act or begins it, all in one transaction, durable and locked
 * on return; acts that were finished before have done.again. Every act has its
 * own status, and a refused one holds up no other. ISS_CONFLICT: its INTENT was
 * closed, or is closed now since the key has been replaced. */
void iss_acts_begin(struct iss *iss, struct iss_signer *signer,
                    struct iss_acting *const *acts, size_t count);
/* Neither refused, nor somebody else's, nor finished before. */
bool iss_acting_well(const struct iss_acting *acting);
/* Any thread: the octets as they are signed, hashed. */
void iss_acting_prepare(struct iss_acting *acting);
/* Any thread: the token's call. */
void iss_acting_sign(struct iss_acting *acting);
/* Any thread: verifies in software. ISS_TOKEN: the signature is not one. */
void iss_acting_verify(struct iss_acting *acting);
/* Desk: RESULTs of those that stand well, in one transaction, durable on
 * return; done is complete then. Whoever failed is unlocked, its INTENT stays
 * open. */
void iss_acts_finish(struct iss *iss, struct iss_acting *const *acts,
                     size_t count);
/* Desk: unlocks and frees. */
void iss_acting_clear(struct iss *iss, struct iss_acting *acting);

#endif
