/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps software keys out of our hands. Key management bears the usual names
 * ("RSA"), and libcrypto takes the first that registered: so whenever ours is
 * asked for, the other providers' are made to register first. A property query
 * seen for the first time has a cache of its own, filled by our key: it is
 * emptied once and filled in the right order.
 */
#ifndef PRIVYSEAL_PROV_PRIME_H
#define PRIVYSEAL_PROV_PRIME_H

#include <openssl/types.h>
#include <pthread.h>
#include <stdbool.h>

enum { PROV_QUERIES = 16 };

struct prov_prime {
    OSSL_LIB_CTX *app; /* the application's context (NULL: its default one) */
    bool usable;       /* we share the application's libcrypto */
    pthread_mutex_t lock;
    char *queries[PROV_QUERIES]; /* property queries repaired, NULL-padded */
};

void prov_prime_init(struct prov_prime *prime, OSSL_LIB_CTX *app, bool usable);
void prov_prime_clear(struct prov_prime *prime);

/* Lets others register first. True if our answer may be cached: another
 * provider has each of the names, or nothing can be done. */
bool prov_prime_run(struct prov_prime *prime);

/* The same for signatures that programs ask for by name. */
void prov_prime_signatures(struct prov_prime *prime);

/* To be called with the property query of each operation on our keys. */
void prov_prime_repair(struct prov_prime *prime, const char *query);

#endif
