/* SPDX-License-Identifier: Apache-2.0 */
/* Owns signing, verifying and agreeing with keys on curves. */
#include "curve.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

enum { DER_MAX = 256 };

static size_t half_of(EVP_PKEY *key)
{
    return (size_t)(EVP_PKEY_get_bits(key) + 7) / 8;
}

size_t curve_signature_size(EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "EC") ? 2 * half_of(key)
                                    : (size_t)EVP_PKEY_get_size(key);
}

/* ---- ECDSA ------------------------------------------------------------- */

static CK_RV ecdsa_sign(EVP_PKEY *key, const uint8_t *data, size_t data_len,
                        uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), key, NULL);
    size_t half = half_of(key), der_len = DER_MAX;
    uint8_t der[DER_MAX];
    const uint8_t *at = der;
    ECDSA_SIG *sig = NULL;
    CK_RV rv = CKR_FUNCTION_FAILED;

    if (*len < 2 * half) {
        rv = CKR_BUFFER_TOO_SMALL;
        goto out;
    }
    if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_sign(ctx, der, &der_len, data, data_len) != 1)
        goto out;
    sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    if (sig != NULL &&
        BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)half) > 0 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int)half) > 0) {
        *len = 2 * half;
        rv = CKR_OK;
    }
out:
    ECDSA_SIG_free(sig);
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

static CK_RV ecdsa_verify(EVP_PKEY *key, const uint8_t *data, size_t data_len,
                          const uint8_t *sig, size_t sig_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), key, NULL);
    ECDSA_SIG *both = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig, (int)(sig_len / 2), NULL);
    BIGNUM *s = BN_bin2bn(sig + sig_len / 2, (int)(sig_len / 2), NULL);
    uint8_t *der = NULL;
    int der_len;
    CK_RV rv = CKR_SIGNATURE_INVALID;

    if (ctx == NULL || both == NULL || r == NULL || s == NULL ||
        ECDSA_SIG_set0(both, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        rv = CKR_HOST_MEMORY;
        goto out;
    }
    der_len = i2d_ECDSA_SIG(both, &der);
    if (der_len > 0 && EVP_PKEY_verify_init(ctx) == 1 &&
        EVP_PKEY_verify(ctx, der, (size_t)der_len, data, data_len) == 1)
        rv = CKR_OK;
out:
    OPENSSL_free(der);
    ECDSA_SIG_free(both);
    EVP_PKEY_CTX_free(ctx);
    return rv;
}

/* ---- EdDSA ------------------------------------------------------------- */

/* The name of the variant, where it is not the pure one; libcrypto knows the
 * others since 3.2. */
static const char *instance_of(EVP_PKEY *key, const struct curve_use *use)
{
    if (EVP_PKEY_is_a(key, "ED448"))
        return use->hashed ? "Ed448ph" : "Ed448";
    if (use->hashed)
        return "Ed25519ph";
    return use->context_len > 0 ? "Ed25519ctx" : "Ed25519";
}

/* Returns new, or NULL where libcrypto has not got the variant. */
static EVP_MD_CTX *eddsa_start(EVP_PKEY *key, const struct curve_use *use,
                               bool signing)
{
    static const char instance[] = "instance", context[] = "context-string";
    char name[16] = "";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(instance, name, sizeof(name)),
        OSSL_PARAM_construct_octet_string(
            context,
            use->context_len > 0 ? (void *)(uintptr_t)use->context : name,
            use->context_len),
        OSSL_PARAM_construct_end()};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = ctx != NULL;

    /* Its length is part of the parameter. */
    params[0].data_size =
        OPENSSL_strlcpy(name, instance_of(key, use), sizeof(name));
    if (good && signing)
        good = EVP_DigestSignInit_ex(ctx, &key_ctx, NULL, rsa_libctx(), NULL,
                                     key, NULL) == 1;
    else if (good)
        good = EVP_DigestVerifyInit_ex(ctx, &key_ctx, NULL, rsa_libctx(), NULL,
                                       key, NULL) == 1;
    if (good && (use->hashed || use->context_len > 0)) {
        const OSSL_PARAM *known = EVP_PKEY_CTX_settable_params(key_ctx);

        good = known != NULL &&
               OSSL_PARAM_locate_const(known, instance) != NULL &&
               EVP_PKEY_CTX_set_params(key_ctx, params) == 1;
    }
    if (good)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

static CK_RV eddsa_sign(EVP_PKEY *key, const struct curve_use *use,
                        const uint8_t *data, size_t data_len, uint8_t *out,
                        size_t *len)
{
    EVP_MD_CTX *ctx = eddsa_start(key, use, true);
    CK_RV rv = CKR_FUNCTION_FAILED;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (EVP_DigestSign(ctx, out, len, data, data_len) == 1)
        rv = CKR_OK;
    EVP_MD_CTX_free(ctx);
    return rv;
}

static CK_RV eddsa_verify(EVP_PKEY *key, const struct curve_use *use,
                          const uint8_t *data, size_t data_len,
                          const uint8_t *sig, size_t sig_len)
{
    EVP_MD_CTX *ctx = eddsa_start(key, use, false);
    CK_RV rv = CKR_SIGNATURE_INVALID;

    if (ctx == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    if (EVP_DigestVerify(ctx, sig, sig_len, data, data_len) == 1)
        rv = CKR_OK;
    EVP_MD_CTX_free(ctx);
    return rv;
}

/* ---- both -------------------------------------------------------------- */

CK_RV curve_sign(EVP_PKEY *key, const struct curve_use *use,
                 const uint8_t *data, size_t data_len, uint8_t *out,
                 size_t *len)
{
    if (EVP_PKEY_is_a(key, "EC"))
        return ecdsa_sign(key, data, data_len, out, len);
    return eddsa_sign(key, use, data, data_len, out, len);
}

CK_RV curve_verify(EVP_PKEY *key, const struct curve_use *use,
                   const uint8_t *data, size_t data_len, const uint8_t *sig,
                   size_t sig_len)
{
    if (sig_len != curve_signature_size(key))
        return CKR_SIGNATURE_LEN_RANGE;
    if (EVP_PKEY_is_a(key, "EC"))
        return ecdsa_verify(key, data, data_len, sig, sig_len);
    return eddsa_verify(key, use, data, data_len, sig, sig_len);
}

/* A public key of the same kind. Returns new, or NULL. */
static EVP_PKEY *read_peer(EVP_PKEY *key, const uint8_t *peer, size_t len)
{
    EVP_PKEY *other = EVP_PKEY_new();

    if (other == NULL || EVP_PKEY_copy_parameters(other, key) != 1 ||
        EVP_PKEY_set1_encoded_public_key(other, peer, len) != 1) {
        EVP_PKEY_free(other);
        return NULL;
    }
    return other;
}

CK_RV curve_derive(EVP_PKEY *key, const uint8_t *peer, size_t peer_len,
                   uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(rsa_libctx(), key, NULL);
    EVP_PKEY *other = EVP_PKEY_is_a(key, "EC")
                          ? read_peer(key, peer, peer_len)
                          : EVP_PKEY_new_raw_public_key_ex(
                                rsa_libctx(), EVP_PKEY_get0_type_name(key),
                                NULL, peer, peer_len);
    CK_RV rv = CKR_MECHANISM_PARAM_INVALID;

    if (ctx != NULL && other != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
        EVP_PKEY_derive_set_peer(ctx, other) == 1)
        rv = EVP_PKEY_derive(ctx, out, len) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
    EVP_PKEY_free(other);
    EVP_PKEY_CTX_free(ctx);
    return rv;
}
