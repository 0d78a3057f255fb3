/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rights data. First octet: 0, a text that is sealed and opened again; 1, what
 * lies in the blocks; else what stands in AUTHENTICATEDDATA.
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_rights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 16, MOST = 8192 };

static const uint8_t key[BLOCK] = "a content key..";

static void seal_and_open(const char *text)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};
    char *rights = NULL;
    size_t len = 0;

    if (xrml_rights_seal(NULL, key, sizeof(key), text, &rights, &error) !=
        ISS_OK) {
        if (rights != NULL || error.text[0] == '\0')
            __builtin_trap();
        return;
    }
    if (xrml_rights_open(NULL, key, sizeof(key), rights, &document, &error) !=
        ISS_OK)
        __builtin_trap();
    /* white space and a declaration before the document are no part of it */
    const char *read = xrml_text(document, &len);
    if (strstr(text, read) == NULL)
        __builtin_trap();
    xrml_document_free(document);
    free(rights);
}

static void open_it(const char *rights)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};

    if (xrml_rights_open(NULL, key, sizeof(key), rights, &document, &error) ==
        ISS_OK) {
        enum xrml_type type = xrml_fields(document)->type;
        if (type != XRML_RIGHTS && type != XRML_TEMPLATE)
            __builtin_trap();
    } else if (document != NULL || error.text[0] == '\0') {
        __builtin_trap();
    }
    xrml_document_free(document);
}

static void open_blocks(const uint8_t *data, size_t size)
{
    static EVP_CIPHER_CTX *ctx;
    uint8_t blocks[MOST] = {0};
    char *rights = NULL;
    int len = 0;

    if (size > sizeof(blocks))
        return;
    if (ctx == NULL)
        ctx = EVP_CIPHER_CTX_new();
    memcpy(blocks, data, size);
    size = (size + BLOCK - 1) / BLOCK * BLOCK;
    if (EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
        EVP_EncryptUpdate(ctx, blocks, &len, blocks, (int)size) != 1 ||
        xrml_bits_encode(blocks, size, &rights, NULL) != ISS_OK)
        __builtin_trap();
    open_it(rights);
    free(rights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 1) {
        open_blocks(data + 1, size - 1);
        return 0;
    }
    char *text = strndup((const char *)data + 1, size - 1);
    if (text == NULL)
        return 0;
    if (data[0] == 0)
        seal_and_open(text);
    else
        open_it(text);
    free(text);
    return 0;
}
