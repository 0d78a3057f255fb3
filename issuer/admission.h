/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a root's access list lets a request in: from a case to a question,
 * from the answer to a check of the verdict. */
#ifndef PRIVYSEAL_ADMISSION_H
#define PRIVYSEAL_ADMISSION_H

#include "acl.h"
#include "journal.h"
#include "policy.h"

enum { ISS_PROOFS_SIZE = 64 * 1024, ISS_PROVEN_SIZE = 16 };

struct iss_admission {      /* what was decided, on what; owns nothing */
    bool asked;             /* else nothing below is set */
    enum iss_status status; /* ISS_OK: allowed, ISS_REFUSED */
    char text[sizeof(((struct iss_check *)NULL)->text)];
    int64_t until; /* latest end of the certificate */
    char principal[ISS_ACL_NAME_MAX + 1];
    unsigned line;
    bool read; /* there was a list: the two below are of it */
    uint8_t hash[ISS_HASH_SIZE];
    uint32_t serial;
    enum iss_acl_guid whose;
    char stated[ISS_ACL_NAME_MAX + 1];   /* who was said to ask, or "" */
    char approver[ISS_ACL_NAME_MAX + 1]; /* who runs the command, or "" */
    char proven[ISS_PROVEN_SIZE];        /* "key-sha256": by what, or "" */
    char proofs[ISS_PROOFS_SIZE];        /* "key-sha256:...", a line each */
};

/* Reads STORE/acl and decides about a case whose checks have passed. What is
 * refused is in admission; ISS_STORE and the like: it could not be decided. */
ISS_CHECKED enum iss_status iss_admit(struct iss_case *matter,
                                      struct iss_admission *admission,
                                      struct iss_error *error);

/* The same question again within the transaction of the INTENT: ISS_REFUSED
 * where the list, the counts or the answer are others by now; admission then
 * has the later answer. */
ISS_CHECKED enum iss_status iss_admit_again(struct iss_case *matter,
                                            struct iss_admission *admission,
                                            struct iss_error *error);

/* Fields of an ADMIT or DENY record. */
void iss_admission_describe(const struct iss_admission *admission,
                            struct iss_entry *entry);

/* What the ADMIT in front of an INTENT says of principal and list, into the
 * verdict of a request that was answered before. */
ISS_CHECKED enum iss_status iss_admission_recall(struct iss *iss,
                                                 uint64_t intent,
                                                 struct iss_verdict *verdict,
                                                 struct iss_error *error);

/* A record of the list, where the journal has seen none of its hash; appended
 * to the caller's transaction. */
ISS_CHECKED enum iss_status
iss_admission_note_list(struct iss *iss, const struct iss_admission *admission,
                        struct iss_error *error);

#endif
