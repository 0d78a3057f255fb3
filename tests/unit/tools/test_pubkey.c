/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as attributes, against published keys. */
#include "tools/pubkey.h"

#include <openssl/bn.h>
#include <openssl/x509.h>
#include <string.h>

#include "unit.h"

static const CK_ATTRIBUTE *find(const struct tool_pubkey_attrs *attrs,
                                CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < attrs->count; i++) {
        if (attrs->attrs[i].type == type)
            return &attrs->attrs[i];
    }
    return NULL;
}

static int has(const struct tool_pubkey_attrs *attrs, CK_ATTRIBUTE_TYPE type,
               const char *hex)
{
    const CK_ATTRIBUTE *attr = find(attrs, type);
    uint8_t expected[512];
    size_t len = unit_hex(hex, expected, sizeof(expected));

    return attr != NULL && attr->ulValueLen == len &&
           memcmp(attr->pValue, expected, len) == 0;
}

static int is_type(const struct tool_pubkey_attrs *attrs, CK_KEY_TYPE type)
{
    const CK_ATTRIBUTE *attr = find(attrs, CKA_KEY_TYPE);

    return attr != NULL && attr->ulValueLen == sizeof(type) &&
           memcmp(attr->pValue, &type, sizeof(type)) == 0;
}

static EVP_PKEY *from_der(const char *hex)
{
    uint8_t der[512];
    const unsigned char *at = der;
    size_t len = unit_hex(hex, der, sizeof(der));
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
    return pkey;
}

/* RFC 8410, 10.1. */
static void an_edwards_key_is_a_string_of_octets(void)
{
#define ED "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
    EVP_PKEY *pkey = from_der("302a300506032b6570032100" ED);
    struct tool_pubkey_attrs attrs;

    CU_ASSERT_TRUE(tool_pubkey_attrs(pkey, &attrs));
    CU_ASSERT_TRUE(is_type(&attrs, 0x40));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_PARAMS, "06032b6570"));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_POINT, "0420" ED));
    CU_ASSERT_TRUE(has(&attrs, CKA_VERIFY, "01"));
    CU_ASSERT_PTR_NULL(find(&attrs, CKA_DERIVE));
    EVP_PKEY_free(pkey);
}

/* RFC 7748, 6.1: Alice's public key. */
static void a_montgomery_key_derives(void)
{
#define X "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    EVP_PKEY *pkey = from_der("302a300506032b656e032100" X);
    struct tool_pubkey_attrs attrs;

    CU_ASSERT_TRUE(tool_pubkey_attrs(pkey, &attrs));
    CU_ASSERT_TRUE(is_type(&attrs, 0x41));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_PARAMS, "06032b656e"));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_POINT, "0420" X));
    CU_ASSERT_TRUE(has(&attrs, CKA_DERIVE, "01"));
    CU_ASSERT_PTR_NULL(find(&attrs, CKA_VERIFY));
    EVP_PKEY_free(pkey);
}

/* RFC 6979, A.2.5: the public key of P-256. */
static void a_curve_is_named(void)
{
#define UX "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define UY "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    EVP_PKEY *pkey = from_der("3059301306072a8648ce3d020106082a8648ce3d03010703"
                              "420004" UX UY);
    struct tool_pubkey_attrs attrs;

    CU_ASSERT_TRUE(tool_pubkey_attrs(pkey, &attrs));
    CU_ASSERT_TRUE(is_type(&attrs, CKK_EC));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_PARAMS, "06082a8648ce3d030107"));
    CU_ASSERT_TRUE(has(&attrs, CKA_EC_POINT, "044104" UX UY));
    CU_ASSERT_TRUE(has(&attrs, CKA_VERIFY, "01"));
    EVP_PKEY_free(pkey);
}

static void an_rsa_key_is_two_numbers(void)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024), *other;
    struct tool_pubkey_attrs attrs;
    BIGNUM *n = NULL, *value;

    CU_ASSERT_TRUE(tool_pubkey_attrs(pkey, &attrs));
    CU_ASSERT_TRUE(is_type(&attrs, CKK_RSA));
    CU_ASSERT_TRUE(has(&attrs, CKA_PUBLIC_EXPONENT, "010001"));
    CU_ASSERT_EQUAL(EVP_PKEY_get_bn_param(pkey, "n", &n), 1);
    value = BN_bin2bn(find(&attrs, CKA_MODULUS)->pValue,
                      (int)find(&attrs, CKA_MODULUS)->ulValueLen, NULL);
    CU_ASSERT_EQUAL(BN_cmp(n, value), 0);
    CU_ASSERT_TRUE(has(&attrs, CKA_VERIFY, "01"));
    CU_ASSERT_TRUE(has(&attrs, CKA_ENCRYPT, "01"));
    BN_free(value);
    BN_free(n);
    EVP_PKEY_free(pkey);

    other = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    if (other != NULL)
        CU_ASSERT_FALSE(tool_pubkey_attrs(other, &attrs));
    EVP_PKEY_free(other);
}

UNIT_MAIN("tools/pubkey", UNIT(an_edwards_key_is_a_string_of_octets),
          UNIT(a_montgomery_key_derives), UNIT(a_curve_is_named),
          UNIT(an_rsa_key_is_two_numbers))
