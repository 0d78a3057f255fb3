/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks for a PIN when an operation needs one and no source has it: a login that
 * was lost, a key that wants its PIN for each signature. Only OpenSSL's own
 * user interface is asked, and only where someone can answer.
 */
#ifndef PRIVYSEAL_PROV_ASK_H
#define PRIVYSEAL_PROV_ASK_H

#include <openssl/types.h>
#include <stddef.h>

#include "pkcs11/p11.h"

enum { PROV_PROMPT_SIZE = 256 };

/* "PIN of token 'x' for key 'y'", control characters replaced. */
void prov_ask_text(const struct p11_pin_request *request,
                   char out[static PROV_PROMPT_SIZE]);

/* A p11_pin_fn; arg: the UI_METHOD, NULL for the default one. The terminal is
 * asked only where this process may read from it: it has one and is not in its
 * background. */
ssize_t prov_ask(void *arg, const struct p11_pin_request *request, char *pin,
                 size_t size);

/* What every operation hands to pkcs11/: static, for any thread. */
extern const struct p11_pin_callback prov_ask_default;

#endif
