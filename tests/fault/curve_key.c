/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the making of keys on curves, from numbers and from a seed. */
#include "curve.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

static EVP_PKEY *from_params(const char *type, int selection,
                             OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(rsa_libctx(), type, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* The point of a private number. */
static bool multiply(const EC_GROUP *group, const BIGNUM *number, uint8_t *out,
                     size_t *len)
{
    EC_POINT *point = EC_POINT_new(group);
    bool good = point != NULL &&
                EC_POINT_mul(group, point, number, NULL, NULL, NULL) == 1;

    if (good)
        *len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
                                  out, *len, NULL);
    EC_POINT_free(point);
    return good && *len > 0;
}

static EC_GROUP *new_group(const struct curve *curve)
{
    return EC_GROUP_new_by_curve_name_ex(rsa_libctx(), NULL,
                                         OBJ_sn2nid(curve->name));
}

static EVP_PKEY *ec_key(const struct curve *curve, const BIGNUM *number,
                        const uint8_t *point, size_t point_len)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EC_GROUP *group = new_group(curve);
    uint8_t made[CURVE_POINT_MAX];
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build == NULL || group == NULL)
        goto out;
    if (number != NULL) {
        point_len = sizeof(made);
        if (!multiply(group, number, made, &point_len) ||
            OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) !=
                1)
            goto out;
        point = made;
    }
    if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                        curve->name, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         point_len) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(build);
    if (params != NULL)
        key = from_params(
            "EC", number != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
            params);
out:
    OSSL_PARAM_free(params);
    EC_GROUP_free(group);
    OSSL_PARAM_BLD_free(build);
    return key;
}

EVP_PKEY *curve_key(const struct curve *curve, const uint8_t *private_value,
                    size_t private_len, const uint8_t *point, size_t point_len)
{
    BIGNUM *number = NULL;
    EVP_PKEY *key;

    if (curve->type != CKK_EC)
        return private_value != NULL
                   ? EVP_PKEY_new_raw_private_key_ex(rsa_libctx(), curve->name,
                                                     NULL, private_value,
                                                     private_len)
                   : EVP_PKEY_new_raw_public_key_ex(rsa_libctx(), curve->name,
                                                    NULL, point, point_len);
    if (private_value != NULL) {
        number = BN_bin2bn(private_value, (int)private_len, NULL);
        if (number == NULL)
            return NULL;
    }
    key = ec_key(curve, number, point, point_len);
    BN_clear_free(number);
    return key;
}

bool curve_public(EVP_PKEY *key, uint8_t *out, size_t size, size_t *len)
{
    *len = size;
    if (EVP_PKEY_is_a(key, "EC"))
        return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                               out, size, len) == 1;
    return EVP_PKEY_get_raw_public_key(key, out, len) == 1;
}

bool curve_key_info(EVP_PKEY *key, uint8_t **out, size_t *len)
{
    int size = i2d_PUBKEY(key, out);

    *len = size > 0 ? (size_t)size : 0;
    return size > 0;
}

/* A number from 1 to the group's order less one. */
static bool draw_number(const struct curve *curve,
                        const uint8_t seed[static 32], uint64_t index,
                        struct curve_pair *out)
{
    uint8_t drawn[CURVE_PRIVATE_MAX];
    EC_GROUP *group = new_group(curve);
    BN_CTX *ctx = BN_CTX_secure_new_ex(rsa_libctx());
    BIGNUM *order = BN_new(), *number = BN_secure_new();
    bool good = group != NULL && ctx != NULL && order != NULL && number != NULL;

    out->private_len = curve->size;
    good = good && rsa_draw(seed, index, drawn, curve->size + 8) &&
           BN_bin2bn(drawn, (int)curve->size + 8, number) != NULL &&
           BN_copy(order, EC_GROUP_get0_order(group)) != NULL &&
           BN_sub_word(order, 1) == 1 &&
           BN_mod(number, number, order, ctx) == 1 &&
           BN_add_word(number, 1) == 1 &&
           BN_bn2binpad(number, out->private_value, (int)curve->size) > 0;
    OPENSSL_cleanse(drawn, sizeof(drawn));
    BN_clear_free(number);
    BN_free(order);
    BN_CTX_free(ctx);
    EC_GROUP_free(group);
    return good;
}

CK_RV curve_generate(const struct curve *curve, const uint8_t seed[static 32],
                     uint64_t index, struct curve_pair *out)
{
    EVP_PKEY *key = NULL;
    CK_RV rv = CKR_FUNCTION_FAILED;
    bool drawn;

    *out = (struct curve_pair){.private_len = curve->size};
    if (curve->type == CKK_EC)
        drawn = draw_number(curve, seed, index, out);
    else
        drawn = rsa_draw(seed, index, out->private_value, curve->size);
    if (drawn)
        key = curve_key(curve, out->private_value, out->private_len, NULL, 0);
    if (key != NULL &&
        curve_public(key, out->point, sizeof(out->point), &out->point_len))
        rv = CKR_OK;
    EVP_PKEY_free(key);
    return rv;
}

EVP_PKEY *curve_other(EVP_PKEY *instead_of)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), instead_of, NULL);
    EVP_PKEY *key = NULL;

    if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
        EVP_PKEY_keygen(ctx, &key) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}
