/* SPDX-License-Identifier: Apache-2.0 */
/* Priming and repairing libcrypto's method cache; see prime.h. */
#include "prime.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "algs.h"
#include "keytype.h"

enum { NAME_SIZE = 32 };

void prov_prime_init(struct prov_prime *prime, OSSL_LIB_CTX *app, bool usable)
{
    memset(prime, 0, sizeof(*prime));
    prime->app = app;
    prime->usable = usable;
    (void)pthread_mutex_init(&prime->lock, NULL);
}

void prov_prime_clear(struct prov_prime *prime)
{
    for (size_t i = 0; i < PROV_QUERIES; i++)
        free(prime->queries[i]);
    (void)pthread_mutex_destroy(&prime->lock);
}

static bool fetch_names(struct prov_prime *prime, const char *query)
{
    const struct prov_keytype *type;
    bool all = true;

    for (size_t i = 0; (type = prov_keytype_at(i)) != NULL; i++) {
        EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(prime->app, type->name, query);

        all = all && found != NULL;
        EVP_KEYMGMT_free(found);
    }
    return all;
}

static void fetch_signatures(struct prov_prime *prime, const char *query)
{
    const struct prov_sigalg_row *row;

    for (size_t i = 0; (row = prov_sigalg_at(i)) != NULL; i++) {
        char name[NAME_SIZE];
        size_t len = strcspn(row->names, ":");

        if (len >= sizeof(name))
            continue;
        memcpy(name, row->names, len);
        name[len] = '\0';
        EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(prime->app, name, query));
    }
}

bool prov_prime_run(struct prov_prime *prime)
{
    bool all;

    if (!prime->usable)
        return true;
    (void)ERR_set_mark();
    all = fetch_names(prime, NULL);
    (void)ERR_pop_to_mark();
    return all;
}

void prov_prime_signatures(struct prov_prime *prime)
{
    if (!prime->usable)
        return;
    (void)ERR_set_mark();
    fetch_signatures(prime, NULL);
    (void)ERR_pop_to_mark();
}

/* True the first time; the list is never so long in a sane program that a
 * forgotten query matters. */
static bool remember(struct prov_prime *prime, const char *query)
{
    size_t i = 0;
    bool fresh = false;

    (void)pthread_mutex_lock(&prime->lock);
    while (i < PROV_QUERIES && prime->queries[i] != NULL &&
           strcmp(prime->queries[i], query) != 0)
        i++;
    if (i < PROV_QUERIES && prime->queries[i] == NULL) {
        prime->queries[i] = strdup(query);
        fresh = prime->queries[i] != NULL;
    }
    (void)pthread_mutex_unlock(&prime->lock);
    return fresh;
}

static void fetch_again(struct prov_prime *prime)
{
    char *queries[PROV_QUERIES];

    (void)pthread_mutex_lock(&prime->lock);
    memcpy(queries, prime->queries, sizeof(queries));
    (void)pthread_mutex_unlock(&prime->lock);
    (void)fetch_names(prime, NULL);
    fetch_signatures(prime, NULL);
    for (size_t i = 0; i < PROV_QUERIES && queries[i] != NULL; i++) {
        (void)fetch_names(prime, queries[i]);
        fetch_signatures(prime, queries[i]);
    }
}

void prov_prime_repair(struct prov_prime *prime, const char *query)
{
    OSSL_PROVIDER *null;

    if (query == NULL || *query == '\0' || !prime->usable ||
        !remember(prime, query))
        return;
    (void)ERR_set_mark();
    /* Loading any provider empties the cache; this one offers nothing. */
    null = OSSL_PROVIDER_try_load(prime->app, "null", 1);
    if (null != NULL)
        (void)OSSL_PROVIDER_unload(null);
    fetch_again(prime);
    (void)ERR_pop_to_mark();
}
