/* SPDX-License-Identifier: Apache-2.0 */
/* What libssl may ask a provider: groups for key exchange, and signature
 * algorithms. Answered with "tls-capabilities = on" only. */
#ifndef PRIVYSEAL_PROV_TLS_H
#define PRIVYSEAL_PROV_TLS_H

#include <openssl/core.h>

/* An OSSL_FUNC_provider_get_capabilities_fn but for its first argument. Names
 * what our key types offer. 1, or what callback returned when not 1. */
int prov_tls_capabilities(const char *capability, OSSL_CALLBACK *callback,
                          void *arg);

#endif
