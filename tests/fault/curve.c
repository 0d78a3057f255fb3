/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of curves and the forms in which tokens write them. */
#include "curve.h"

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <string.h>

enum { OCTET_STRING = 0x04, OID = 0x06, PRINTABLE = 0x13, SEQUENCE = 0x30 };

#define CERTICOM(last)                             \
    {                                              \
        0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, (last) \
    }
#define BRAINPOOL(last)                                                    \
    {                                                                      \
        0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, (last) \
    }
#define SAFE_CURVE(last)               \
    {                                  \
        0x06, 0x03, 0x2b, 0x65, (last) \
    }

static const struct curve curves[] = {
    {CKK_EC,
     "prime256v1",
     "secp256r1",
     32,
     {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
    {CKK_EC, "secp224r1", "secp224r1", 28, CERTICOM(0x21)},
    {CKK_EC, "secp384r1", "secp384r1", 48, CERTICOM(0x22)},
    {CKK_EC, "secp521r1", "secp521r1", 66, CERTICOM(0x23)},
    {CKK_EC, "secp256k1", "secp256k1", 32, CERTICOM(0x0a)},
    {CKK_EC, "brainpoolP256r1", "brainpoolP256r1", 32, BRAINPOOL(0x07)},
    {CKK_EC, "brainpoolP320r1", "brainpoolP320r1", 40, BRAINPOOL(0x09)},
    {CKK_EC, "brainpoolP384r1", "brainpoolP384r1", 48, BRAINPOOL(0x0b)},
    {CKK_EC, "brainpoolP512r1", "brainpoolP512r1", 64, BRAINPOOL(0x0d)},
    {CKK_EC_EDWARDS, "ED25519", "edwards25519", 32, SAFE_CURVE(0x70)},
    {CKK_EC_EDWARDS, "ED448", "edwards448", 57, SAFE_CURVE(0x71)},
    {CKK_EC_MONTGOMERY, "X25519", "curve25519", 32, SAFE_CURVE(0x6e)},
    {CKK_EC_MONTGOMERY, "X448", "curve448", 56, SAFE_CURVE(0x6f)},
};

static bool is_named(const struct curve *curve, const uint8_t *params,
                     size_t len)
{
    size_t name_len = strlen(curve->printable);

    if (params[0] == OID)
        return len == (size_t)curve->oid[1] + 2 &&
               memcmp(params, curve->oid, len) == 0;
    return params[0] == PRINTABLE && len == name_len + 2 &&
           params[1] == name_len &&
           memcmp(params + 2, curve->printable, name_len) == 0;
}

/* The NID of explicit parameters that are those of a named curve, or 0. */
static int nid_of_explicit(const uint8_t *params, size_t len)
{
    const uint8_t *at = params;
    EC_GROUP *group = d2i_ECPKParameters(NULL, &at, (long)len);
    int nid = group != NULL ? EC_GROUP_check_named_curve(group, 0, NULL) : 0;

    EC_GROUP_free(group);
    return nid;
}

const struct curve *curve_find(CK_KEY_TYPE type, const uint8_t *params,
                               size_t len)
{
    int nid = 0;

    if (params == NULL || len < 2 || len > CURVE_PARAMS_MAX)
        return NULL;
    if (params[0] == SEQUENCE && type == CKK_EC)
        nid = nid_of_explicit(params, len);
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        const struct curve *curve = &curves[i];

        if (curve->type == type &&
            (is_named(curve, params, len) ||
             (nid != 0 && nid == OBJ_sn2nid(curve->name))))
            return curve;
    }
    return NULL;
}

static CK_RV put(const uint8_t *data, size_t data_len, uint8_t *out,
                 size_t *len)
{
    if (data_len > *len)
        return CKR_BUFFER_TOO_SMALL;
    memcpy(out, data, data_len);
    *len = data_len;
    return CKR_OK;
}

/* Tag and length, then the data: at most 255 octets. */
static CK_RV put_tagged(uint8_t tag, const uint8_t *data, size_t data_len,
                        uint8_t *out, size_t *len)
{
    size_t head = data_len < 128 ? 2 : 3;

    if (data_len > 255 || head + data_len > *len)
        return CKR_BUFFER_TOO_SMALL;
    memmove(out + head, data, data_len);
    out[0] = tag;
    out[1] = head == 2 ? (uint8_t)data_len : 0x81;
    if (head == 3)
        out[2] = (uint8_t)data_len;
    *len = head + data_len;
    return CKR_OK;
}

static CK_RV write_explicit(const struct curve *curve, uint8_t *out,
                            size_t *len)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(rsa_libctx(), NULL,
                                                    OBJ_sn2nid(curve->name));
    CK_RV rv = CKR_FUNCTION_FAILED;
    int size;

    if (group != NULL) {
        EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
        size = i2d_ECPKParameters(group, NULL);
        if (size > 0 && (size_t)size <= *len &&
            i2d_ECPKParameters(group, &out) == size) {
            *len = (size_t)size;
            rv = CKR_OK;
        }
    }
    EC_GROUP_free(group);
    return rv;
}

CK_RV curve_write_params(const struct curve *curve, uint8_t *out, size_t *len)
{
    const uint8_t *name = (const uint8_t *)curve->printable;
    unsigned form = fault_conf()->ec_params;

    if (form == FAULT_PARAMS_EXPLICIT && curve->type == CKK_EC)
        return write_explicit(curve, out, len);
    if (form == FAULT_PARAMS_NAME)
        return put_tagged(PRINTABLE, name, strlen(curve->printable), out, len);
    return put(curve->oid, (size_t)curve->oid[1] + 2, out, len);
}

CK_RV curve_write_point(const struct curve *curve, const uint8_t *point,
                        size_t point_len, uint8_t *out, size_t *len)
{
    unsigned form = fault_conf()->ec_point;
    uint8_t compressed[CURVE_POINT_MAX];

    if (form == FAULT_POINT_RAW)
        return put(point, point_len, out, len);
    if (form == FAULT_POINT_COMPRESSED && curve->type == CKK_EC &&
        point_len == 2 * curve->size + 1) {
        compressed[0] = point[point_len - 1] % 2 == 0 ? 2 : 3;
        memcpy(compressed + 1, point + 1, curve->size);
        point = compressed;
        point_len = curve->size + 1;
    }
    return put_tagged(OCTET_STRING, point, point_len, out, len);
}

/* A raw point and a wrapped one may both begin with 4: the lengths tell. */
const uint8_t *curve_read_point(const struct curve *curve, const uint8_t *point,
                                size_t *len)
{
    size_t raw = curve->type == CKK_EC ? 2 * curve->size + 1 : curve->size;
    size_t head = *len > 2 && point[1] == 0x81 ? 3 : 2;

    if (*len == raw || *len < head || point[0] != OCTET_STRING)
        return point;
    *len -= head;
    return point + head;
}
