/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of a key generation, read from OSSL_PARAM by one table. With
 * pkcs11_uri the key is made in a token, without it by software.
 */
#ifndef PRIVYSEAL_PROV_GENERATE_H
#define PRIVYSEAL_PROV_GENERATE_H

#include <openssl/core.h>
#include <stdbool.h>

#include "keytype.h"
#include "pkcs11/p11.h"

/* Names of parameters; privyseal-provider(7) describes them. */
#define PROV_PARAM_URI                 "pkcs11_uri"
#define PROV_PARAM_KEY_USAGE           "pkcs11_key_usage"
#define PROV_PARAM_PURPOSE             "privyseal_purpose"
#define PROV_PARAM_LABEL               "privyseal_label"
#define PROV_PARAM_ID                  "privyseal_id"
#define PROV_PARAM_EXTRACTABLE         "privyseal_extractable"
#define PROV_PARAM_ALWAYS_AUTHENTICATE "privyseal_always_authenticate"
#define PROV_PARAM_PIN                 "privyseal_pin"
#define PROV_PARAM_BORN                "privyseal_born"
#define PROV_PARAM_REFUSED             "privyseal_refused"

struct prov_gen {
    struct prov *prov;
    const struct prov_keytype *type;
    unsigned bits, primes;
    OSSL_PARAM *exponent; /* a list of one, or NULL: 65537 */
    struct p11_keygen keygen;
    char *uri, *label;
    uint8_t id[P11_ID_MAX];
    char pin[P11_PIN_MAX];
    size_t pin_len;
};

/* Returns new, NULL and raises on failure. */
struct prov_gen *prov_gen_new(struct prov *prov,
                              const struct prov_keytype *type);

/* Wipes and frees. */
void prov_gen_free(struct prov_gen *gen);

/* Reads what it knows of params; 0 and raises where a value is not right. */
int prov_gen_set(struct prov_gen *gen, const OSSL_PARAM *params);
const OSSL_PARAM *prov_gen_settable(void);

bool prov_gen_default_exponent(const struct prov_gen *gen);

/* A p11_pin_fn; arg is a struct prov_gen. */
ssize_t prov_gen_pin(void *arg, const struct p11_pin_request *request,
                     char *pin, size_t size);

#endif
