/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights data: see xrml_rights.h. The text in UTF-16LE, without mark or
 * terminator, in whole AES blocks of ECB, the last one filled with zeros; so
 * real ones are.
 */
#include "xrml_rights.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "xml_text.h"
#include "xrml_document.h"
#include "xrml_part.h"

enum { BLOCK = 16 };

static const char data_id[] = "Encrypted-Rights-Data";

const char *xrml_rights_of(const struct xrml_license *license)
{
    for (size_t i = 0; i < license->data_count; i++)
        if (xrml_same_text(license->data[i].id, data_id))
            return license->data[i].text;
    return NULL;
}

static const char *cipher_name(size_t key_len)
{
    return key_len == 16 ? "AES-128-ECB" : key_len == 32 ? "AES-256-ECB" : NULL;
}

/* Whole blocks, in place. */
static enum iss_status crypt(OSSL_LIB_CTX *libctx, const uint8_t *key,
                             size_t key_len, bool encrypt, uint8_t *data,
                             size_t len, struct iss_error *error)
{
    const char *name = cipher_name(key_len);
    EVP_CIPHER *cipher = NULL;
    EVP_CIPHER_CTX *ctx = NULL;
    int part = 0;

    if (name == NULL)
        return iss_fail(error, ISS_USAGE,
                        "rights data: a content key of %zu octets: 16 or 32",
                        key_len);
    cipher = EVP_CIPHER_fetch(libctx, name, NULL);
    ctx = EVP_CIPHER_CTX_new();
    bool good =
        cipher != NULL && ctx != NULL &&
        EVP_CipherInit_ex2(ctx, cipher, key, NULL, encrypt, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
        EVP_CipherUpdate(ctx, data, &part, data, (int)len) == 1 &&
        part == (int)len;
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return good ? ISS_OK
                : iss_fail(error, ISS_INTERNAL,
                           "rights data: libcrypto has no %s", name);
}

/* Rights data without SIGNATURE, or a template with one. */
static enum iss_status read_text(const char *text, size_t len,
                                 struct xrml_document **out,
                                 struct iss_error *error)
{
    struct iss_error cause = {.status = ISS_OK};
    enum iss_status status = xrml_unsigned_parse(text, len, out, &cause);

    if (status == ISS_OK && xrml_fields(*out)->type == XRML_RIGHTS)
        return ISS_OK;
    xrml_document_free(*out);
    *out = NULL;
    if (xrml_parse(text, len, NULL, out, NULL) == ISS_OK &&
        xrml_fields(*out)->type == XRML_TEMPLATE)
        return ISS_OK;
    xrml_document_free(*out);
    *out = NULL;
    if (status == ISS_OK)
        return iss_fail(error, ISS_XML,
                        "rights data: another document than those of MS-RMPR "
                        "2.2.9.8");
    return iss_fail(error, status, "rights data: %s", cause.text);
}

/* ---- sealing ----------------------------------------------------------------
 */

static enum iss_status long_text(size_t len, const char *what,
                                 struct iss_error *error)
{
    return iss_fail(error, ISS_USAGE, "rights data: %zu octets%s, at most %d",
                    len, what, XRML_RIGHTS_DATA_MAX);
}

enum iss_status xrml_rights_close(OSSL_LIB_CTX *libctx, const uint8_t *key,
                                  size_t key_len,
                                  const struct xrml_document *document,
                                  char **out, struct iss_error *error)
{
    size_t len = 0;
    const char *text = xrml_text(document, &len);

    *out = NULL;
    if (len > XRML_RIGHTS_DATA_MAX)
        return long_text(len, "", error);
    uint8_t *data = calloc(1, 2 * len + BLOCK);
    if (data == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    const size_t used = xml_utf16le(text, len, data);
    const size_t whole = (used + BLOCK - 1) / BLOCK * BLOCK;
    enum iss_status status =
        whole > XRML_RIGHTS_DATA_MAX
            ? long_text(used, " in UTF-16", error)
            : crypt(libctx, key, key_len, true, data, whole, error);
    if (status == ISS_OK)
        status = xrml_bits_encode(data, whole, out, error);
    free(data);
    return status;
}

enum iss_status xrml_rights_seal(OSSL_LIB_CTX *libctx, const uint8_t *key,
                                 size_t key_len, const char *text, char **out,
                                 struct iss_error *error)
{
    const size_t len = strlen(text);
    struct xrml_document *document = NULL;

    *out = NULL;
    if (len > XRML_RIGHTS_DATA_MAX)
        return long_text(len, "", error);
    enum iss_status status = read_text(text, len, &document, error);
    if (status == ISS_OK)
        status = xrml_rights_close(libctx, key, key_len, document, out, error);
    xrml_document_free(document);
    return status;
}

/* ---- opening ----------------------------------------------------------------
 */

/* The octets of the text: '<', ..., '>', and less than a block of zeros; 0:
 * it is none, so another key encrypted it. */
static size_t text_length(const uint8_t *data, size_t len)
{
    size_t used = len;

    while (used > 0 && data[used - 1] == 0)
        used--;
    used++; /* the upper half of '>' */
    if (used < 4 || used > len || used % 2 != 0 || len - used >= BLOCK ||
        data[0] != '<' || data[1] != 0 || data[used - 2] != '>')
        return 0;
    return used;
}

/* Room for what a text in base64 says, as far as that is read at all. */
static size_t room_for(const char *rights)
{
    enum { GROUP = 4, OCTETS = 3 };
    const size_t most = strlen(rights) / GROUP * OCTETS + OCTETS;

    return most < XRML_RIGHTS_DATA_MAX ? most : XRML_RIGHTS_DATA_MAX;
}

static enum iss_status decrypt(OSSL_LIB_CTX *libctx, const uint8_t *key,
                               size_t key_len, const char *rights,
                               uint8_t *data, size_t *used,
                               struct iss_error *error)
{
    size_t len = 0;
    enum iss_status status =
        xrml_bits_decode(rights, data, room_for(rights), &len, error);

    if (status != ISS_OK || len == 0 || len % BLOCK != 0)
        return iss_fail(error, ISS_REFUSED,
                        "rights data: not canonical base64 of whole blocks, at "
                        "most %d octets",
                        XRML_RIGHTS_DATA_MAX);
    status = crypt(libctx, key, key_len, false, data, len, error);
    if (status != ISS_OK)
        return status;
    *used = text_length(data, len);
    return *used > 0 ? ISS_OK
                     : iss_fail(error, ISS_REFUSED,
                                "rights data: not encrypted with this content "
                                "key");
}

enum iss_status xrml_rights_open(OSSL_LIB_CTX *libctx, const uint8_t *key,
                                 size_t key_len, const char *rights,
                                 struct xrml_document **out,
                                 struct iss_error *error)
{
    const size_t size = room_for(rights);
    uint8_t *data = malloc(size);
    enum xml_encoding encoding = XML_UTF16;
    char *text = NULL;
    size_t used = 0;
    size_t len = 0;

    *out = NULL;
    if (data == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    enum iss_status status =
        decrypt(libctx, key, key_len, rights, data, &used, error);
    if (status == ISS_OK)
        status = xml_decode((const char *)data, used, ISS_XML, &text, &len,
                            &encoding, error);
    if (status == ISS_OK)
        status = read_text(text, len, out, error);
    free(text);
    OPENSSL_cleanse(data, size);
    free(data);
    return status;
}
