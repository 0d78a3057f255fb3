/* SPDX-License-Identifier: Apache-2.0 */
/* Trying a key of a token for real. */
#include "probe.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "key.h"

enum { HASH_LEN = 32, PREFIX_LEN = 19, SECRET_LEN = 24, OUTPUT_MAX = 1024 };

/* DER of DigestInfo for SHA-256 up to the hash: RFC 8017, section 9.2. */
static const uint8_t prefix[PREFIX_LEN] = {
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

static double milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The public half as a software key, from numbers alone. Returns new. */
static EVP_PKEY *public_half(struct p11_object *key)
{
    struct p11_object *other = NULL;
    const CK_ATTRIBUTE *n = p11_object_attr(key, CKA_MODULUS);
    const CK_ATTRIBUTE *e = p11_object_attr(key, CKA_PUBLIC_EXPONENT);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *modulus = NULL, *exponent = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY *out = NULL;

    if ((n == NULL || e == NULL) &&
        p11_object_find_public(key, &other) == CKR_OK) {
        n = p11_object_attr(other, CKA_MODULUS);
        e = p11_object_attr(other, CKA_PUBLIC_EXPONENT);
    }
    if (n == NULL || e == NULL || build == NULL || ctx == NULL)
        goto out;
    modulus = BN_bin2bn(n->pValue, (int)n->ulValueLen, NULL);
    exponent = BN_bin2bn(e->pValue, (int)e->ulValueLen, NULL);
    if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
        EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_PUBLIC_KEY, params) != 1)
        out = NULL;
out:
    OSSL_PARAM_free(params);
    BN_free(modulus);
    BN_free(exponent);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(build);
    p11_object_free(other);
    return out;
}

static bool verifies(EVP_PKEY *key, const uint8_t *hash, const uint8_t *sig,
                     size_t sig_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(ctx, sig, sig_len, hash, HASH_LEN) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* Another text each time: a token that repeats itself is found out. */
static enum iss_status sign_once(struct tool *tool, struct tool_device *device,
                                 struct p11_object *key, EVP_PKEY *public_key,
                                 double *took)
{
    const CK_MECHANISM mechanism = {.mechanism = CKM_RSA_PKCS};
    uint8_t info[PREFIX_LEN + HASH_LEN], sig[OUTPUT_MAX];
    size_t sig_len = sizeof(sig);
    double begun;
    CK_RV rv;

    memcpy(info, prefix, PREFIX_LEN);
    if (RAND_bytes(info + PREFIX_LEN, HASH_LEN) != 1)
        return tool_fail(tool, ISS_INTERNAL, "no random octets");
    begun = milliseconds();
    rv = p11_sign(key, &mechanism, info, sizeof(info), sig, &sig_len,
                  &device->callback);
    *took = milliseconds() - begun;
    if (rv != CKR_OK)
        return tool_device_fail(tool, device, p11_object_uri(key), rv, NULL);
    if (!verifies(public_key, info + PREFIX_LEN, sig, sig_len))
        return tool_fail(tool, ISS_TOKEN,
                         "%s: a signature of the token does not verify",
                         p11_object_uri(key));
    return ISS_OK;
}

static bool seal(EVP_PKEY *public_key, const uint8_t *secret, uint8_t *sealed,
                 size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, public_key, NULL);
    bool good =
        ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_encrypt(ctx, sealed, len, secret, SECRET_LEN) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

static enum iss_status unseal_once(struct tool *tool,
                                   struct tool_device *device,
                                   struct p11_object *key, EVP_PKEY *public_key,
                                   double *took)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = {.hashAlg = CKM_SHA_1,
                                    .mgf = CKG_MGF1_SHA1,
                                    .source = CKZ_DATA_SPECIFIED};
    const CK_MECHANISM mechanism = {.mechanism = CKM_RSA_PKCS_OAEP,
                                    .pParameter = &oaep,
                                    .ulParameterLen = sizeof(oaep)};
    uint8_t secret[SECRET_LEN], sealed[OUTPUT_MAX], opened[OUTPUT_MAX];
    size_t sealed_len = sizeof(sealed), opened_len = sizeof(opened);
    double begun;
    CK_RV rv;

    if (RAND_bytes(secret, sizeof(secret)) != 1 ||
        !seal(public_key, secret, sealed, &sealed_len))
        return tool_fail(tool, ISS_INTERNAL, "sealing in software failed");
    begun = milliseconds();
    rv = p11_decrypt(key, &mechanism, sealed, sealed_len, opened, &opened_len,
                     &device->callback);
    *took = milliseconds() - begun;
    if (rv != CKR_OK)
        return tool_device_fail(tool, device, p11_object_uri(key), rv, NULL);
    if (opened_len != SECRET_LEN || memcmp(opened, secret, SECRET_LEN) != 0)
        return tool_fail(tool, ISS_TOKEN,
                         "%s: the token unsealed something else",
                         p11_object_uri(key));
    return ISS_OK;
}

enum iss_status tool_probe_key(struct tool *tool, struct tool_device *device,
                               struct p11_object *key, struct tool_probe *probe)
{
    EVP_PKEY *public_key = public_half(key);
    enum iss_status status = ISS_OK;
    double took = 0, sum = 0;

    *probe =
        (struct tool_probe){.bits = tool_key_bits(key),
                            .can_decrypt = tool_key_flag(key, CKA_DECRYPT)};
    if (public_key == NULL)
        return tool_fail(tool, ISS_TOKEN,
                         "%s: no RSA public numbers to verify with",
                         p11_object_uri(key));
    for (int i = 0; i < TOOL_PROBE_ROUNDS && status == ISS_OK; i++) {
        status = sign_once(tool, device, key, public_key, &took);
        if (i == 0)
            probe->first_ms = took;
        else
            sum += took;
    }
    probe->sign_ms = sum / (TOOL_PROBE_ROUNDS - 1);
    if (status == ISS_OK && probe->can_decrypt)
        status = unseal_once(tool, device, key, public_key, &probe->decrypt_ms);
    EVP_PKEY_free(public_key);
    return status;
}

void tool_probe_print(struct tool *tool, const struct tool_probe *probe)
{
    struct tool_json *json = &tool->out.json;

    tool_line(&tool->out, "sign",
              "RSA-%u, %d signatures, each verified in software; %.2f ms each "
              "(first %.2f)",
              probe->bits, TOOL_PROBE_ROUNDS, probe->sign_ms, probe->first_ms);
    if (probe->can_decrypt)
        tool_line(&tool->out, "unseal", "OAEP, right; %.2f ms",
                  probe->decrypt_ms);
    else
        tool_line(&tool->out, "unseal", "the key may not (CKA_DECRYPT)");
    tool_line(&tool->out, "verdict", "works");
    if (!tool->out.as_json)
        return;
    tool_json_number(json, "bits", probe->bits);
    tool_json_number(json, "signatures", TOOL_PROBE_ROUNDS);
    tool_json_number(json, "sign-us", (int64_t)(probe->sign_ms * 1e3));
    tool_json_number(json, "first-us", (int64_t)(probe->first_ms * 1e3));
    tool_json_bool(json, "unseals", probe->can_decrypt);
    tool_json_text(json, "verdict", "works");
}
