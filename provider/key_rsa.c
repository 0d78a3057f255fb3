/* SPDX-License-Identifier: Apache-2.0 */
/* The RSA key type: public numbers, sizes, generation. */
#include "keytype.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "error.h"
#include "generate.h"
#include "key.h"
#include "prov.h"
#include "rsa_ops.h"
#include "rsa_pad.h"

static BIGNUM *number(const struct p11_object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attr = p11_object_attr(object, type);

    if (attr == NULL || attr->ulValueLen == 0 ||
        attr->ulValueLen > PROV_RSA_MAX)
        return NULL;
    return BN_bin2bn(attr->pValue, (int)attr->ulValueLen, NULL);
}

static OSSL_PARAM *numbers(const struct p11_object *object)
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

static bool measure(struct prov_key *key)
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
    return key->bits > 0 && key->size <= PROV_RSA_MAX;
}

static struct prov_key *generate_soft(struct prov_gen *gen)
{
    struct prov *prov = gen->prov;
    struct prov_key *key = prov_key_new(prov, gen->type);
    EVP_PKEY_CTX *pctx = NULL;
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &gen->bits),
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_PRIMES, &gen->primes),
        gen->exponent != NULL ? *gen->exponent : OSSL_PARAM_construct_end(),
        OSSL_PARAM_END};
    bool ok;

    prov_enter(prov);
    pctx = prov_soft_generate(&prov->soft, gen->type->name);
    ok = key != NULL && pctx != NULL && EVP_PKEY_keygen_init(pctx) == 1 &&
         EVP_PKEY_CTX_set_params(pctx, params) == 1 &&
         EVP_PKEY_generate(pctx, &pkey) == 1 &&
         prov_key_take_soft(key, pkey, true);
    EVP_PKEY_CTX_free(pctx);
    prov_leave(prov);
    if (ok)
        return key;
    prov_raise(&prov->core, CKR_FUNCTION_FAILED,
               "software key generation of %u bits failed", gen->bits);
    prov_key_free(key);
    return NULL;
}

static struct prov_key *generate_token(struct prov_gen *gen)
{
    const struct p11_pin_callback pin = {prov_gen_pin, gen};
    struct prov *prov = gen->prov;
    struct p11_object *object = NULL;
    struct p11_birth *birth = calloc(1, sizeof(*birth));
    struct prov_key *key = NULL;
    struct p11_diag diag = {""};
    CK_RV rv = CKR_HOST_MEMORY;

    gen->keygen.bits = gen->bits;
    if (birth != NULL) {
        prov_enter(prov);
        rv = p11_generate(prov->p11, &gen->keygen, &pin, &object, birth, &diag);
        prov_leave(prov);
    }
    if (rv != CKR_OK)
        prov_raise(&prov->core, rv, "key generation: %s",
                   diag.text[0] != '\0' ? diag.text : p11_rv_text(rv));
    else
        key = prov_key_from_object(prov, gen->type, object);
    if (key != NULL) {
        key->birth = birth;
        birth = NULL;
    }
    p11_object_free(object);
    free(birth);
    return key;
}

static struct prov_key *generate(struct prov_gen *gen)
{
    if (gen->keygen.uri == NULL)
        return generate_soft(gen);
    if (gen->primes != 2 || !prov_gen_default_exponent(gen)) {
        prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                   "key generation: a token makes keys of two primes and "
                   "exponent 65537");
        return NULL;
    }
    return generate_token(gen);
}

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END};

const struct prov_keytype prov_keytype_rsa = {
    .name = "RSA",
    .operation = "PRIVYSEAL-RSA",
    .default_digest = "SHA256",
    .public_types = public_types,
    .secret = OSSL_PKEY_PARAM_RSA_D,
    .cryptoki = CKK_RSA,
    .numbers = numbers,
    .measure = measure,
    .signature = &prov_rsa_signature,
    .cipher = &prov_rsa_cipher,
    .generate = generate,
};
