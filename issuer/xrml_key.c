/* SPDX-License-Identifier: Apache-2.0 */
/* RSA public numbers: see xrml_key.h. */
#include "xrml_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "xrml_hash.h"

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_SEQUENCE = 0x30 };

/* SEQUENCE { rsaEncryption, NULL }, RFC 8017 A.1 */
static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a,
                                    0x86, 0x48, 0x86, 0xf7, 0x0d,
                                    0x01, 0x01, 0x01, 0x05, 0x00};

bool xrml_key_plausible(const struct xrml_key *key)
{
    return key->modulus != NULL && key->modulus_len >= XRML_MODULUS_MIN &&
           key->modulus_len <= XRML_MODULUS_MAX && key->modulus[0] != 0 &&
           key->modulus[key->modulus_len - 1] % 2 == 1 && key->exponent > 1 &&
           key->exponent % 2 == 1;
}

size_t xrml_key_bits(const struct xrml_key *key)
{
    size_t bits = key->modulus_len * 8;

    for (unsigned top = key->modulus[0]; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

bool xrml_key_same(const struct xrml_key *a, const struct xrml_key *b)
{
    return a->modulus != NULL && b->modulus != NULL &&
           a->exponent == b->exponent && a->modulus_len == b->modulus_len &&
           memcmp(a->modulus, b->modulus, a->modulus_len) == 0;
}

/* ---- DER, written from its end to its beginning ---------------------------
 */

struct der {
    uint8_t octets[XRML_DER_MAX];
    size_t at;
};

static void put(struct der *der, const uint8_t *octets, size_t len)
{
    der->at -= len;
    memcpy(der->octets + der->at, octets, len);
}

static void put_octet(struct der *der, size_t octet)
{
    der->octets[--der->at] = (uint8_t)octet;
}

/* Wraps what was written since end. */
static void put_header(struct der *der, uint8_t tag, size_t end)
{
    size_t len = end - der->at;

    put_octet(der, len & 0xff);
    if (len > 0xff) {
        put_octet(der, len >> 8);
        put_octet(der, 0x82);
    } else if (len > 0x7f) {
        put_octet(der, 0x81);
    }
    put_octet(der, tag);
}

static void put_integer(struct der *der, const uint8_t *octets, size_t len)
{
    size_t end = der->at;

    while (len > 1 && octets[0] == 0) {
        octets++;
        len--;
    }
    put(der, octets, len);
    if (octets[0] >= 0x80)
        put_octet(der, 0);
    put_header(der, DER_INTEGER, end);
}

size_t xrml_key_print(const struct xrml_key *key, enum xrml_key_form form,
                      uint8_t out[static XRML_DER_MAX])
{
    struct der der = {.at = XRML_DER_MAX};
    const uint8_t exponent[4] = {
        (uint8_t)(key->exponent >> 24), (uint8_t)(key->exponent >> 16),
        (uint8_t)(key->exponent >> 8), (uint8_t)key->exponent};

    put_integer(&der, exponent, sizeof(exponent));
    put_integer(&der, key->modulus, key->modulus_len);
    put_header(&der, DER_SEQUENCE, XRML_DER_MAX);
    if (form == XRML_SPKI) {
        put_octet(&der, 0);
        put_header(&der, DER_BIT_STRING, XRML_DER_MAX);
        put(&der, algorithm, sizeof(algorithm));
        put_header(&der, DER_SEQUENCE, XRML_DER_MAX);
    }
    size_t len = XRML_DER_MAX - der.at;
    memcpy(out, der.octets + der.at, len);
    return len;
}

/* ---- and read --------------------------------------------------------------
 */

struct reader {
    const uint8_t *at, *end;
};

/* Enters a value of the tag; what it holds in *inner, the rest in *in. */
static bool take(struct reader *in, uint8_t tag, struct reader *inner)
{
    size_t len = 0;
    size_t octets = 0;

    if (in->end - in->at < 2 || in->at[0] != tag)
        return false;
    len = in->at[1];
    in->at += 2;
    if (len > 0x80) {
        octets = len & 0x7f;
        len = 0;
        if (octets > 2 || (size_t)(in->end - in->at) < octets)
            return false;
        while (octets-- > 0)
            len = len << 8 | *in->at++;
    }
    if ((size_t)(in->end - in->at) < len)
        return false;
    *inner = (struct reader){in->at, in->at + len};
    in->at += len;
    return true;
}

static bool enter_spki(struct reader *in)
{
    struct reader spki;
    struct reader bits;
    size_t len = sizeof(algorithm);

    if (!take(in, DER_SEQUENCE, &spki) || (size_t)(spki.end - spki.at) < len ||
        memcmp(spki.at, algorithm, len) != 0)
        return false;
    spki.at += len;
    if (!take(&spki, DER_BIT_STRING, &bits) || bits.at == bits.end)
        return false;
    *in = (struct reader){bits.at + 1, bits.end};
    return true;
}

bool xrml_key_parse(const uint8_t *der, size_t len, enum xrml_key_form form,
                    struct xrml_key *key)
{
    struct reader in = {der, der + len};
    struct reader numbers;
    struct reader modulus;
    struct reader exponent;
    uint8_t again[XRML_DER_MAX];

    if (form == XRML_SPKI && !enter_spki(&in))
        return false;
    if (!take(&in, DER_SEQUENCE, &numbers) ||
        !take(&numbers, DER_INTEGER, &modulus) ||
        !take(&numbers, DER_INTEGER, &exponent))
        return false;
    while (modulus.at < modulus.end && *modulus.at == 0)
        modulus.at++;
    if (exponent.end - exponent.at > 5)
        return false;
    *key = (struct xrml_key){.modulus = modulus.at,
                             .modulus_len = (size_t)(modulus.end - modulus.at)};
    while (exponent.at < exponent.end)
        key->exponent = key->exponent << 8 | *exponent.at++;
    /* Everything that was not looked at differs from the one encoding. */
    return xrml_key_plausible(key) && xrml_key_print(key, form, again) == len &&
           memcmp(again, der, len) == 0;
}

/* ---- façade ----------------------------------------------------------------
 */

enum iss_status xrml_key_spki(const struct xrml_key *key, uint8_t **out,
                              size_t *out_len, struct iss_error *error)
{
    *out = NULL;
    if (!xrml_key_plausible(key))
        return iss_fail(error, ISS_MALFORMED, "RSA key: not a public key");
    uint8_t *der = malloc(XRML_DER_MAX);
    if (der == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    *out_len = xrml_key_print(key, XRML_SPKI, der);
    *out = der;
    return ISS_OK;
}

enum iss_status xrml_key_hash(const struct xrml_key *key,
                              uint8_t hash[static 32], struct iss_error *error)
{
    uint8_t der[XRML_DER_MAX];

    if (!xrml_key_plausible(key))
        return iss_fail(error, ISS_MALFORMED, "RSA key: not a public key");
    if (!xrml_hash(XRML_SHA256, der, xrml_key_print(key, XRML_SPKI, der), hash))
        return iss_fail(error, ISS_INTERNAL, "libcrypto has no SHA-256");
    return ISS_OK;
}

enum iss_status xrml_key_pkey(OSSL_LIB_CTX *libctx, const struct xrml_key *key,
                              EVP_PKEY **out, struct iss_error *error)
{
    enum iss_status status = ISS_INTERNAL;
    BIGNUM *n = NULL;
    OSSL_PARAM_BLD *builder = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = NULL;

    *out = NULL;
    if (!xrml_key_plausible(key))
        return iss_fail(error, ISS_MALFORMED, "RSA key: not a public key");
    n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
    builder = OSSL_PARAM_BLD_new();
    if (n == NULL || builder == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_uint32(builder, OSSL_PKEY_PARAM_RSA_E,
                                   key->exponent) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(builder);
    ctx = EVP_PKEY_CTX_new_from_name(libctx, "RSA", "?provider=default");
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
        goto out;
    status = ISS_OK;
out:
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    if (status != ISS_OK)
        (void)iss_fail(error, status, "libcrypto refuses an RSA public key");
    return status;
}
