/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcrypto offers to a provider: its upcalls, kept once, and small
 * helpers to write OSSL_PARAM values. Knows nothing of keys or tokens.
 */
#ifndef PRIVYSEAL_PROV_CORE_H
#define PRIVYSEAL_PROV_CORE_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <stdbool.h>
#include <stddef.h>

struct prov_core {
    const OSSL_CORE_HANDLE *handle;
    OSSL_FUNC_core_get_params_fn *get_params;
    OSSL_FUNC_core_get_libctx_fn *get_libctx;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
    OSSL_FUNC_core_set_error_mark_fn *set_error_mark;
    OSSL_FUNC_core_clear_last_error_mark_fn *clear_error_mark;
    OSSL_FUNC_core_pop_error_to_mark_fn *pop_error_to_mark;
    OSSL_FUNC_BIO_read_ex_fn *bio_read_ex;
    OSSL_FUNC_BIO_gets_fn *bio_gets;
    OSSL_FUNC_BIO_write_ex_fn *bio_write_ex;
    OSSL_FUNC_CRYPTO_malloc_fn *malloc;
};

/* Fills core; false where libcrypto lacks an upcall that we cannot do without.
 * dispatch is read during the call only. */
bool prov_core_init(struct prov_core *core, const OSSL_CORE_HANDLE *handle,
                    const OSSL_DISPATCH *dispatch);

/* Whether the application runs the very libcrypto that we are linked with, so
 * that its library context may be given to our calls. */
bool prov_core_shares_libcrypto(const struct prov_core *core);

/* The configured value of this provider's parameter name, or NULL. Borrowed
 * from libcrypto for the life of the provider. */
const char *prov_core_setting(const struct prov_core *core, const char *name);

/* Writes all of data to the application's BIO. */
bool prov_core_write(const struct prov_core *core, OSSL_CORE_BIO *out,
                     const void *data, size_t len);

/* A read-only parameter that borrows value; readers do not change it. */
OSSL_PARAM prov_param_utf8(const char *key, const char *value);
OSSL_PARAM prov_param_octets(const char *key, const void *value, size_t len);

#endif
