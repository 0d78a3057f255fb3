/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of a key generation, read from OSSL_PARAM by one table, and the
 * generation itself. With pkcs11_uri the key is made in a token, without it by
 * software. A type adds the names of its own parameters (gen_settable of its
 * prov_keytype), which software gets as they are, and says by prepare what
 * they mean to a token.
 */
#ifndef PRIVYSEAL_PROV_GENERATE_H
#define PRIVYSEAL_PROV_GENERATE_H

#include <openssl/core.h>
#include <openssl/params.h>
#include <stdbool.h>

#include "curve.h"
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
#define PROV_PARAM_ALLOWED             "privyseal_allowed_mechanisms"
#define PROV_PARAM_START_DATE          "privyseal_start_date"
#define PROV_PARAM_END_DATE            "privyseal_end_date"
#define PROV_PARAM_PIN                 "privyseal_pin"
#define PROV_PARAM_BORN                "privyseal_born"
#define PROV_PARAM_REFUSED             "privyseal_refused"
#define PROV_PARAM_USES                "privyseal_uses"

/* What every type may be told; a type's gen_settable begins with it. */
#define PROV_GEN_SETTABLE                                       \
    OSSL_PARAM_utf8_string(PROV_PARAM_URI, NULL, 0),            \
        OSSL_PARAM_utf8_string(PROV_PARAM_KEY_USAGE, NULL, 0),  \
        OSSL_PARAM_utf8_string(PROV_PARAM_PURPOSE, NULL, 0),    \
        OSSL_PARAM_utf8_string(PROV_PARAM_LABEL, NULL, 0),      \
        OSSL_PARAM_octet_string(PROV_PARAM_ID, NULL, 0),        \
        OSSL_PARAM_int(PROV_PARAM_EXTRACTABLE, NULL),           \
        OSSL_PARAM_int(PROV_PARAM_ALWAYS_AUTHENTICATE, NULL),   \
        OSSL_PARAM_utf8_string(PROV_PARAM_ALLOWED, NULL, 0),    \
        OSSL_PARAM_utf8_string(PROV_PARAM_START_DATE, NULL, 0), \
        OSSL_PARAM_utf8_string(PROV_PARAM_END_DATE, NULL, 0),   \
        OSSL_PARAM_utf8_string(PROV_PARAM_PIN, NULL, 0)

enum { PROV_ALLOWED_MAX = 32, PROV_DATE_SIZE = 9 };

struct prov_gen {
    struct prov *prov;
    const struct prov_keytype *type;
    int selection;   /* OSSL_KEYMGMT_SELECT_*; without a key: parameters only */
    OSSL_PARAM *own; /* of the type's own parameters those set, or NULL */
    struct p11_keygen keygen;
    char *uri, *label;
    uint8_t id[P11_ID_MAX];
    uint8_t ec_params[PROV_CURVE_DER_MAX]; /* for keygen.ec_params */
    CK_MECHANISM_TYPE allowed[PROV_ALLOWED_MAX];
    char start_date[PROV_DATE_SIZE], end_date[PROV_DATE_SIZE];
    char pin[P11_PIN_MAX];
    size_t pin_len;
};

/* Returns new, NULL and raises on failure. */
struct prov_gen *prov_gen_new(struct prov *prov,
                              const struct prov_keytype *type, int selection);

/* Wipes and frees. */
void prov_gen_free(struct prov_gen *gen);

/* Reads what it knows of params; 0 and raises where a value is not right. */
int prov_gen_set(struct prov_gen *gen, const OSSL_PARAM *params);

/* A type's own parameter, or NULL where it was not set. Borrowed. */
const OSSL_PARAM *prov_gen_own(const struct prov_gen *gen, const char *name);

/* Takes over what a key and one made like it have in common (a group), where
 * it is a parameter of the type's own. 0 and raises. */
int prov_gen_like(struct prov_gen *gen, const struct prov_key *key);

/* Makes the key, in the token or by software. Returns new, or NULL and raises.
 * Fit for prov_keytype.generate. */
struct prov_key *prov_gen_run(struct prov_gen *gen);

/* A p11_pin_fn; arg is a struct prov_gen. */
ssize_t prov_gen_pin(void *arg, const struct p11_pin_request *request,
                     char *pin, size_t size);

#endif
