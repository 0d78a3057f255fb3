/* SPDX-License-Identifier: Apache-2.0 */
/* Curves and points in every form that tokens give them. */
#include "curve.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "unit.h"

static int nid_of(const void *der, size_t len)
{
    const CK_ATTRIBUTE attr = {CKA_EC_PARAMS, (void *)(uintptr_t)der, len};

    return prov_curve_nid(&attr);
}

/* RFC 5480, RFC 8410; the names of PKCS#11 3.0. */
static void identifiers_and_names_are_curves(void)
{
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07};
    static const uint8_t p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
    static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
    static const uint8_t old[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x04,
                                  0x01, 0xda, 0x47, 0x0f, 0x01};
    static const char edwards[] = "\x13\x0c"
                                  "edwards25519";
    static const char montgomery[] = "\x13\x08"
                                     "curve448";
    static const char secp[] = "\x13\x09"
                               "secp256r1";
    static const uint8_t cut[] = {0x06, 0x08, 0x2a, 0x86};
    static const uint8_t null[] = {0x05, 0x00};

    CU_ASSERT_EQUAL(nid_of(p256, sizeof(p256)), NID_X9_62_prime256v1);
    CU_ASSERT_EQUAL(nid_of(p384, sizeof(p384)), NID_secp384r1);
    CU_ASSERT_EQUAL(nid_of(ed25519, sizeof(ed25519)), NID_ED25519);
    CU_ASSERT_EQUAL(nid_of(old, sizeof(old)), NID_ED25519);
    CU_ASSERT_EQUAL(nid_of(edwards, sizeof(edwards) - 1), NID_ED25519);
    CU_ASSERT_EQUAL(nid_of(montgomery, sizeof(montgomery) - 1), NID_X448);
    CU_ASSERT_EQUAL(nid_of(secp, sizeof(secp) - 1), NID_X9_62_prime256v1);
    CU_ASSERT_EQUAL(nid_of(secp, sizeof(secp) - 2), NID_undef);
    CU_ASSERT_EQUAL(nid_of(cut, sizeof(cut)), NID_undef);
    CU_ASSERT_EQUAL(nid_of(null, sizeof(null)), NID_undef);
    CU_ASSERT_EQUAL(nid_of(null, 0), NID_undef);
    CU_ASSERT_EQUAL(prov_curve_nid(NULL), NID_undef);
}

static void explicit_numbers_of_a_named_curve_are_that_curve(void)
{
    static const int nids[] = {NID_X9_62_prime256v1, NID_secp521r1,
                               NID_brainpoolP256t1};

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        EC_GROUP *group = EC_GROUP_new_by_curve_name(nids[i]);
        uint8_t *der = NULL;
        int len;

        EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
        len = i2d_ECPKParameters(group, &der);
        CU_ASSERT_TRUE_FATAL(len > 20);
        CU_ASSERT_EQUAL(nid_of(der, (size_t)len), nids[i]);
        CU_ASSERT_EQUAL(nid_of(der, (size_t)len - 1), NID_undef);
        OPENSSL_free(der);
        EC_GROUP_free(group);
    }
}

static void a_curve_is_known_by_its_names(void)
{
    uint8_t der[PROV_CURVE_DER_MAX];

    CU_ASSERT_EQUAL(prov_curve_named("P-256"), NID_X9_62_prime256v1);
    CU_ASSERT_EQUAL(prov_curve_named("prime256v1"), NID_X9_62_prime256v1);
    CU_ASSERT_EQUAL(prov_curve_named("secp256r1"), NID_X9_62_prime256v1);
    CU_ASSERT_EQUAL(prov_curve_named("brainpoolP512r1"), NID_brainpoolP512r1);
    CU_ASSERT_EQUAL(prov_curve_named("P-257"), NID_undef);
    CU_ASSERT_STRING_EQUAL(prov_curve_name(NID_secp521r1), "secp521r1");
    CU_ASSERT_PTR_NULL(prov_curve_name(NID_ED25519));
    CU_ASSERT_EQUAL(prov_curve_field(NID_secp521r1), 66);
    CU_ASSERT_EQUAL(prov_curve_bits(NID_secp521r1), 521);
    CU_ASSERT_EQUAL(prov_curve_cofactor(NID_secp521r1), 1);
    CU_ASSERT_EQUAL(prov_curve_cofactor(NID_sect283k1), 4);
    CU_ASSERT_EQUAL(prov_curve_field(NID_undef), 0);
    CU_ASSERT_EQUAL(prov_curve_der(NID_ED448, der), 5);
    CU_ASSERT_EQUAL(nid_of(der, 5), NID_ED448);
}

static void octets_come_with_a_string_or_without(void)
{
    uint8_t raw[32], octets[34] = {0x04, 32}, bits[35] = {0x03, 33, 0};
    uint8_t longer[136] = {0x04, 0x81, 133};
    struct {
        const uint8_t *data;
        size_t len, want;
        bool ok;
    } rows[] = {{raw, 32, 32, true},       {octets, 34, 32, true},
                {bits, 35, 32, true},      {longer, 136, 133, true},
                {raw, 31, 32, false},      {octets, 33, 32, false},
                {longer, 135, 133, false}, {raw, 0, 32, false}};

    memset(raw, 0x42, sizeof(raw));
    memset(octets + 2, 0x42, 32);
    memset(bits + 3, 0x42, 32);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const CK_ATTRIBUTE attr = {
            CKA_EC_POINT, (void *)(uintptr_t)rows[i].data, rows[i].len};
        const uint8_t *out;
        size_t len;

        CU_ASSERT_EQUAL(
            prov_curve_octets(&attr, rows[i].want, rows[i].want, &out, &len),
            rows[i].ok);
        if (rows[i].ok)
            CU_ASSERT_EQUAL(len, rows[i].want);
    }
}

/* SEC 2: the generator of secp256k1. */
static void points_are_uncompressed_and_checked(void)
{
    static const uint8_t g[] = {
        0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0,
        0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d,
        0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    static const uint8_t y[] = {0x48, 0x3a, 0xda, 0x77, 0x26, 0xa3, 0xc4, 0x65,
                                0x5d, 0xa4, 0xfb, 0xfc, 0x0e, 0x11, 0x08, 0xa8,
                                0xfd, 0x17, 0xb4, 0x48, 0xa6, 0x85, 0x54, 0x19,
                                0x9c, 0x47, 0xd0, 0x8f, 0xfb, 0x10, 0xd4, 0xb8};
    static const uint8_t infinity[] = {0x00};
    uint8_t out[PROV_POINT_MAX], again[PROV_POINT_MAX];

    CU_ASSERT_EQUAL_FATAL(prov_curve_point(NID_secp256k1, g, sizeof(g), out),
                          65);
    CU_ASSERT_EQUAL(out[0], 0x04);
    CU_ASSERT_EQUAL(memcmp(out + 1, g + 1, 32), 0);
    CU_ASSERT_EQUAL(memcmp(out + 33, y, 32), 0);
    CU_ASSERT_EQUAL(prov_curve_point(NID_secp256k1, out, 65, again), 65);
    out[64] ^= 1;
    CU_ASSERT_EQUAL(prov_curve_point(NID_secp256k1, out, 65, again), 0);
    CU_ASSERT_EQUAL(prov_curve_point(NID_secp256k1, infinity, 1, again), 0);
    CU_ASSERT_EQUAL(prov_curve_point(NID_undef, g, sizeof(g), again), 0);
}

UNIT_MAIN("provider/curve", UNIT(identifiers_and_names_are_curves),
          UNIT(explicit_numbers_of_a_named_curve_are_that_curve),
          UNIT(a_curve_is_known_by_its_names),
          UNIT(octets_come_with_a_string_or_without),
          UNIT(points_are_uncompressed_and_checked))
