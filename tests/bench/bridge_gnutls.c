/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS and its own PKCS#11 support. */
#include "bridge.h"

#include <gnutls/abstract.h>
#include <gnutls/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE = 64, DIGEST = 32 };

struct thread {
    gnutls_privkey_t key;
    gnutls_sign_algorithm_t algorithm;
    enum bench_op op;
    const char *uri;
};

static void *gnutls_open(const struct bench_target *target)
{
    struct thread *shared = calloc(1, sizeof(*shared));
    int rc = gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL);

    if (rc == 0)
        rc = gnutls_pkcs11_add_provider(target->module, target->init_args);
    if (rc == 0 && shared != NULL)
        rc = gnutls_privkey_init(&shared->key);
    if (rc == 0 && shared != NULL)
        rc = gnutls_privkey_import_url(shared->key, bench_uri(target), 0);
    if (rc != 0 || shared == NULL) {
        (void)fprintf(stderr, "GnuTLS: %s\n", gnutls_strerror(rc));
        return NULL;
    }
    shared->uri = bench_uri(target);
    shared->algorithm =
        target->ec ? GNUTLS_SIGN_ECDSA_SHA256 : GNUTLS_SIGN_RSA_SHA256;
    return shared;
}

static void *gnutls_thread_new(void *key, enum bench_op op)
{
    struct thread *t = malloc(sizeof(*t));

    if (t != NULL) {
        *t = *(struct thread *)key;
        t->op = op;
    }
    return t;
}

static bool gnutls_once(void *thread)
{
    static unsigned char zeros[MESSAGE];
    const struct thread *t = thread;
    const gnutls_datum_t message = {zeros, MESSAGE}, digest = {zeros, DIGEST};
    gnutls_datum_t signature = {NULL, 0};
    int rc;

    if (t->op == BENCH_DIGEST)
        rc = gnutls_privkey_sign_data2(t->key, t->algorithm, 0, &message,
                                       &signature);
    else
        rc = gnutls_privkey_sign_hash2(t->key, t->algorithm, 0, &digest,
                                       &signature);
    gnutls_free(signature.data);
    return rc == 0;
}

static bool gnutls_again(void *key)
{
    const struct thread *shared = key;
    gnutls_privkey_t again;
    int rc = gnutls_privkey_init(&again);

    if (rc == 0)
        rc = gnutls_privkey_import_url(again, shared->uri, 0);
    gnutls_privkey_deinit(again);
    return rc == 0;
}

static void gnutls_thread_free(void *thread)
{
    free(thread);
}

const struct bench_bridge bench_gnutls = {
    .name = "gnutls",
    .open = gnutls_open,
    .thread_new = gnutls_thread_new,
    .once = gnutls_once,
    .again = gnutls_again,
    .thread_free = gnutls_thread_free,
};
