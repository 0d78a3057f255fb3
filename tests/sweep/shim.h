/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands between libcrypto and the provider: every function of its dispatch
 * tables must answer 1 or 0 (or a pointer), leave no error on the queue when it
 * succeeds and exactly one when it fails.
 */
#ifndef PRIVYSEAL_SWEEP_SHIM_H
#define PRIVYSEAL_SWEEP_SHIM_H

#include <openssl/core.h>

/* The provider's, wrapped. For OSSL_PROVIDER_add_builtin. */
OSSL_provider_init_fn shim_provider_init;

/* How often a rule was broken in this process, and a sentence on the first.
 * The text is static; "" where there is none. */
unsigned shim_faults(const char **first);

/* Calls that were watched in this process. */
unsigned long shim_calls(void);

#endif
