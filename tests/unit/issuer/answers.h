/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to requests of a store, made by hand: a hierarchy of the tests
 * (hierarchy.h) signs whatever a test wants said, so that what a server takes
 * is judged without what another server would have refused.
 */
#ifndef PRIVYSEAL_ANSWERS_H
#define PRIVYSEAL_ANSWERS_H

#include "hierarchy.h"
#include "issuer/enrollment.h"
#include "stores.h"

/* A server below the hierarchy, unenrolled and closed, in stores->root: a root,
 * or a licensing server of the hierarchy's SLC. Aborts on failure. */
void answers_new(struct stores *stores, enum iss_role role);
/* The anchor alone, behind stores_bare. */
void answers_anchor(struct stores *stores);
/* What init is asked for there. */
struct iss_init answers_init(const struct stores *stores, enum iss_role role);
/* The chain of the hierarchy's SLC, leaf first, free(). */
char *answers_root_chain(size_t *len);

struct answers { /* change what is to be other between _begin and _print */
    struct hierarchy_row rows[HIERARCHY_ROWS];
    struct hierarchy_row *leaf; /* one of them */
    struct enroll_request asked;
    char document[XRML_GUID_SIZE];
};
/* A year for the request from now on; n tells answers apart. */
void answers_begin(const struct stores *stores,
                   const struct iss_request *request, unsigned n,
                   struct answers *answers);
/* The response, free(). */
char *answers_print(struct answers *answers, size_t *len);

/* Export, sign, import as they come; the n-th answer of a test. Aborts on
 * failure. */
void answers_pass(struct stores *stores, enum iss_op op, unsigned n);
/* The request alone. Aborts on failure. */
void answers_export(struct stores *stores, enum iss_op op,
                    struct iss_request *request);
/* The whole journal holds and the tables are what it says. */
void answers_verify(struct stores *stores);
/* Check and take: the status of what failed first. */
enum iss_status answers_import(struct stores *stores, const char *text,
                               size_t len, unsigned flags);

#endif
