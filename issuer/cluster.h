/* SPDX-License-Identifier: Apache-2.0 */
/* Between cluster_check.c, which looks at one store, and cluster_copy.c, which
 * holds it against a copy. */
#ifndef PRIVYSEAL_CLUSTER_H
#define PRIVYSEAL_CLUSTER_H

#include "handle.h"

struct iss_checker {
    struct iss *iss;
    iss_mismatch_fn *each;
    void *arg;
    size_t found;
    uint8_t key[ISS_HASH_SIZE]; /* that every member must hold */
};

enum { ISS_CHECKER_FILE_MAX = XRML_CHAIN_MAX };

/* Tells of one. member "" where it concerns all. */
__attribute__((format(printf, 4, 5))) void
iss_checker_tell(struct iss_checker *checker, const char *member,
                 const char *what, const char *format, ...);

/* The hash of a file of a store; *there false: it is missing or cannot be
 * read, which why says. ISS_INTERNAL. */
ISS_CHECKED enum iss_status iss_checker_hash(const struct iss *iss,
                                             const char *name,
                                             uint8_t hash[static ISS_HASH_SIZE],
                                             bool *there,
                                             struct iss_error *why);

/* What differs between the store and the one in dir. */
ISS_CHECKED enum iss_status iss_checker_compare(struct iss_checker *checker,
                                                const char *dir,
                                                struct iss_error *error);

#endif
