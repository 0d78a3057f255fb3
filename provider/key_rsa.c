/* SPDX-License-Identifier: Apache-2.0 */
/* The RSA key type: public numbers, sizes, generation. */
#include "rsa_ops.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "error.h"
#include "generate.h"
#include "key.h"
#include "prov.h"
#include "rsa_pad.h"
#include "rsa_reject.h"

static BIGNUM *number(const struct p11_object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attr = p11_object_attr(object, type);

    if (attr == NULL || attr->ulValueLen == 0 ||
        attr->ulValueLen > PROV_RSA_MAX)
        return NULL;
    return BN_bin2bn(attr->pValue, (int)attr->ulValueLen, NULL);
}

OSSL_PARAM *prov_rsa_numbers(const struct p11_object *object)
{
    BIGNUM *n = number(object, CKA_MODULUS);
    BIGNUM *e = number(object, CKA_PUBLIC_EXPONENT);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;

    if (n != NULL && e != NULL && builder != NULL && !BN_is_zero(n) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return params;
}

bool prov_rsa_measure(struct prov_key *key)
{
    const OSSL_PARAM *param =
        OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_RSA_N);
    BIGNUM *n = NULL;

    if (param == NULL || OSSL_PARAM_get_BN(param, &n) != 1)
        return false;
    key->bits = BN_num_bits(n);
    key->security_bits = BN_security_bits(key->bits, -1);
    key->size = (size_t)BN_num_bytes(n);
    BN_free(n);
    /* Before a server forks its workers, which are to share it. */
    if (key->object != NULL && prov_key_is_private(key))
        (void)prov_reject_seed(&key->prov->soft);
    return key->bits > 0 && key->size <= PROV_RSA_MAX;
}

/* ---- generation -------------------------------------------------------- */

enum { BITS_DEFAULT = 2048, PRIMES = 2, EXPONENT = 65537 };

/* Whether a parameter of the generation, if set, is value. */
static bool is_value(const struct prov_gen *gen, const char *name,
                     BN_ULONG value)
{
    const OSSL_PARAM *param = prov_gen_own(gen, name);
    BIGNUM *number = NULL;
    bool equal = param == NULL || (OSSL_PARAM_get_BN(param, &number) == 1 &&
                                   BN_is_word(number, value) == 1);

    BN_free(number);
    return equal;
}

int prov_rsa_prepare(struct prov_gen *gen)
{
    const OSSL_PARAM *param = prov_gen_own(gen, OSSL_PKEY_PARAM_RSA_BITS);
    size_t bits = BITS_DEFAULT;

    if (!is_value(gen, OSSL_PKEY_PARAM_RSA_PRIMES, PRIMES) ||
        !is_value(gen, OSSL_PKEY_PARAM_RSA_E, EXPONENT))
        return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                          "key generation: a token makes keys of two primes "
                          "and exponent 65537");
    if (param != NULL && (OSSL_PARAM_get_size_t(param, &bits) != 1 ||
                          bits > OPENSSL_RSA_MAX_MODULUS_BITS))
        return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                          "key generation: value of %s not understood",
                          OSSL_PKEY_PARAM_RSA_BITS);
    gen->keygen.bits = (unsigned)bits;
    return 1;
}

static const OSSL_PARAM gen_settable[] = {
    PROV_GEN_SETTABLE, OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_BITS, NULL),
    OSSL_PARAM_size_t(OSSL_PKEY_PARAM_RSA_PRIMES, NULL),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    PROV_KEY_GETTABLE, OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END};

static bool fits(const struct p11_object *object)
{
    return !prov_rsa_only_pss(object);
}

const struct prov_keytype prov_keytype_rsa = {
    .name = "RSA",
    .operation = "PRIVYSEAL-RSA",
    .default_digest = "SHA256",
    .public_types = public_types,
    .public_param = OSSL_PKEY_PARAM_RSA_N,
    .gettable = gettable,
    .secret = OSSL_PKEY_PARAM_RSA_D,
    .cryptoki = CKK_RSA,
    .fits = fits,
    .numbers = prov_rsa_numbers,
    .measure = prov_rsa_measure,
    .signature = &prov_rsa_signature,
    .cipher = &prov_rsa_cipher,
    .generate = prov_gen_run,
    .gen_settable = gen_settable,
    .prepare = prov_rsa_prepare,
};
