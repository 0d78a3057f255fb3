/* SPDX-License-Identifier: Apache-2.0 */
/* Stores for the tests of the acts: an authority and a root whose keys are PEM
 * files, which the engine opens by file: URIs as it opens any other. */
#ifndef PRIVYSEAL_STORES_H
#define PRIVYSEAL_STORES_H

#include "issuer/init.h"
#include "issuer/issuer.h"
#include "issuer/pop.h"

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
void stores_pass(struct stores *stores, enum iss_op op);
/* Makes a store as asked and closes it. Aborts on failure. */
void stores_init(struct stores *stores, const struct iss_init *asked);
/* How many records of a type a journal holds. */
unsigned stores_records(struct stores *stores, const char *dir, unsigned type);
/* An order of that kind. */
struct iss_order stores_order(const struct iss_request *request);

/* ---- requests that no store has made ---------------------------------- */

struct forged {         /* change what is to be wrong between _new and _print */
    EVP_PKEY *key;      /* of the request */
    EVP_PKEY *signer;   /* of the subject's line; borrowed */
    EVP_PKEY *old;      /* of the licensor's line with rekey; borrowed */
    EVP_PKEY *identity; /* of the identity's line, or NULL; borrowed */
    struct enroll_request fields;
    struct iss_pop pop; /* request= and signatures are filled by _print */
    bool keep_request;  /* pop.request stands as it is */
    struct iss_request out;
};

/* A good request of a server that is not in the stores, for their authority, or
 * to be sub-enrolled by their root; n chooses one of the pairs that are left
 * over, 7 to 15. */
void stores_forge(struct stores *stores, unsigned n, struct forged *forged);
void stores_forge_sub(struct stores *stores, unsigned n, struct forged *forged);
void stores_forged_print(struct stores *stores, struct forged *forged);
void stores_forged_clear(struct forged *forged);
/* The same request asked once more: a renewal of the certificate that a
 * response holds, or (op) a re-key to the pair n. Print it afterwards. */
void stores_forge_next(struct stores *stores, struct forged *forged,
                       enum iss_op op, const struct iss_answer *before);

/* What the root says to it, by its access list; as: the stated principal, or
 * NULL. */
enum iss_status stores_serve(struct stores *stores, const struct forged *forged,
                             const char *as, int days,
                             struct iss_answer *answer);
/* The newest record of a type as "name=value;name=#LENGTH;", "" for none. */
enum { STORES_RECORD = 4096 };
void stores_newest(struct stores *stores, const char *dir, unsigned type,
                   char out[static STORES_RECORD]);

/* Writes the root's access list. Aborts on failure. */
void stores_list(struct stores *stores, const char *text);

#endif
