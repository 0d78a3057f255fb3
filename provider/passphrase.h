/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a PIN through the callback that a program gave for a load. */
#ifndef PRIVYSEAL_PROV_PASSPHRASE_H
#define PRIVYSEAL_PROV_PASSPHRASE_H

#include <openssl/core.h>

#include "pkcs11/p11.h"

struct prov;

struct prov_passphrase { /* stays where it is as long as the callback lives */
    struct prov *prov;
    OSSL_PASSPHRASE_CALLBACK *ask;
    void *arg;
};

/* Makes the callback for pkcs11/; never asks where passphrase->ask is NULL. */
struct p11_pin_callback prov_passphrase_pin(struct prov_passphrase *passphrase);

#endif
