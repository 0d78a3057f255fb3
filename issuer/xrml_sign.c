/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BODY text to UTF-16LE, digest, signature, and back: RSASSA-PKCS1-v1_5 over
 * the UTF-16LE form of the literal text (MS-RMPR 2.2.9.1.12).
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "xml_text.h"
#include "xrml_document.h"
#include "xrml_key.h"
#include "xrml_rights.h"

static const char frame_start[] = "<XrML xmlns=\"\" version=\"1.2\"";
static const char frame_end[] = "</XrML>";
static const char purpose[] = " purpose=\"Content-License\"";
static const struct xml_options options = {
    .failure = ISS_MALFORMED, .object = "BODY", .flags = XML_REFUSE_CR};

/* A use license alone says its purpose, MS-RMPR 2.2.9.9. In text of a BODY that
 * is well-formed a start tag is where the scanner finds it. */
static bool is_use_license(const char *body, size_t len)
{
    static const char use[] = " type=\"Content-License\"";
    struct xml_watch object = {.path = "BODY/DESCRIPTOR/OBJECT"};
    struct xml_span span;

    if (memmem(body, len, use, strlen(use)) == NULL ||
        xml_scan(body, len, 0, &options, &object, 1, &span, NULL) != ISS_OK ||
        object.count != 1)
        return false;
    size_t tag = strlen("<OBJECT");
    return object.inner - object.start - tag - 1 == strlen(use) &&
           memcmp(body + object.start + tag, use, strlen(use)) == 0;
}

enum iss_status xrml_utf16le(const char *text, size_t len, uint8_t **out,
                             size_t *out_len, struct iss_error *error)
{
    uint8_t *octets = malloc(2 * len + 1);

    *out = NULL;
    if (octets == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    *out_len = xml_utf16le(text, len, octets);
    if (*out_len == SIZE_MAX) {
        free(octets);
        return iss_fail(error, ISS_MALFORMED,
                        "text to be signed: not well-formed UTF-8");
    }
    *out = octets;
    return ISS_OK;
}

enum iss_status xrml_sign(OSSL_LIB_CTX *libctx, EVP_PKEY *key, const char *body,
                          size_t body_len, uint8_t *sig, size_t *sig_len,
                          struct iss_error *error)
{
    uint8_t *octets = NULL;
    size_t len = 0;
    EVP_MD_CTX *ctx = NULL;
    EVP_PKEY_CTX *padding = NULL;
    enum iss_status status = xrml_utf16le(body, body_len, &octets, &len, error);

    if (status != ISS_OK)
        return status;
    status = ISS_TOKEN;
    *sig_len = (size_t)EVP_PKEY_get_size(key);
    ctx = EVP_MD_CTX_new();
    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, &padding, "SHA256", libctx, NULL, key,
                              NULL) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PADDING) != 1 ||
        EVP_DigestSign(ctx, sig, sig_len, octets, len) != 1)
        goto out;
    status = ISS_OK;
out:
    if (status != ISS_OK) {
        /* The queue is left to the caller, who knows what its codes mean. */
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        (void)iss_fail(error, status, "signing: %s",
                       reason == NULL ? "the key refuses" : reason);
    }
    EVP_MD_CTX_free(ctx);
    free(octets);
    return status;
}

static enum iss_status verify_with(OSSL_LIB_CTX *libctx, EVP_PKEY *key,
                                   const struct xrml_signature *signature,
                                   struct iss_error *error)
{
    const EVP_MD *md = xrml_digest_md(signature->digest);
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(libctx, key, "?provider=default");
    enum iss_status status = ISS_OK;

    if (md == NULL || ctx == NULL || EVP_PKEY_verify_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, md) != 1) {
        status = iss_fail(error, ISS_INTERNAL, "libcrypto cannot verify RSA");
        goto out;
    }
    /* A refused signature is an answer here, not an error of libcrypto's. */
    (void)ERR_set_mark();
    int verified = EVP_PKEY_verify(ctx, signature->value, signature->value_len,
                                   signature->hash,
                                   xrml_digest_row(signature->digest)->octets);
    (void)ERR_pop_to_mark();
    if (verified != 1)
        status = iss_fail(error, ISS_SIGNATURE,
                          "signature was not made with the issuer's key over "
                          "this BODY");
out:
    EVP_PKEY_CTX_free(ctx);
    return status;
}

enum iss_status xrml_signature_verify(OSSL_LIB_CTX *libctx,
                                      const struct xrml_key *key,
                                      const struct xrml_signature *signature,
                                      struct iss_error *error)
{
    EVP_PKEY *pkey = NULL;
    enum iss_status status = xrml_key_pkey(libctx, key, &pkey, error);

    if (status == ISS_OK)
        status = verify_with(libctx, pkey, signature, error);
    EVP_PKEY_free(pkey);
    return status;
}

enum iss_status xrml_digest_check(const struct xrml_document *document,
                                  struct iss_error *error)
{
    const struct xrml_digest_row *row =
        xrml_digest_row(document->signature.digest);
    const char *body = document->text + document->body;
    size_t len = document->body_end - document->body;
    uint8_t hash[XRML_HASH_MAX];

    if (document->signature.digest == XRML_SHA256)
        memcpy(hash, document->body_hash, sizeof(hash));
    else if (!xrml_hash_utf16le(document->signature.digest, body, len, hash))
        return iss_fail(error, ISS_INTERNAL, "libcrypto has no %s",
                        row->fetched);
    if (memcmp(hash, document->signature.hash, row->octets) != 0)
        return iss_fail(error, ISS_SIGNATURE,
                        "BODY does not have the hash that DIGEST says");
    return ISS_OK;
}

static enum iss_status hash_body(const char *body, size_t body_len,
                                 const uint8_t *sig, size_t sig_len,
                                 struct xrml_signature *out,
                                 struct iss_error *error)
{
    if (sig_len == 0 || sig_len > sizeof(out->value))
        return iss_fail(error, ISS_SIGNATURE,
                        "signature of %zu octets: at most %d", sig_len,
                        XRML_MODULUS_MAX);
    out->digest = XRML_SHA256;
    out->value_len = sig_len;
    memcpy(out->value, sig, sig_len);
    if (!xrml_hash_utf16le(XRML_SHA256, body, body_len, out->hash))
        return iss_fail(error, ISS_MALFORMED,
                        "BODY: not well-formed UTF-8, or no SHA-256");
    return ISS_OK;
}

enum iss_status xrml_check(OSSL_LIB_CTX *libctx, const struct xrml_key *key,
                           const char *body, size_t body_len,
                           const uint8_t *sig, size_t sig_len,
                           struct iss_error *error)
{
    struct xrml_signature signature;
    enum iss_status status =
        hash_body(body, body_len, sig, sig_len, &signature, error);

    if (status == ISS_OK)
        status = xrml_signature_verify(libctx, key, &signature, error);
    return status;
}

static enum iss_status assemble(const char *body, size_t body_len,
                                const struct xrml_signature *signature,
                                char **out, struct iss_error *error)
{
    struct xml_out text = {0};

    xml_out_raw(&text, frame_start);
    xml_out_raw(&text, is_use_license(body, body_len) ? purpose : "");
    xml_out_raw(&text, ">");
    xml_out_octets(&text, body, body_len);
    xrml_signature_write(&text, signature);
    xml_out_raw(&text, frame_end);
    *out = xml_out_take(&text, NULL);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

enum iss_status xrml_assemble(const char *body, size_t body_len,
                              const uint8_t *sig, size_t sig_len, char **out,
                              struct iss_error *error)
{
    struct xrml_signature signature;
    enum iss_status status =
        hash_body(body, body_len, sig, sig_len, &signature, error);

    *out = NULL;
    return status == ISS_OK ? assemble(body, body_len, &signature, out, error)
                            : status;
}

enum iss_status xrml_draft_assemble(const char *body, size_t len, char **out,
                                    struct iss_error *error)
{
    const struct xrml_signature zeros = {.digest = XRML_SHA256,
                                         .value_len = XRML_MODULUS_MIN};

    return assemble(body, len, &zeros, out, error);
}

enum iss_status xrml_unsigned_assemble(const char *body, size_t len, char **out,
                                       struct iss_error *error)
{
    struct xml_out text = {0};

    xml_out_raw(&text, frame_start);
    xml_out_raw(&text, ">");
    xml_out_octets(&text, body, len);
    xml_out_raw(&text, frame_end);
    *out = xml_out_take(&text, NULL);
    return *out == NULL ? iss_fail(error, ISS_INTERNAL, "out of memory")
                        : ISS_OK;
}

/* ---- a draft becomes a document ------------------------------------------ */

/* The same text with this SIGNATURE, which reads back as what it is. */
static enum iss_status replace_signature(const struct xrml_document *draft,
                                         const struct xrml_signature *signature,
                                         char **out, size_t *len,
                                         struct iss_error *error)
{
    const size_t at = draft->body_end;
    struct xml_out text = {0};
    struct xrml_signature read;
    enum iss_status status = ISS_OK;

    xml_out_octets(&text, draft->text, at);
    xrml_signature_write(&text, signature);
    xml_out_raw(&text, frame_end);
    *out = xml_out_take(&text, len);
    if (*out == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    status = xrml_signature_read(*out + at, *len - at - strlen(frame_end),
                                 &read, error);
    if (status == ISS_OK && read.digest == signature->digest &&
        read.value_len == signature->value_len &&
        memcmp(read.value, signature->value, read.value_len) == 0 &&
        memcmp(read.hash, signature->hash, sizeof(read.hash)) == 0)
        return ISS_OK;
    free(*out);
    *out = NULL;
    return iss_fail(error, ISS_INTERNAL,
                    "SIGNATURE as written does not read back");
}

/* A slice of the old text as one of the new. */
static void move_slice(const char **slice, const char *from, const char *to)
{
    if (*slice != NULL)
        *slice = to + (*slice - from);
}

enum iss_status xrml_complete(struct xrml_document *draft,
                              const struct xrml_verifier *by,
                              const uint8_t *sig, size_t sig_len,
                              struct iss_error *error)
{
    struct xrml_fields *fields = &draft->fields;
    struct xrml_signature signature;
    char *text = NULL;
    size_t len = 0;
    enum iss_status status =
        hash_body(draft->text + draft->body, draft->body_end - draft->body, sig,
                  sig_len, &signature, error);

    if (status == ISS_OK &&
        memcmp(signature.hash, draft->body_hash, sizeof(signature.hash)) != 0)
        status = iss_fail(error, ISS_INTERNAL,
                          "BODY is not as it was when it was read back");
    if (status == ISS_OK)
        status = verify_with(by->libctx, by->key, &signature, error);
    if (status == ISS_OK)
        status = replace_signature(draft, &signature, &text, &len, error);
    if (status != ISS_OK)
        return status;
    move_slice(&fields->issuer_text, draft->text, text);
    move_slice(&fields->principal_text, draft->text, text);
    free(draft->text);
    draft->text = text;
    draft->len = len;
    draft->signature = signature;
    if (xrml_key_same(&by->numbers, &fields->issuer_key))
        atomic_store_explicit(&draft->shared->genuine, true,
                              memory_order_relaxed);
    return ISS_OK;
}
