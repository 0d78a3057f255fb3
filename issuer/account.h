/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key pair of a user: one for all machines (MS-RMPR 3.3.4.1), made in
 * software when the first RAC is asked for, kept sealed to the licensor key and
 * opened in the token. An ACCOUNT record and a row over it.
 */
#ifndef PRIVYSEAL_ACCOUNT_H
#define PRIVYSEAL_ACCOUNT_H

#include "journal.h"
#include "license.h"
#include "mail.h"
#include "sealed.h"

enum {
    ISS_USER_ID_MAX = 184 /* a SID */
};

struct iss_identity { /* of a user, checked */
    char id_type[16]; /* "Windows", "Federation", "Passport" */
    char id[ISS_USER_ID_MAX + 1];
    char mail[ISS_MAIL_MAX + 1]; /* as it was given */
    char account[256];           /* "Windows:S-1-5-...": what the row is
                                    found by */
};

/* Checks whom an order names. Without an ID it is made from guid, the store's,
 * and the mail, which counts without case: the same for ever. ISS_MALFORMED. */
ISS_CHECKED enum iss_status iss_identity_of(const char *guid,
                                            const struct iss_user *user,
                                            struct iss_identity *out,
                                            struct iss_error *error);

struct iss_account { /* owned */
    bool known;
    uint8_t hash[ISS_HASH_SIZE];   /* of the public key */
    uint8_t holder[ISS_HASH_SIZE]; /* of the licensor key that it is sealed
                                      to */
    struct iss_octets spki, sealed;
};
void iss_account_clear(struct iss_account *account);
/* The pair of an account; known false: there is none yet. ISS_JOURNAL. */
ISS_CHECKED enum iss_status iss_account_find(struct iss *iss, const char *name,
                                             struct iss_account *account,
                                             struct iss_error *error);

/* What a sealed pair is bound to in place of an element: so that one account's
 * cannot be put into another's row. *out returns new, free(). */
ISS_CHECKED enum iss_status iss_account_bound(const char *name,
                                              const uint8_t hash[static 32],
                                              char **out,
                                              struct iss_error *error);

/* A new account, or one that is sealed to another licensor key from now on:
 * seals pair to holder, and fills spki, sealed, hash and holder. */
ISS_CHECKED enum iss_status iss_account_seal(OSSL_LIB_CTX *libctx,
                                             const char *name, EVP_PKEY *pair,
                                             const struct enroll_key *holder,
                                             struct iss_account *account,
                                             struct iss_error *error);
/* Its record, which borrows from account and name. */
void iss_account_record(const struct iss *iss, const char *name,
                        const struct iss_account *account,
                        struct iss_entry *entry);

#endif
