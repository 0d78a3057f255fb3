/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of key generation: one row each. */
#include "generate.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "prov.h"

enum { BITS_DEFAULT = 2048, PRIMES_DEFAULT = 2, EXPONENT = 65537 };

typedef bool set_fn(struct prov_gen *gen, const OSSL_PARAM *param);

static bool text(const OSSL_PARAM *param, char **out)
{
    free(*out);
    *out = NULL;
    if (param->data_type != OSSL_PARAM_UTF8_STRING || param->data == NULL)
        return false;
    *out = strndup(param->data, param->data_size);
    return *out != NULL;
}

static bool flag(const OSSL_PARAM *param, bool *out)
{
    int value;

    if (OSSL_PARAM_get_int(param, &value) != 1 || (value & ~1) != 0)
        return false;
    *out = value == 1;
    return true;
}

static bool set_uri(struct prov_gen *gen, const OSSL_PARAM *param)
{
    bool ok;

    /* The old value may hold a PIN. */
    if (gen->uri != NULL)
        OPENSSL_cleanse(gen->uri, strlen(gen->uri));
    ok = text(param, &gen->uri);
    gen->keygen.uri = gen->uri;
    return ok;
}

static bool set_label(struct prov_gen *gen, const OSSL_PARAM *param)
{
    bool ok = text(param, &gen->label);

    gen->keygen.label = gen->label;
    return ok;
}

static bool set_id(struct prov_gen *gen, const OSSL_PARAM *param)
{
    void *id = gen->id;
    size_t len = 0;

    if (OSSL_PARAM_get_octet_string(param, &id, sizeof(gen->id), &len) != 1)
        return false;
    gen->keygen.id = gen->id;
    gen->keygen.id_len = len;
    return len > 0;
}

static bool set_bits(struct prov_gen *gen, const OSSL_PARAM *param)
{
    size_t bits = 0;

    if (OSSL_PARAM_get_size_t(param, &bits) != 1 ||
        bits > OPENSSL_RSA_MAX_MODULUS_BITS)
        return false;
    gen->bits = (unsigned)bits;
    return true;
}

static bool set_primes(struct prov_gen *gen, const OSSL_PARAM *param)
{
    return OSSL_PARAM_get_uint(param, &gen->primes) == 1;
}

static bool set_exponent(struct prov_gen *gen, const OSSL_PARAM *param)
{
    const OSSL_PARAM one[] = {*param, OSSL_PARAM_END};

    OSSL_PARAM_free(gen->exponent);
    gen->exponent = OSSL_PARAM_dup(one);
    return gen->exponent != NULL;
}

static bool set_purpose(struct prov_gen *gen, const OSSL_PARAM *param)
{
    static const char *const names[] = {[P11_GENERAL] = "general",
                                        [P11_SIGNING] = "signing",
                                        [P11_UNSEALING] = "unsealing"};
    char *name = NULL;
    bool ok = false;

    if (!text(param, &name))
        return false;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]) && !ok; i++) {
        ok = strcmp(name, names[i]) == 0;
        if (ok)
            gen->keygen.purpose = (enum p11_purpose)i;
    }
    free(name);
    return ok;
}

/* pkcs11-provider's words, those that an RSA key can have. */
static bool set_key_usage(struct prov_gen *gen, const OSSL_PARAM *param)
{
    static const struct {
        const char *word;
        bool sign;
    } words[] = {{"digitalSignature", true},  {"nonRepudiation", true},
                 {"keyCertSign", true},       {"cRLSign", true},
                 {"dataEncipherment", false}, {"keyEncipherment", false}};
    char *usage = NULL, *rest = NULL, *word;
    bool ok;

    if (!text(param, &usage))
        return false;
    gen->keygen.sign = gen->keygen.decrypt = false;
    ok = true;
    for (word = strtok_r(usage, " ,", &rest); word != NULL && ok;
         word = strtok_r(NULL, " ,", &rest)) {
        ok = false;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strcmp(word, words[i].word) == 0) {
                *(words[i].sign ? &gen->keygen.sign : &gen->keygen.decrypt) =
                    true;
                ok = true;
            }
        }
    }
    free(usage);
    return ok;
}

static bool set_extractable(struct prov_gen *gen, const OSSL_PARAM *param)
{
    return flag(param, &gen->keygen.extractable);
}

static bool set_always_authenticate(struct prov_gen *gen,
                                    const OSSL_PARAM *param)
{
    return flag(param, &gen->keygen.always_authenticate);
}

static bool set_pin(struct prov_gen *gen, const OSSL_PARAM *param)
{
    if (param->data_type != OSSL_PARAM_UTF8_STRING || param->data == NULL ||
        param->data_size > sizeof(gen->pin))
        return false;
    memcpy(gen->pin, param->data, param->data_size);
    gen->pin_len = strnlen(gen->pin, param->data_size);
    return true;
}

static const struct {
    const char *name;
    set_fn *set;
} rows[] = {
    {PROV_PARAM_URI, set_uri},
    {PROV_PARAM_KEY_USAGE, set_key_usage},
    {PROV_PARAM_PURPOSE, set_purpose},
    {PROV_PARAM_LABEL, set_label},
    {PROV_PARAM_ID, set_id},
    {PROV_PARAM_EXTRACTABLE, set_extractable},
    {PROV_PARAM_ALWAYS_AUTHENTICATE, set_always_authenticate},
    {PROV_PARAM_PIN, set_pin},
    {OSSL_PKEY_PARAM_RSA_BITS, set_bits},
    {OSSL_PKEY_PARAM_RSA_PRIMES, set_primes},
    {OSSL_PKEY_PARAM_RSA_E, set_exponent},
};

const OSSL_PARAM *prov_gen_settable(void)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(PROV_PARAM_URI, NULL, 0),
        OSSL_PARAM_utf8_string(PROV_PARAM_KEY_USAGE, NULL, 0),
        OSSL_PARAM_utf8_string(PROV_PARAM_PURPOSE, NULL, 0),
        OSSL_PARAM_utf8_string(PROV_PARAM_LABEL, NULL, 0),
        OSSL_PARAM_octet_string(PROV_PARAM_ID, NULL, 0),
        OSSL_PARAM_int(PROV_PARAM_EXTRACTABLE, NULL),
        OSSL_PARAM_int(PROV_PARAM_ALWAYS_AUTHENTICATE, NULL),
        OSSL_PARAM_utf8_string(PROV_PARAM_PIN, NULL, 0),
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, NULL),
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_PRIMES, NULL),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_END};

    return settable;
}

struct prov_gen *prov_gen_new(struct prov *prov,
                              const struct prov_keytype *type)
{
    struct prov_gen *gen = calloc(1, sizeof(*gen));

    if (gen == NULL) {
        prov_raise(&prov->core, CKR_HOST_MEMORY, "key generation");
        return NULL;
    }
    gen->prov = prov;
    gen->type = type;
    gen->bits = BITS_DEFAULT;
    gen->primes = PRIMES_DEFAULT;
    return gen;
}

void prov_gen_free(struct prov_gen *gen)
{
    if (gen == NULL)
        return;
    if (gen->uri != NULL)
        OPENSSL_cleanse(gen->uri, strlen(gen->uri));
    OPENSSL_cleanse(gen->pin, sizeof(gen->pin));
    OSSL_PARAM_free(gen->exponent);
    free(gen->label);
    free(gen->uri);
    free(gen);
}

int prov_gen_set(struct prov_gen *gen, const OSSL_PARAM *params)
{
    if (params == NULL)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, rows[i].name);

        if (param != NULL && !rows[i].set(gen, param))
            return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                              "key generation: value of %s not understood",
                              rows[i].name);
    }
    return 1;
}

bool prov_gen_default_exponent(const struct prov_gen *gen)
{
    BIGNUM *e = NULL;
    bool is_default;

    if (gen->exponent == NULL)
        return true;
    is_default = OSSL_PARAM_get_BN(gen->exponent, &e) == 1 &&
                 BN_is_word(e, EXPONENT) == 1;
    BN_free(e);
    return is_default;
}

ssize_t prov_gen_pin(void *arg, const struct p11_pin_request *request,
                     char *pin, size_t size)
{
    const struct prov_gen *gen = arg;

    (void)request;
    if (gen->pin_len == 0 || gen->pin_len > size)
        return -1;
    memcpy(pin, gen->pin, gen->pin_len);
    return (ssize_t)gen->pin_len;
}
