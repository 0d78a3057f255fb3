/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of curves and points in tokens. */
#include "curve.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <string.h>
#include <strings.h>

enum {
    TAG_BITS = 0x03,
    TAG_OCTETS = 0x04,
    TAG_OID = 0x06,
    TAG_PRINTABLE = 0x13,
    NAME_MAX_LEN = 40
};

/* Names that OpenSSL's tables of objects lack. */
static const struct {
    const char *name;
    int nid;
} names[] = {
    {"secp256r1", NID_X9_62_prime256v1}, {"secp192r1", NID_X9_62_prime192v1},
    {"edwards25519", NID_ED25519},       {"edwards448", NID_ED448},
    {"curve25519", NID_X25519},          {"curve448", NID_X448}};

/* Identifiers from the time before RFC 8410. */
static const struct {
    uint8_t der[13], len;
    int nid;
} old[] = {
    {{0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01},
     11,
     NID_ED25519},
    {{0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01},
     12,
     NID_X25519}};

int prov_curve_named(const char *name)
{
    int nid = EC_curve_nist2nid(name);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && nid == NID_undef;
         i++) {
        if (strcasecmp(names[i].name, name) == 0)
            nid = names[i].nid;
    }
    if (nid == NID_undef)
        nid = OBJ_sn2nid(name);
    return nid != NID_undef ? nid : OBJ_ln2nid(name);
}

static int nid_of_text(const uint8_t *der, size_t len)
{
    char name[NAME_MAX_LEN + 1] = "";

    if (len < 2 || der[1] != len - 2 || len - 2 > NAME_MAX_LEN)
        return NID_undef;
    memcpy(name, der + 2, len - 2);
    return prov_curve_named(name);
}

static int nid_of_identifier(const uint8_t *der, size_t len)
{
    ASN1_OBJECT *object;
    int nid;

    for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        if (len == old[i].len && memcmp(der, old[i].der, len) == 0)
            return old[i].nid;
    }
    object = d2i_ASN1_OBJECT(NULL, &der, (long)len);
    nid = object != NULL ? OBJ_obj2nid(object) : NID_undef;
    ASN1_OBJECT_free(object);
    return nid;
}

static int nid_of_numbers(const uint8_t *der, size_t len)
{
    EC_GROUP *group = d2i_ECPKParameters(NULL, &der, (long)len);
    int nid = NID_undef;

    if (group != NULL)
        nid = EC_GROUP_check_named_curve(group, 0, NULL);
    EC_GROUP_free(group);
    return nid;
}

int prov_curve_nid(const CK_ATTRIBUTE *attr)
{
    const uint8_t *der = attr != NULL ? attr->pValue : NULL;
    size_t len = attr != NULL ? attr->ulValueLen : 0;

    if (len < 2)
        return NID_undef;
    if (der[0] == TAG_PRINTABLE)
        return nid_of_text(der, len);
    return der[0] == TAG_OID ? nid_of_identifier(der, len)
                             : nid_of_numbers(der, len);
}

const char *prov_curve_name(int nid)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);

    EC_GROUP_free(group);
    return group != NULL ? OSSL_EC_curve_nid2name(nid) : NULL;
}

size_t prov_curve_field(int nid)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    int bits = group != NULL ? EC_GROUP_get_degree(group) : 0;

    EC_GROUP_free(group);
    return bits > 0 ? (size_t)(bits + 7) / 8 : 0;
}

int prov_curve_bits(int nid)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    int bits = group != NULL ? EC_GROUP_order_bits(group) : 0;

    EC_GROUP_free(group);
    return bits;
}

unsigned long prov_curve_cofactor(int nid)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    const BIGNUM *cofactor =
        group != NULL ? EC_GROUP_get0_cofactor(group) : NULL;
    unsigned long value = cofactor != NULL ? BN_get_word(cofactor) : 0;

    EC_GROUP_free(group);
    return value;
}

size_t prov_curve_der(int nid, uint8_t out[static PROV_CURVE_DER_MAX])
{
    const ASN1_OBJECT *object = OBJ_nid2obj(nid);
    int len = object != NULL ? i2d_ASN1_OBJECT(object, NULL) : 0;

    return len > 0 && len <= PROV_CURVE_DER_MAX
               ? (size_t)i2d_ASN1_OBJECT(object, &out)
               : 0;
}

bool prov_curve_octets(const CK_ATTRIBUTE *attr, size_t len, size_t len2,
                       const uint8_t **out, size_t *out_len)
{
    const uint8_t *p = attr != NULL ? attr->pValue : NULL;
    size_t n = attr != NULL ? attr->ulValueLen : 0, skip = 2;

    /* No length of a point is that of another with a string around it. */
    if (n != len && n != len2 && n > 3) {
        if (p[0] != TAG_OCTETS && p[0] != TAG_BITS)
            return false;
        if (p[1] == 0x81)
            skip++;
        if (p[skip - 1] != n - skip)
            return false;
        if (p[0] == TAG_BITS && p[skip++] != 0)
            return false;
        p += skip;
        n -= skip;
    }
    *out = p;
    *out_len = n;
    return n != 0 && (n == len || n == len2);
}

size_t prov_curve_point(int nid, const uint8_t *in, size_t len,
                        uint8_t out[static PROV_POINT_MAX])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    size_t n = 0;

    if (point != NULL && EC_POINT_oct2point(group, point, in, len, NULL) == 1 &&
        EC_POINT_is_at_infinity(group, point) == 0)
        n = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                               PROV_POINT_MAX, NULL);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return n;
}
