/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to a token's key that are measured against each other: the raw Cryptoki
 * loop, OpenSSL with a provider or an engine, GnuTLS, a key in a file. Each
 * runs in a process of its own (contest.h), so that none disturbs another.
 */
#ifndef PRIVYSEAL_BENCH_BRIDGE_H
#define PRIVYSEAL_BENCH_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

struct evp_pkey_st;
struct ossl_lib_ctx_st;

enum bench_op {
    BENCH_SIGN,   /* a ready digest, by a prepared context */
    BENCH_DIGEST, /* 64 octets, by a fresh context: what programs do */
    BENCH_UNSEAL, /* of the raw loops alone: OAEP opened, then a digest signed
                   */
    BENCH_OPS
};

/* A token and a key in it. All texts are borrowed from the command line. */
struct bench_target {
    const char *module, *init_args; /* init_args: may be NULL */
    const char *token, *pin, *label;
    bool ec;              /* P-256, else RSA-2048 */
    const char *file;     /* PEM file for the bridge "file" */
    const char *provider; /* our own provider module */
};

struct bench_bridge {
    const char *name;
    /* NULL where it is not there: says why on standard error. */
    void *(*open)(const struct bench_target *target);
    void *(*thread_new)(void *key, enum bench_op op);
    bool (*once)(void *thread);
    void (*thread_free)(void *thread);
    /* Finds or loads the same key once more and frees it. */
    bool (*again)(void *key);
    /* The key for those that go through EVP, else NULL. */
    struct evp_pkey_st *(*evp)(void *key, struct ossl_lib_ctx_st **context);
};

extern const struct bench_bridge bench_raw;  /* C_SignInit + C_Sign */
extern const struct bench_bridge bench_copy; /* on a session copy */
extern const struct bench_bridge bench_file; /* OpenSSL's own provider */
extern const struct bench_bridge bench_privyseal;
extern const struct bench_bridge bench_pkcs11_provider;
extern const struct bench_bridge bench_engine; /* libp11's */
extern const struct bench_bridge bench_gnutls;

/* By name, or NULL. */
const struct bench_bridge *bench_bridge_find(const char *name);

/* "pkcs11:token=...;object=...;type=private?pin-value=...". Static storage. */
const char *bench_uri(const struct bench_target *target);

/* Threads of a bridge whose key is an EVP_PKEY. */
void *bench_evp_thread_new(struct evp_pkey_st *key,
                           struct ossl_lib_ctx_st *context, bool ec,
                           enum bench_op op);
bool bench_evp_once(void *thread);
void bench_evp_thread_free(void *thread);

#endif
