/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys that certificates hold: an account's for its machine, a
 * client licensor's for its account (MS-RMPR 2.2.9.5.5, 2.2.9.6.4). */
#include <openssl/evp.h>

#include "client_part.h"
#include "xrml_key.h"

/* Where a certificate of that kind has its sealed key; NULL: nowhere. */
static const struct xrml_bits *bits_of(const struct xrml_license *license)
{
    if (license->type == XRML_RAC)
        return &license->machine.bits;
    if (license->type == XRML_CLC && license->right_count > 0)
        return &license->rights[0].bits;
    return NULL;
}

static const char *for_whom(enum xrml_type type)
{
    return type == XRML_RAC ? "machine" : "account";
}

/* The key that came out must be the one that the certificate is about. */
static enum iss_status check_pair(const struct xrml_license *license,
                                  const EVP_PKEY *key, struct iss_error *error)
{
    struct client_numbers numbers;
    enum iss_status status = client_numbers(key, &numbers, error);

    if (status == ISS_OK &&
        !xrml_key_same(&numbers.key, &license->principal.key))
        status = iss_fail(error, ISS_REFUSED,
                          "%s: holds another key than it certifies",
                          xrml_type_text(license->type));
    return status;
}

static enum iss_status open_key(OSSL_LIB_CTX *libctx,
                                const struct xrml_document *holder,
                                const struct xrml_license *license,
                                EVP_PKEY *with, EVP_PKEY **out,
                                struct iss_error *error)
{
    const struct xrml_bits *bits = bits_of(license);
    struct iss_error cause = {.status = ISS_OK};
    struct sealed_secret secret;
    enum iss_status status = ISS_OK;

    if (bits == NULL)
        return iss_fail(error, ISS_REFUSED, "%s: holds no private key",
                        xrml_type_text(license->type));
    status = client_unseal(libctx, holder, bits, SEALED_PRIVATE_KEY, with,
                           &secret, &cause);
    if (status == ISS_OK)
        status = sealed_to_key(&secret, out, &cause);
    sealed_secret_wipe(&secret);
    if (status == ISS_INTERNAL)
        return iss_fail(error, status, "%s", cause.text);
    if (status != ISS_OK)
        return iss_fail(error, ISS_REFUSED, "%s %s: not for this %s: %s",
                        xrml_type_text(license->type),
                        license->guid == NULL ? "" : license->guid,
                        for_whom(license->type), cause.text);
    return check_pair(license, *out, error);
}

enum iss_status client_open_key(OSSL_LIB_CTX *libctx,
                                const struct xrml_document *holder,
                                EVP_PKEY *with, EVP_PKEY **out,
                                struct iss_error *error)
{
    struct xrml_reading *reading = NULL;
    enum iss_status status = xrml_license_read(holder, &reading, error);

    *out = NULL;
    if (status == ISS_OK)
        status = open_key(libctx, holder, xrml_reading_license(reading), with,
                          out, error);
    if (status != ISS_OK) {
        EVP_PKEY_free(*out);
        *out = NULL;
    }
    xrml_reading_free(reading);
    return status;
}
