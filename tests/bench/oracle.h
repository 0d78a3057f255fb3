/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs share that ask whether the time of an operation with a key in a
 * token tells what it was given.
 */
#ifndef PRIVYSEAL_BENCH_ORACLE_H
#define PRIVYSEAL_BENCH_ORACLE_H

#include <openssl/evp.h>

/* Says what, and libcrypto's errors; ends the program with 2. */
_Noreturn void oracle_stop(const char *what);

/* The private key of a URI by the provider that OPENSSL_CONF configures; the
 * caller's to free. Stops without one. */
EVP_PKEY *oracle_load(const char *uri);

/* A context that init and an RSA padding were set on; the caller's to free.
 * Stops on failure. */
EVP_PKEY_CTX *oracle_context(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *),
                             int pad);

/* Nanoseconds of a clock that never goes back. */
double oracle_now(void);

/* For qsort: doubles, ascending. */
int oracle_by_value(const void *a, const void *b);

#endif
