/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for the tests of the acts: an authority and a root whose keys are PEM
 * files, which the engine opens by file: URIs as it opens any other. */
#ifndef PRIVYSEAL_STORES_H
#define PRIVYSEAL_STORES_H

#include "issuer/init.h"
#include "issuer/issuer.h"

struct stores {
    char *dir; /* of everything */
    char authority[ISS_PATH_MAX], root[ISS_PATH_MAX];
    char *anchors;
    size_t anchors_len;
    int64_t now;    /* what the stores take for the time */
    unsigned made;  /* pairs that came into being */
    int fail_after; /* pairs until the maker fails; -1: never */
    struct iss_env env;
    struct iss_error error; /* of the last act */
};

enum { STORES_NOW = 1795255200 }; /* 2026-11-21T10:00:00Z */

/* An authority, its anchors, and a root, all closed. Aborts on failure. */
void stores_new(struct stores *stores);
/* The folder and the clock alone. */
void stores_bare(struct stores *stores);
void stores_free(struct stores *stores);

struct iss_init stores_authority(const struct stores *stores);
struct iss_init stores_root(const struct stores *stores);
/* A maker of pairs: arg is the stores. */
iss_key_maker stores_make;

/* Opens; aborts on failure. */
struct iss *stores_open(struct stores *stores, const char *dir);
/* Closes; aborts on failure. */
void stores_close(struct stores *stores, struct iss *store);

/* A request of the root and its proof. Aborts on failure. */
void stores_export(struct stores *stores, struct iss_request *request);
/* What the authority says to it, by a policy that knows software keys. */
enum iss_status stores_issue(struct stores *stores,
                             const struct iss_request *request,
                             struct iss_answer *answer);
/* Export, issue, import. Aborts on failure. */
void stores_enroll(struct stores *stores);
/* Makes a store as asked and closes it. Aborts on failure. */
void stores_init(struct stores *stores, const struct iss_init *asked);
/* How many records of a type a journal holds. */
unsigned stores_records(struct stores *stores, const char *dir, unsigned type);
/* An order of that kind. */
struct iss_order stores_order(const struct iss_request *request);

#endif
