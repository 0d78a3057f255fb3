/* SPDX-License-Identifier: Apache-2.0 */
/* The EC key type: groups, points, sizes, generation. */
#include <openssl/bn.h>
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

static OSSL_PARAM *numbers(const struct p11_object *object)
{
    int nid = prov_curve_nid(p11_object_attr(object, CKA_EC_PARAMS));
    const char *name = prov_curve_name(nid);
    size_t field = prov_curve_field(nid), len = 0;
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *params = NULL;
    uint8_t point[PROV_POINT_MAX];
    const uint8_t *octets;

    if (name != NULL &&
        prov_curve_octets(p11_object_attr(object, CKA_EC_POINT), 2 * field + 1,
                          field + 1, &octets, &len))
        len = prov_curve_point(nid, octets, len, point);
    else
        len = 0;
    if (len != 0 && (builder = OSSL_PARAM_BLD_new()) != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                        name, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
                                         point, len) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    return params;
}

/* ---- sizes ------------------------------------------------------------- */

/* Software names the order; a token's key has its group's name alone. */
static int order_bits(const struct prov_key *key)
{
    const OSSL_PARAM *p;
    BIGNUM *order = NULL;
    const char *name;
    int bits = 0;

    p = OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_EC_ORDER);
    if (p != NULL) {
        if (OSSL_PARAM_get_BN(p, &order) == 1)
            bits = BN_num_bits(order);
        BN_free(order);
        return bits;
    }
    p = OSSL_PARAM_locate_const(key->public, OSSL_PKEY_PARAM_GROUP_NAME);
    return p != NULL && OSSL_PARAM_get_utf8_string_ptr(p, &name) == 1
               ? prov_curve_bits(prov_curve_named(name))
               : 0;
}

/* NIST SP 800-57 part 1, table 2. */
static int strength(int bits)
{
    static const struct {
        int bits, strength;
    } rows[] = {{512, 256}, {384, 192}, {256, 128}, {224, 112}, {160, 80}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (bits >= rows[i].bits)
            return rows[i].strength;
    }
    return bits / 2;
}

/* DER of two INTEGERs of the order's size, each with a sign octet. */
static size_t signature_size(int bits)
{
    size_t integers = 2 * (2 + (size_t)bits / 8 + 1);

    return integers + (integers < 128 ? 2 : 3);
}

static bool measure(struct prov_key *key)
{
    key->bits = order_bits(key);
    key->security_bits = strength(key->bits);
    key->size = signature_size(key->bits);
    return key->bits > 0 && key->bits <= PROV_FIELD_MAX * 8;
}

/* ---- generation -------------------------------------------------------- */

static int prepare(struct prov_gen *gen)
{
    const OSSL_PARAM *param = prov_gen_own(gen, OSSL_PKEY_PARAM_GROUP_NAME);
    const char *name = NULL;
    int nid = NID_undef;

    if (param != NULL && OSSL_PARAM_get_utf8_string_ptr(param, &name) == 1)
        nid = prov_curve_named(name);
    if (name == NULL)
        return prov_raise(&gen->prov->core, CKR_ARGUMENTS_BAD,
                          "key generation: an EC key needs the name of its "
                          "group (parameter %s)",
                          OSSL_PKEY_PARAM_GROUP_NAME);
    gen->keygen.ec_params_len =
        nid != NID_undef ? prov_curve_der(nid, gen->ec_params) : 0;
    gen->keygen.ec_params = gen->ec_params;
    return gen->keygen.ec_params_len != 0
               ? 1
               : prov_raise(&gen->prov->core, CKR_CURVE_NOT_SUPPORTED,
                            "key generation: no group is called %s", name);
}

#define GROUP_NUMBERS                                                      \
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),           \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),      \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, \
                               NULL, 0),                                   \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_FIELD_TYPE, NULL, 0),    \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_P, NULL, 0),                      \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_A, NULL, 0),                      \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_B, NULL, 0),                      \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_GENERATOR, NULL, 0),    \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_ORDER, NULL, 0),                  \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_COFACTOR, NULL, 0),               \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_SEED, NULL, 0)

static const OSSL_PARAM gen_settable[] = {
    PROV_GEN_SETTABLE, GROUP_NUMBERS,
    OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL), OSSL_PARAM_END};

static const OSSL_PARAM public_types[] = {
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END};

static const OSSL_PARAM transfer_types[] = {
    GROUP_NUMBERS,
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM gettable[] = {
    PROV_KEY_GETTABLE,
    GROUP_NUMBERS,
    OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_X, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_PUB_Y, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
    OSSL_PARAM_END};

static const OSSL_PARAM settable[] = {
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE, NULL, 0),
    OSSL_PARAM_END};

const struct prov_keytype prov_keytype_ec = {
    .name = "EC",
    .operation = "PRIVYSEAL-EC",
    .default_digest = "SHA256",
    .public_types = public_types,
    .transfer_types = transfer_types,
    .public_param = OSSL_PKEY_PARAM_PUB_KEY,
    .group_param = OSSL_PKEY_PARAM_GROUP_NAME,
    .secret = OSSL_PKEY_PARAM_PRIV_KEY,
    .cryptoki = CKK_EC,
    .numbers = numbers,
    .measure = measure,
    .gettable = gettable,
    .settable = settable,
    .harmless = OSSL_PKEY_PARAM_EC_ENCODING
    ":" OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT
    ":" OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC
    ":" OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE
    ":" OSSL_PKEY_PARAM_USE_COFACTOR_ECDH,
    .pairwise = prov_ec_pairwise,
    .signature = &prov_ecdsa,
    .exchange = &prov_ecdh,
    .generate = prov_gen_run,
    .gen_settable = gen_settable,
    .prepare = prepare,
};
