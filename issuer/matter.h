/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A license on its way: read, unsealed, written, signed. Each step says which
 * thread may run it: "desk" steps use the store and belong to the thread that
 * owns the handle; "token" steps use a key alone and may run anywhere, one at a
 * time for one matter. license.c runs them one after the other, batch.c many
 * matters side by side. A kind is a row of steps (license_KIND.c).
 */
#ifndef PRIVYSEAL_MATTER_H
#define PRIVYSEAL_MATTER_H

#include "handle.h"
#include "issue.h"
#include "license.h"
#include "sealed.h"

struct iss_matter;

struct iss_license_profile { /* a kind */
    const char *kind;        /* of the INTENT; iss_license_kind_name */
    bool root_only;
    bool by_authority; /* an authority may too */
    /* write is called where the unsealing was refused as well, and makes one
     * refusal of that and of everything that it finds out afterwards, in the
     * same time: else the token is an oracle. */
    bool even;
    /* Desk: reads and verifies what the order brings, refuses what can be
     * refused before the token is asked, and sets matter->sealed where
     * something is to be unsealed. */
    enum iss_status (*read)(struct iss_matter *matter, struct iss_error *error);
    /* Desk, or any thread where matter->apart: judges with what was unsealed,
     * and sets matter->body, and what the INTENT is to say. */
    enum iss_status (*write)(struct iss_matter *matter,
                             struct iss_error *error);
};
extern const struct iss_license_profile iss_license_rac, iss_license_clc,
    iss_license_pl, iss_license_ul, iss_license_template,
    iss_license_revocation;

struct iss_matter_sealed { /* what the token is to open; owned */
    bool needed;
    EVP_PKEY *with;       /* borrowed: the licensor key or a trusted domain's */
    EVP_PKEY_CTX *opener; /* made at the desk; NULL: when it is opened */
    struct sealed_lid lid;
    char *element; /* lid.element, owned */
    uint8_t *data;
    size_t len;
    enum iss_status status; /* of the unsealing; told by write, as one text */
    struct sealed_secret secret;
};

struct iss_matter { /* by iss_matter_clear */
    struct iss *iss;
    const struct iss_license_order *order;
    const struct iss_license_profile *profile;
    int64_t now;
    uint8_t digest[ISS_HASH_SIZE]; /* D */
    uint64_t generation;           /* of this server's certificate */
    struct xrml_chain own;         /* its chain, that certificate first */
    struct xrml_chain rac, pl, machine, pattern; /* that the order brings */
    struct iss_matter_sealed sealed;
    bool apart;       /* set by read: write asks neither store nor token */
    EVP_PKEY *to;     /* whose what the license seals will be; owned */
    bool pair_needed; /* RSA-2048, made beside the unsealing; else NULL */
    EVP_PKEY *pair;   /* owned */
    /* The key of the account whom the order's RAC names. Asked once more in the
     * transaction of the INTENT: excluded meanwhile, it gets nothing. */
    bool has_account;
    uint8_t account[ISS_HASH_SIZE];
    /* Set by write; texts owned by the matter. */
    char *body;
    struct xrml_document *draft;    /* of body, as it was read back; or NULL */
    char guid[XRML_GUID_SIZE];      /* of the document */
    char user[XRML_NAME_MAX * 2];   /* for whom, or "" */
    uint8_t subject[ISS_HASH_SIZE]; /* key that it certifies, or zeros */
    bool has_subject;
    struct xrml_range range;
    struct iss_entry *extra; /* a record to append with the INTENT; owned, with
                                what it points to, by data */
    void *data;              /* of the kind; freed with free_data */
    void (*free_data)(void *data);
    struct iss_done done; /* the act, as far as it has come */
};

/* Desk: D, whether it was issued before (done.result), whether this server may
 * issue, then profile->read. */
ISS_CHECKED enum iss_status
iss_matter_open(struct iss *iss, const struct iss_license_order *order,
                struct iss_matter *matter, struct iss_error *error);
void iss_matter_clear(struct iss_matter *matter);

/* Token: opens matter->sealed, whose status stays there for write, and makes
 * matter->pair where one is needed. */
void iss_matter_unseal(struct iss_matter *matter);
/* As profile->write, where what was to be unsealed has been: else
 * ISS_REFUSED, or the token's status where it was not there. */
ISS_CHECKED enum iss_status iss_matter_write(struct iss_matter *matter,
                                             struct iss_error *error);
/* Desk: what act.c is to do. act borrows from the matter. */
void iss_matter_act(struct iss_matter *matter, struct iss_act *act);
/* Desk: the finished act as a license. */
ISS_CHECKED enum iss_status iss_matter_answer(struct iss_matter *matter,
                                              struct iss_licensed *licensed,
                                              struct iss_error *error);
/* Desk: a refusal goes into the journal. Returns cause, or ISS_STORE. */
ISS_CHECKED enum iss_status iss_matter_deny(struct iss_matter *matter,
                                            enum iss_status cause,
                                            const struct iss_error *why);
/* Desk: the same where the status is a refusal; another is returned as it is.
 */
ISS_CHECKED enum iss_status iss_matter_refuse(struct iss_matter *matter,
                                              enum iss_status status,
                                              const struct iss_error *why);

/* ---- for the kinds --------------------------------------------------------
 */

/* Reads and verifies a chain of the order by the six tests as of matter->now,
 * up to this store's anchors or a trusted domain of the kinds named in
 * accepted (bits 1 << enum iss_trust_kind); what is the name for messages. */
enum {
    ISS_ACCEPT_USERS = 1,
    ISS_ACCEPT_PUBLISHING = 2,
    ISS_ACCEPT_MACHINES = 4
};
ISS_CHECKED enum iss_status
iss_matter_chain(struct iss_matter *matter, const char *what,
                 const struct iss_text *text, unsigned accepted,
                 struct xrml_chain *chain, struct iss_error *error);
/* The order's RAC into matter->rac: its chain, a RAC in force of this
 * installation's root or of a trusted domain, its account not excluded. Sets
 * user and account. */
ISS_CHECKED enum iss_status iss_matter_account(struct iss_matter *matter,
                                               struct iss_error *error);
/* A licensor key of this store by the hash of its public numbers, the present
 * or an earlier one, opened when first asked for; *out NULL: none. Borrowed
 * from the store. */
ISS_CHECKED enum iss_status
iss_matter_licensor(struct iss_matter *matter,
                    const uint8_t hash[static ISS_HASH_SIZE], EVP_PKEY **out,
                    struct iss_error *error);
/* Sets matter->to. */
ISS_CHECKED enum iss_status iss_matter_recipient(struct iss_matter *matter,
                                                 const struct xrml_key *to,
                                                 struct iss_error *error);
/* A secret sealed to matter->to and bound to the ISSUER that a license of this
 * server has, as the text of ENABLINGBITS; *out returns new, free(). */
ISS_CHECKED enum iss_status iss_matter_seal(const struct iss_matter *matter,
                                            enum sealed_kind kind,
                                            const struct sealed_secret *secret,
                                            char **out,
                                            struct iss_error *error);
/* "https://.../_wmcs" and tail, as a point's ADDRESS; *out returns new, free().
 */
ISS_CHECKED enum iss_status iss_matter_address(const struct iss_matter *matter,
                                               const char *tail, char **out,
                                               struct iss_error *error);
/* From now, to the minute, until what the order says, or as long as lifetime
 * where it says nothing. ISS_REFUSED: it asks for longer than that, or for an
 * end that has been. */
ISS_CHECKED enum iss_status
iss_matter_range(const struct iss_matter *matter,
                 const struct iss_lifetime *lifetime, struct xrml_range *range,
                 struct iss_error *error);

#endif
