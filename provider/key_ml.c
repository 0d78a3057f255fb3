/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types ML-DSA (FIPS 204) and ML-KEM (FIPS 203): each parameter set is one
 * of its own. OpenSSL has them since 3.5; before that no key of them is
 * offered, since nothing could read its public half.
 */
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <string.h>

#include "error.h"
#include "generate.h"
#include "key.h"
#include "ml_ops.h"
#include "prov.h"

/* Parameters since OpenSSL 3.5. */
#define SEED "seed"

static const struct set {
    CK_KEY_TYPE type;
    CK_ULONG number;      /* CKA_PARAMETER_SET */
    size_t key_len, size; /* of a public key; of a signature or ciphertext */
    int bits, security_bits;
} sets[] = {{CKK_ML_DSA, CKP_ML_DSA_44, 1312, 2420, 10496, 128},
            {CKK_ML_DSA, CKP_ML_DSA_65, 1952, 3309, 15616, 192},
            {CKK_ML_DSA, CKP_ML_DSA_87, 2592, 4627, 20736, 256},
            {CKK_ML_KEM, CKP_ML_KEM_512, 800, 768, 512, 128},
            {CKK_ML_KEM, CKP_ML_KEM_768, 1184, 1088, 768, 192},
            {CKK_ML_KEM, CKP_ML_KEM_1024, 1568, 1568, 1024, 256}};

static const struct set *set_of(CK_KEY_TYPE type, CK_ULONG number)
{
    size_t i = 0;

    while (i < sizeof(sets) / sizeof(sets[0]) - 1 &&
           (sets[i].type != type || sets[i].number != number))
        i++;
    return &sets[i];
}

static bool is_of(const struct p11_object *object, const struct set *set)
{
    const CK_ATTRIBUTE *attr = p11_object_attr(object, CKA_PARAMETER_SET);
    CK_ULONG number;

    if (attr == NULL || attr->ulValueLen != sizeof(number))
        return false;
    memcpy(&number, attr->pValue, sizeof(number));
    return number == set->number;
}

/* Of a public key: a private one's CKA_VALUE is its secret. */
static OSSL_PARAM *numbers_of(const struct p11_object *object,
                              const struct set *set)
{
    const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_VALUE);
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *params = NULL;

    if (p11_object_class(object) == CKO_PUBLIC_KEY && is_of(object, set) &&
        value != NULL && value->ulValueLen == set->key_len &&
        (builder = OSSL_PARAM_BLD_new()) != NULL &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                         value->pValue, set->key_len) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    return params;
}

static bool measure_as(struct prov_key *key, const struct set *set)
{
    key->bits = set->bits;
    key->security_bits = set->security_bits;
    key->size = set->size;
    return true;
}

static const OSSL_PARAM gen_settable[] = {
    PROV_GEN_SETTABLE, OSSL_PARAM_octet_string(SEED, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM transfer_types[] = {
    OSSL_PARAM_octet_string(SEED, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    PROV_KEY_GETTABLE,
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_END};

static int prepare_as(struct prov_gen *gen, const struct set *set)
{
    if (prov_gen_own(gen, SEED) != NULL)
        return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                          "key generation: a token draws the seed itself");
    gen->keygen.parameter_set = set->number;
    return 1;
}

/* A type: its functions, bound to its parameter set, and its row. */
#define ML_TYPE(type, family, set_number, ...)                    \
    static bool type##_fits(const struct p11_object *object)      \
    {                                                             \
        return is_of(object, set_of(family, set_number));         \
    }                                                             \
    static OSSL_PARAM *type##_numbers(const struct p11_object *o) \
    {                                                             \
        return numbers_of(o, set_of(family, set_number));         \
    }                                                             \
    static bool type##_measure(struct prov_key *key)              \
    {                                                             \
        return measure_as(key, set_of(family, set_number));       \
    }                                                             \
    static int type##_prepare(struct prov_gen *gen)               \
    {                                                             \
        return prepare_as(gen, set_of(family, set_number));       \
    }                                                             \
    const struct prov_keytype prov_keytype_##type = {             \
        .since = PROV_OPENSSL_3_5,                                \
        .public_types = public_types,                             \
        .transfer_types = transfer_types,                         \
        .public_param = OSSL_PKEY_PARAM_PUB_KEY,                  \
        .secret = OSSL_PKEY_PARAM_PRIV_KEY,                       \
        .cryptoki = family,                                       \
        .fits = type##_fits,                                      \
        .numbers = type##_numbers,                                \
        .measure = type##_measure,                                \
        .gettable = gettable,                                     \
        .generate = prov_gen_run,                                 \
        .gen_settable = gen_settable,                             \
        .prepare = type##_prepare,                                \
        __VA_ARGS__}

#define ML_DSA(n)                                                         \
    ML_TYPE(ml_dsa_##n, CKK_ML_DSA, CKP_ML_DSA_##n, .name = "ML-DSA-" #n, \
            .operation = "PRIVYSEAL-ML-DSA", .signature = &prov_ml_dsa,   \
            .pairwise = prov_ml_dsa_pairwise)
#define ML_KEM(n)                                                         \
    ML_TYPE(ml_kem_##n, CKK_ML_KEM, CKP_ML_KEM_##n, .name = "ML-KEM-" #n, \
            .operation = "PRIVYSEAL-ML-KEM", .kem = &prov_ml_kem,         \
            .pairwise = prov_ml_kem_pairwise)

ML_DSA(44);
ML_DSA(65);
ML_DSA(87);
ML_KEM(512);
ML_KEM(768);
ML_KEM(1024);
