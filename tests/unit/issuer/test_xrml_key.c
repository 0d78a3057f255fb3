/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings of public keys, against libcrypto's. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_key.h"
#include "unit.h"

static size_t encoded(EVP_PKEY *key, const char *structure, uint8_t *out,
                      size_t size)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        key, EVP_PKEY_PUBLIC_KEY, "DER", structure, NULL);
    size_t left = size;

    CU_ASSERT_EQUAL(OSSL_ENCODER_to_data(ctx, &out, &left), 1);
    OSSL_ENCODER_CTX_free(ctx);
    return size - left;
}

static void encodings_are_those_of_libcrypto(void)
{
    static const unsigned sizes[] = {512, 1016, 1024, 1032, 2048, 3072};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        EVP_PKEY *pkey = EVP_RSA_gen(sizes[i]);
        uint8_t theirs[XRML_DER_MAX];
        uint8_t ours[XRML_DER_MAX];
        uint8_t modulus[XRML_MODULUS_MAX];
        uint8_t hash[32];
        uint8_t wanted[32];
        struct xrml_key back;
        BIGNUM *n = NULL;
        CU_ASSERT_EQUAL_FATAL(
            EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
        struct xrml_key key = {.modulus = modulus,
                               .modulus_len = (size_t)BN_bn2bin(n, modulus),
                               .exponent = 65537};
        CU_ASSERT_EQUAL(xrml_key_bits(&key), sizes[i]);
        size_t len =
            encoded(pkey, "SubjectPublicKeyInfo", theirs, sizeof(theirs));
        CU_ASSERT_EQUAL(xrml_key_print(&key, XRML_SPKI, ours), len);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, len), 0);
        CU_ASSERT_TRUE(xrml_key_parse(theirs, len, XRML_SPKI, &back));
        CU_ASSERT_TRUE(xrml_key_same(&key, &back));
        CU_ASSERT_EQUAL(xrml_key_hash(&key, hash, NULL), ISS_OK);
        CU_ASSERT_EQUAL(
            EVP_Digest(theirs, len, wanted, NULL, EVP_sha256(), NULL), 1);
        CU_ASSERT_EQUAL(memcmp(hash, wanted, 32), 0);
        len = encoded(pkey, "pkcs1", theirs, sizeof(theirs));
        CU_ASSERT_EQUAL(xrml_key_print(&key, XRML_RSA_PUBLIC_KEY, ours), len);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, len), 0);
        for (size_t at = 0; at < len; at++) {
            bool changed = false;
            theirs[at] ^= 0x80;
            changed = xrml_key_parse(theirs, len, XRML_RSA_PUBLIC_KEY, &back) &&
                      xrml_key_same(&key, &back);
            CU_ASSERT_FALSE(changed);
            theirs[at] ^= 0x80;
            CU_ASSERT_FALSE(
                xrml_key_parse(theirs, at, XRML_RSA_PUBLIC_KEY, &back));
        }
        BN_free(n);
        EVP_PKEY_free(pkey);
    }
}

/* SEQUENCE of two INTEGERs that are no key, or not in their one form. */
static void other_encodings_are_refused(void)
{
    uint8_t der[XRML_DER_MAX];
    uint8_t modulus[64];
    struct xrml_key key = {
        .modulus = modulus, .modulus_len = 64, .exponent = 65537};
    struct xrml_key back;

    memset(modulus, 0x5b, sizeof(modulus));
    size_t len = xrml_key_print(&key, XRML_RSA_PUBLIC_KEY, der);
    CU_ASSERT_TRUE(xrml_key_parse(der, len, XRML_RSA_PUBLIC_KEY, &back));
    CU_ASSERT_FALSE(xrml_key_parse(der, len + 1, XRML_RSA_PUBLIC_KEY, &back));
    CU_ASSERT_FALSE(xrml_key_parse(der, len, XRML_SPKI, &back));
    modulus[63] = 0x5a; /* even */
    len = xrml_key_print(&key, XRML_RSA_PUBLIC_KEY, der);
    CU_ASSERT_FALSE(xrml_key_parse(der, len, XRML_RSA_PUBLIC_KEY, &back));
    modulus[63] = 0x5b;
    key.exponent = 1;
    len = xrml_key_print(&key, XRML_RSA_PUBLIC_KEY, der);
    CU_ASSERT_FALSE(xrml_key_parse(der, len, XRML_RSA_PUBLIC_KEY, &back));
    key.exponent = 65537;
    key.modulus_len = 63;
    len = xrml_key_print(&key, XRML_RSA_PUBLIC_KEY, der);
    CU_ASSERT_FALSE(xrml_key_parse(der, len, XRML_RSA_PUBLIC_KEY, &back));
}

static void what_is_no_key_has_no_spki(void)
{
    struct xrml_key none = {.modulus = NULL};
    uint8_t *der = NULL;
    uint8_t hash[32];
    size_t len = 0;

    CU_ASSERT_EQUAL(xrml_key_spki(&none, &der, &len, NULL), ISS_MALFORMED);
    CU_ASSERT_PTR_NULL(der);
    CU_ASSERT_EQUAL(xrml_key_hash(&none, hash, NULL), ISS_MALFORMED);
}

UNIT_MAIN("xrml_key", UNIT(encodings_are_those_of_libcrypto),
          UNIT(other_encodings_are_refused), UNIT(what_is_no_key_has_no_spki))
