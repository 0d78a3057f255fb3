/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, contexts and the clock of timing programs: see oracle.h. */
#include "oracle.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

_Noreturn void oracle_stop(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    ERR_print_errors_fp(stderr);
    exit(2);
}

EVP_PKEY *oracle_load(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    if (store != NULL)
        (void)OSSL_STORE_close(store);
    if (pkey == NULL)
        oracle_stop(uri);
    return pkey;
}

EVP_PKEY_CTX *oracle_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
                             int pad)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    if (ctx == NULL || init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, pad) != 1)
        oracle_stop("context");
    return ctx;
}

double oracle_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int oracle_by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}
