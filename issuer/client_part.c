/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs, numbers and signed documents: see client_part.h. */
#include "client_part.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUID_OCTETS = 16 };

enum iss_status client_guid(char out[static XRML_GUID_SIZE],
                            struct iss_error *error)
{
    uint8_t raw[GUID_OCTETS];
    size_t at = 0;

    if (RAND_bytes(raw, sizeof(raw)) != 1)
        return iss_fail(error, ISS_INTERNAL,
                        "GUID: libcrypto has no random octets");
    raw[6] = (uint8_t)((raw[6] & 0x0f) | 0x40); /* version 4 */
    raw[8] = (uint8_t)((raw[8] & 0x3f) | 0x80); /* its variant */
    out[at++] = '{';
    for (size_t i = 0; i < sizeof(raw); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        (void)snprintf(out + at, 3, "%02x", raw[i]);
        at += 2;
    }
    out[at++] = '}';
    out[at] = '\0';
    return ISS_OK;
}

enum iss_status client_numbers(const EVP_PKEY *key, struct client_numbers *out,
                               struct iss_error *error)
{
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    enum iss_status status = ISS_OK;

    memset(out, 0, sizeof(*out));
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
        BN_num_bytes(n) > XRML_MODULUS_MAX || BN_num_bits(e) > 32) {
        status = iss_fail(error, ISS_INTERNAL,
                          "key: no RSA key of at most "
                          "8192 bits");
    } else {
        out->key.modulus = out->modulus;
        out->key.modulus_len = (size_t)BN_bn2bin(n, out->modulus);
        out->key.exponent = (uint32_t)BN_get_word(e);
    }
    BN_free(n);
    BN_free(e);
    return status;
}

enum iss_status client_unseal(OSSL_LIB_CTX *libctx,
                              const struct xrml_document *document,
                              const struct xrml_bits *bits,
                              enum sealed_kind kind, EVP_PKEY *with,
                              struct sealed_secret *secret,
                              struct iss_error *error)
{
    uint8_t sealed[SEALED_MAX];
    size_t sealed_len = 0;
    size_t body_len = 0;
    const char *body = xrml_body(document, &body_len);
    enum xrml_type type = xrml_fields(document)->type;
    char *bound = NULL;

    memset(secret, 0, sizeof(*secret));
    if (bits->form == NULL || bits->text == NULL)
        return iss_fail(error, ISS_REFUSED, "%s: holds no sealed key",
                        xrml_type_text(type));
    if (strcmp(bits->form, sealed_form_name(SEALED_V2)) != 0)
        return iss_fail(error, ISS_REFUSED,
                        "%s: its key is sealed as %.40s, only %s is opened",
                        xrml_type_text(type), bits->form,
                        sealed_form_name(SEALED_V2));
    enum iss_status status = xrml_bits_decode(
        bits->text, sealed, sizeof(sealed), &sealed_len, error);
    if (status == ISS_OK)
        status = xrml_license_bound(body, body_len, type, &bound, error);
    if (status == ISS_OK) {
        const struct sealed_lid lid = {.libctx = libctx,
                                       .form = SEALED_V2,
                                       .kind = kind,
                                       .element = bound,
                                       .element_len = strlen(bound)};

        ERR_set_mark();
        status = sealed_open(&lid, with, sealed, sealed_len, secret, error);
        (void)ERR_pop_to_mark();
    }
    free(bound);
    return status;
}

enum iss_status client_seal(OSSL_LIB_CTX *libctx, const char *bound,
                            const struct xrml_key *to,
                            const struct sealed_secret *secret, char **out,
                            struct iss_error *error)
{
    uint8_t sealed[SEALED_MAX];
    size_t len = 0;
    const struct sealed_lid lid = {.libctx = libctx,
                                   .form = SEALED_V2,
                                   .kind = SEALED_CONTENT_KEY,
                                   .element = bound,
                                   .element_len = strlen(bound)};
    enum iss_status status =
        sealed_close(&lid, to, secret, sealed, &len, error);

    *out = NULL;
    if (status == ISS_OK)
        status = xrml_bits_encode(sealed, len, out, error);
    return status;
}

enum iss_status client_sign(OSSL_LIB_CTX *libctx,
                            const struct xrml_license *fields, EVP_PKEY *key,
                            char **out, struct iss_error *error)
{
    struct client_numbers numbers;
    uint8_t sig[XRML_MODULUS_MAX];
    size_t sig_len = 0;
    size_t len = 0;
    char *body = NULL;
    enum iss_status status = client_numbers(key, &numbers, error);

    *out = NULL;
    if (status == ISS_OK)
        status = xrml_license_build(fields, &body, error);
    if (status != ISS_OK)
        return status;
    len = strlen(body);
    status = xrml_sign(libctx, key, body, len, sig, &sig_len, error);
    if (status == ISS_OK)
        status =
            xrml_check(libctx, &numbers.key, body, len, sig, sig_len, error);
    if (status == ISS_OK)
        status = xrml_assemble(body, len, sig, sig_len, out, error);
    free(body);
    return status;
}
