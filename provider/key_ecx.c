/* SPDX-License-Identifier: Apache-2.0 */
/* The types Ed25519, Ed448, X25519 and X448: each is a curve of its own. */
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "curve.h"
#include "ec_ops.h"
#include "error.h"
#include "generate.h"
#include "key.h"
#include "prov.h"

#ifndef CKK_EC_MONTGOMERY /* PKCS#11 3.0 */
#define CKK_EC_MONTGOMERY 0x41UL
#endif

static const struct curve {
    int nid;
    const char *name;
    size_t key_len, size; /* of a public key; of a signature or secret */
    int bits, security_bits;
} curves[] = {{NID_ED25519, "ED25519", 32, 64, 256, 128},
              {NID_ED448, "ED448", 57, 114, 456, 224},
              {NID_X25519, "X25519", 32, 32, 253, 128},
              {NID_X448, "X448", 56, 56, 448, 224}};

static const struct curve *curve_of(int nid)
{
    size_t i = 0;

    while (i < sizeof(curves) / sizeof(curves[0]) - 1 && curves[i].nid != nid)
        i++;
    return &curves[i];
}

/* By the curve's name, and where it is lacking by the public key's length. */
static bool is_of(const struct p11_object *object, int nid)
{
    const CK_ATTRIBUTE *params = p11_object_attr(object, CKA_EC_PARAMS);
    const uint8_t *octets;
    size_t len = curve_of(nid)->key_len;

    if (params != NULL)
        return prov_curve_nid(params) == nid;
    return prov_curve_octets(p11_object_attr(object, CKA_EC_POINT), len, len,
                             &octets, &len);
}

static OSSL_PARAM *numbers_of(const struct p11_object *object, int nid)
{
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *params = NULL;
    const uint8_t *octets;
    size_t len = curve_of(nid)->key_len;

    if (is_of(object, nid) &&
        prov_curve_octets(p11_object_attr(object, CKA_EC_POINT), len, len,
                          &octets, &len) &&
        (builder = OSSL_PARAM_BLD_new()) != NULL &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                         octets, len) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    return params;
}

static bool measure_of(struct prov_key *key, int nid)
{
    const struct curve *curve = curve_of(nid);

    key->bits = curve->bits;
    key->security_bits = curve->security_bits;
    key->size = curve->size;
    return true;
}

/* The identifier (RFC 8410), which more tokens take than the name. */
static int prepare_of(struct prov_gen *gen, int nid)
{
    gen->keygen.ec_params_len = prov_curve_der(nid, gen->ec_params);
    gen->keygen.ec_params = gen->ec_params;
    return gen->keygen.ec_params_len != 0
               ? 1
               : prov_raise(&gen->prov->core, CKR_CURVE_NOT_SUPPORTED,
                            "key generation: %s has no identifier",
                            gen->type->name);
}

static const OSSL_PARAM gen_settable[] = {PROV_GEN_SETTABLE, OSSL_PARAM_END};

/* Tokens without an identifier for X25519 in key agreement do not occur, but
 * programs set a group that has but one value. */
static const OSSL_PARAM gen_settable_group[] = {
    PROV_GEN_SETTABLE,
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM transfer_types[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    PROV_KEY_GETTABLE,
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_END};

/* A type: its functions, bound to its curve, and its row. */
#define CURVE_TYPE(type, NID, ...)                                \
    static bool type##_fits(const struct p11_object *object)      \
    {                                                             \
        return is_of(object, NID);                                \
    }                                                             \
    static OSSL_PARAM *type##_numbers(const struct p11_object *o) \
    {                                                             \
        return numbers_of(o, NID);                                \
    }                                                             \
    static bool type##_measure(struct prov_key *key)              \
    {                                                             \
        return measure_of(key, NID);                              \
    }                                                             \
    static int type##_prepare(struct prov_gen *gen)               \
    {                                                             \
        return prepare_of(gen, NID);                              \
    }                                                             \
    const struct prov_keytype prov_keytype_##type = {             \
        .public_types = public_types,                             \
        .transfer_types = transfer_types,                         \
        .public_param = OSSL_PKEY_PARAM_PUB_KEY,                  \
        .secret = OSSL_PKEY_PARAM_PRIV_KEY,                       \
        .fits = type##_fits,                                      \
        .numbers = type##_numbers,                                \
        .measure = type##_measure,                                \
        .gettable = gettable,                                     \
        .pairwise = prov_ec_pairwise,                             \
        .generate = prov_gen_run,                                 \
        .prepare = type##_prepare,                                \
        __VA_ARGS__}

CURVE_TYPE(ed25519, NID_ED25519, .name = "ED25519",
           .operation = "PRIVYSEAL-ED25519", .cryptoki = CKK_EC_EDWARDS,
           .signature = &prov_eddsa, .gen_settable = gen_settable);
CURVE_TYPE(ed448, NID_ED448, .name = "ED448", .operation = "PRIVYSEAL-ED448",
           .cryptoki = CKK_EC_EDWARDS, .signature = &prov_eddsa,
           .gen_settable = gen_settable);
CURVE_TYPE(x25519, NID_X25519, .name = "X25519",
           .operation = "PRIVYSEAL-X25519", .cryptoki = CKK_EC_MONTGOMERY,
           .exchange = &prov_ecdh_safe, .settable = settable,
           .gen_settable = gen_settable_group);
CURVE_TYPE(x448, NID_X448, .name = "X448", .operation = "PRIVYSEAL-X448",
           .cryptoki = CKK_EC_MONTGOMERY, .exchange = &prov_ecdh_safe,
           .settable = settable, .gen_settable = gen_settable_group);
