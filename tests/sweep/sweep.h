/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault sweep: what programs do with keys in a token, each time with one
 * thing that goes wrong at one call into the module.
 */
#ifndef PRIVYSEAL_SWEEP_H
#define PRIVYSEAL_SWEEP_H

#include <openssl/evp.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- the world (world.c) ----------------------------------------------- */

struct control { /* the functions of tests/fault/fault.h */
    void (*reset)(void);
    unsigned long (*count)(const char *function);
    int (*rule)(const char *rule);
    void (*clear_rules)(void);
    void (*remove)(void);
    void (*insert)(void);
    unsigned long (*sessions)(void);
    unsigned long (*operations)(void);
    unsigned long (*objects)(int on_token);
    unsigned long (*violations)(char *text, size_t size);
};

extern struct control module;

enum world_key { KEY_RSA, KEY_EC, KEY_ED, KEY_X, KEY_ASK, KEYS };

/* Public halves, in software, for verifying. Borrowed. */
EVP_PKEY *world_public(enum world_key key);

/* Worlds: settings of the module and of the provider. NULL at the end. */
const char *world_name(size_t n);
size_t world_current(void);
bool world_is_limited(void); /* in its sessions */

/* Makes the n-th: loads the module, makes the keys in its token (in memory:
 * children of this process inherit them) and finalises it. False where that
 * fails. */
bool world_make(size_t n);

/* A new library context with the default provider and ours, or NULL. */
OSSL_LIB_CTX *world_context(void);

/* "pkcs11:token=fault;object=rsa;type=private?pin-value=1234" */
const char *world_uri(enum world_key key);
/* Without a PIN. */
const char *world_bare_uri(enum world_key key);

/* Loads a private key; NULL where it does not. */
EVP_PKEY *world_load(OSSL_LIB_CTX *libctx, const char *uri);

/* ---- flows (flow.c, flow_life.c) --------------------------------------- */

enum verdict {
    RIGHT,  /* done, and the result was checked in software */
    FAILED, /* a step failed; its errors are on the queue */
    WRONG   /* each step succeeded, the result is not right */
};

enum { LIST_MAX = 4096, FUNCTIONS_MAX = 80 };

/* In memory that parent and children share. */
struct shared {
    char list[LIST_MAX]; /* what the dry run of "list" has found */
    unsigned long counts[FUNCTIONS_MAX]; /* calls, of the children too */
};

struct run {
    OSSL_LIB_CTX *libctx; /* NULL where it could not be made anew */
    EVP_PKEY *key;        /* kept for the next time, or NULL */
    EVP_PKEY *pem_key;    /* the same, from a file */
    unsigned serial;      /* of generated keys */
    bool made;            /* a key was generated: it may stay */
    bool dry;
    struct shared *shared;
};

struct flow {
    const char *name;
    const char *needs; /* a key type of the provider's */
    enum verdict (*act)(struct run *run);
};

extern const struct flow flows[];
extern const size_t flow_count;

/* Steps that several flows have in common. */
enum verdict flow_load(struct run *run, enum world_key key);
enum verdict flow_sign(struct run *run, EVP_PKEY *key, enum world_key which);

enum verdict flow_fork(struct run *run);
enum verdict flow_threads(struct run *run);
enum verdict flow_reconnect(struct run *run);
enum verdict flow_reload(struct run *run);
enum verdict flow_list(struct run *run);
enum verdict flow_pem(struct run *run);
enum verdict flow_generate(struct run *run);

/* Adds this process's calls to the shared counts (the larger one stays). */
void sweep_note_counts(struct shared *shared);

#endif
