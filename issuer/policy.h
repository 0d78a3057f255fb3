/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a request: named checks, each refuse, warn or off in a policy file,
 * docs/formats/policy.md. */
#ifndef PRIVYSEAL_POLICY_H
#define PRIVYSEAL_POLICY_H

#include "pop.h"

enum { ISS_POLICY_CHECKS = 12, ISS_POLICY_MAX = 64 * 1024 };

enum iss_level { ISS_LEVEL_REFUSE, ISS_LEVEL_WARN, ISS_LEVEL_OFF };

struct iss_policy {
    enum iss_level levels[ISS_POLICY_CHECKS];
    unsigned key_min, key_max; /* bits */
    char url_allow[ISS_PATH_MAX];
    int years; /* 0: as the configuration says */
};

/* text NULL: the defaults. ISS_USAGE with the line. */
ISS_CHECKED enum iss_status iss_policy_read(const char *name, const char *text,
                                            size_t len,
                                            struct iss_policy *policy,
                                            struct iss_error *error);
/* Of an order, else STORE/policy.conf, else the defaults. An invalid file
 * refuses: ISS_REFUSED. */
ISS_CHECKED enum iss_status iss_policy_load(struct iss *iss,
                                            const struct iss_order *order,
                                            struct iss_policy *policy,
                                            struct iss_error *error);

struct iss_admission;

struct iss_case { /* a request under judgement */
    OSSL_LIB_CTX *libctx;
    struct iss *iss; /* NULL: without a store */
    const char *text;
    size_t len;
    const char *proof; /* NULL: none */
    size_t proof_len;
    bool without_proof;
    const char *as; /* the principal that must be proven; NULL: any */
    int days;       /* of validity asked for, 0: what may be */
    int64_t now;
    const struct iss_policy *policy;
    /* found out */
    struct iss_pop pop;             /* where verdict->has_proof */
    uint8_t digest[ISS_HASH_SIZE];  /* D */
    uint8_t subject[ISS_HASH_SIZE]; /* hash of the request's key */
    enum iss_op op;
    struct iss_verdict *verdict;
    struct iss_admission *admission; /* of a root; NULL: no list is asked */
};

/* Form of request and proof, D, and that the proof is of this request. */
ISS_CHECKED enum iss_status iss_case_read(struct iss_case *matter,
                                          struct iss_error *error);
/* Whether its proof, where it has one, is signed by the key in the request:
 * what a request must show that is answered from the journal. */
ISS_CHECKED enum iss_status iss_case_signed(struct iss_case *matter,
                                            struct iss_error *error);
/* Every check; the status of the first that refuses. */
ISS_CHECKED enum iss_status iss_case_judge(struct iss_case *matter,
                                           struct iss_error *error);

/* The checks against what was issued before, and the access list, once more
 * within the transaction of the INTENT: others may have been served since. */
ISS_CHECKED enum iss_status iss_case_recheck(struct iss_case *matter,
                                             struct iss_error *error);

/* Scheme, host and port literal, "*." one label, path literal or "/" "*" at
 * its end. */
bool iss_url_matches(const char *pattern, size_t len, const char *url);

#endif
