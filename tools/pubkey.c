/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys between tokens and OpenSSL. */
#include "pubkey.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

enum { /* PKCS#11 3.0, younger than the header of p11-kit */
       EC_EDWARDS = 0x40,
       EC_MONTGOMERY = 0x41,
       NAME_SIZE = 64
};

static const struct {
    const char *name;
    CK_KEY_TYPE type;
    size_t len;
    int nid;
} raw_types[] = {{"ED25519", EC_EDWARDS, 32, NID_ED25519},
                 {"ED448", EC_EDWARDS, 57, NID_ED448},
                 {"X25519", EC_MONTGOMERY, 32, NID_X25519},
                 {"X448", EC_MONTGOMERY, 56, NID_X448}};

enum { RAW_TYPES = sizeof(raw_types) / sizeof(raw_types[0]) };

/* ---- from a token ------------------------------------------------------ */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

static EVP_PKEY *rsa_of(const struct p11_object *object)
{
    const CK_ATTRIBUTE *n = p11_object_attr(object, CKA_MODULUS);
    const CK_ATTRIBUTE *e = p11_object_attr(object, CKA_PUBLIC_EXPONENT);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = NULL, *exponent = NULL;
    EVP_PKEY *pkey = NULL;

    if (n != NULL && e != NULL && builder != NULL) {
        modulus = BN_bin2bn(n->pValue, (int)n->ulValueLen, NULL);
        exponent = BN_bin2bn(e->pValue, (int)e->ulValueLen, NULL);
        if (modulus != NULL && exponent != NULL &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) ==
                1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) ==
                1)
            pkey = from_params("RSA", builder);
    }
    BN_free(exponent);
    BN_free(modulus);
    OSSL_PARAM_BLD_free(builder);
    return pkey;
}

/* CKA_EC_POINT: an OCTET STRING in DER, or, from some tokens, its content. */
static ASN1_OCTET_STRING *point_of(const CK_ATTRIBUTE *attr)
{
    const unsigned char *at = attr->pValue;
    ASN1_OCTET_STRING *point =
        d2i_ASN1_OCTET_STRING(NULL, &at, (long)attr->ulValueLen);

    if (point != NULL &&
        at == (const unsigned char *)attr->pValue + attr->ulValueLen)
        return point;
    ASN1_OCTET_STRING_free(point);
    point = ASN1_OCTET_STRING_new();
    if (point != NULL &&
        ASN1_OCTET_STRING_set(point, attr->pValue, (int)attr->ulValueLen) == 1)
        return point;
    ASN1_OCTET_STRING_free(point);
    return NULL;
}

static EVP_PKEY *curve_key(const CK_ATTRIBUTE *params,
                           const ASN1_OCTET_STRING *point)
{
    const unsigned char *at = params->pValue;
    ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, (long)params->ulValueLen);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (oid != NULL && builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                        OBJ_nid2sn(OBJ_obj2nid(oid)), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(
            builder, OSSL_PKEY_PARAM_PUB_KEY, ASN1_STRING_get0_data(point),
            (size_t)ASN1_STRING_length(point)) == 1)
        pkey = from_params("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    ASN1_OBJECT_free(oid);
    return pkey;
}

/* Curves with a key of their own length need not be told. */
static EVP_PKEY *raw_key(CK_KEY_TYPE type, const ASN1_OCTET_STRING *point)
{
    const size_t len = (size_t)ASN1_STRING_length(point);

    for (size_t i = 0; i < RAW_TYPES; i++) {
        if (raw_types[i].type == type && raw_types[i].len == len)
            return EVP_PKEY_new_raw_public_key_ex(NULL, raw_types[i].name, NULL,
                                                  ASN1_STRING_get0_data(point),
                                                  len);
    }
    return NULL;
}

static EVP_PKEY *curve_of(const struct p11_object *object)
{
    const CK_ATTRIBUTE *params = p11_object_attr(object, CKA_EC_PARAMS);
    const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_EC_POINT);
    ASN1_OCTET_STRING *point = value != NULL ? point_of(value) : NULL;
    EVP_PKEY *pkey = NULL;

    if (point != NULL && p11_object_key_type(object) != CKK_EC)
        pkey = raw_key(p11_object_key_type(object), point);
    else if (point != NULL && params != NULL)
        pkey = curve_key(params, point);
    ASN1_OCTET_STRING_free(point);
    return pkey;
}

static EVP_PKEY *certified(const struct p11_object *object)
{
    const CK_ATTRIBUTE *value = p11_object_attr(object, CKA_VALUE);
    const unsigned char *at = value != NULL ? value->pValue : NULL;
    X509 *cert =
        value != NULL ? d2i_X509(NULL, &at, (long)value->ulValueLen) : NULL;
    EVP_PKEY *pkey = cert != NULL ? X509_get_pubkey(cert) : NULL;

    X509_free(cert);
    return pkey;
}

static EVP_PKEY *own_public(const struct p11_object *object)
{
    if (p11_object_class(object) == CKO_CERTIFICATE)
        return certified(object);
    return p11_object_key_type(object) == CKK_RSA ? rsa_of(object)
                                                  : curve_of(object);
}

EVP_PKEY *tool_pubkey_of(struct p11_object *object)
{
    EVP_PKEY *pkey = own_public(object);
    struct p11_object *twin = NULL;

    if (pkey == NULL && p11_object_class(object) == CKO_PRIVATE_KEY &&
        p11_object_find_public(object, &twin) == CKR_OK)
        pkey = own_public(twin);
    p11_object_free(twin);
    return pkey;
}

/* ---- to a token -------------------------------------------------------- */

static bool add(struct tool_pubkey_attrs *out, CK_ATTRIBUTE_TYPE type,
                const void *value, size_t len)
{
    uint8_t *at = out->room + out->used;

    if (out->count == TOOL_PUBKEY_ATTRS || len > sizeof(out->room) - out->used)
        return false;
    memcpy(at, value, len);
    out->used += len;
    out->attrs[out->count++] = (CK_ATTRIBUTE){type, at, len};
    return true;
}

static bool add_true(struct tool_pubkey_attrs *out, CK_ATTRIBUTE_TYPE type)
{
    const CK_BBOOL yes = CK_TRUE;

    return add(out, type, &yes, sizeof(yes));
}

static bool add_type(struct tool_pubkey_attrs *out, CK_KEY_TYPE type)
{
    return add(out, CKA_KEY_TYPE, &type, sizeof(type));
}

static bool add_number(struct tool_pubkey_attrs *out, CK_ATTRIBUTE_TYPE type,
                       const EVP_PKEY *pkey, const char *name)
{
    uint8_t octets[OPENSSL_RSA_MAX_MODULUS_BITS / 8];
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
              BN_num_bytes(number) <= (int)sizeof(octets);

    ok = ok && add(out, type, octets, (size_t)BN_bn2bin(number, octets));
    BN_free(number);
    return ok;
}

static bool add_curve(struct tool_pubkey_attrs *out, int nid)
{
    uint8_t der[NAME_SIZE], *at = der;
    const ASN1_OBJECT *oid = nid != NID_undef ? OBJ_nid2obj(nid) : NULL;

    return oid != NULL && i2d_ASN1_OBJECT(oid, NULL) <= (int)sizeof(der) &&
           add(out, CKA_EC_PARAMS, der, (size_t)i2d_ASN1_OBJECT(oid, &at));
}

static bool add_point(struct tool_pubkey_attrs *out, const EVP_PKEY *pkey)
{
    ASN1_OCTET_STRING *point = ASN1_OCTET_STRING_new();
    uint8_t octets[256];
    unsigned char *der = NULL;
    size_t octets_len = 0;
    int len = 0;
    bool ok;

    if (point != NULL &&
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, octets,
                                        sizeof(octets), &octets_len) == 1 &&
        ASN1_OCTET_STRING_set(point, octets, (int)octets_len) == 1)
        len = i2d_ASN1_OCTET_STRING(point, &der);
    ok = len > 0 && add(out, CKA_EC_POINT, der, (size_t)len);
    OPENSSL_free(der);
    ASN1_OCTET_STRING_free(point);
    return ok;
}

static int group_of(const EVP_PKEY *pkey)
{
    char name[NAME_SIZE];
    int nid;

    if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1)
        return NID_undef;
    nid = OBJ_sn2nid(name);
    return nid != NID_undef ? nid : EC_curve_nist2nid(name);
}

bool tool_pubkey_attrs(const EVP_PKEY *pkey, struct tool_pubkey_attrs *out)
{
    *out = (struct tool_pubkey_attrs){.count = 0};
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return add_type(out, CKK_RSA) &&
               add_number(out, CKA_MODULUS, pkey, OSSL_PKEY_PARAM_RSA_N) &&
               add_number(out, CKA_PUBLIC_EXPONENT, pkey,
                          OSSL_PKEY_PARAM_RSA_E) &&
               add_true(out, CKA_VERIFY) && add_true(out, CKA_ENCRYPT);
    if (EVP_PKEY_is_a(pkey, "EC"))
        return add_type(out, CKK_EC) && add_curve(out, group_of(pkey)) &&
               add_point(out, pkey) && add_true(out, CKA_VERIFY);
    for (size_t i = 0; i < RAW_TYPES; i++) {
        if (EVP_PKEY_is_a(pkey, raw_types[i].name))
            return add_type(out, raw_types[i].type) &&
                   add_curve(out, raw_types[i].nid) && add_point(out, pkey) &&
                   add_true(out, raw_types[i].type == EC_EDWARDS ? CKA_VERIFY
                                                                 : CKA_DERIVE);
    }
    return false;
}
