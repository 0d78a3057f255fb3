/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed key: nothing but what was sealed opens, and always with one text. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <string.h>

#include "issuer/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static EVP_PKEY *key;
    static struct sealed_secret secret;
    static const char element[] = "<ISSUER />";
    struct iss_error error = {.status = ISS_OK};

    if (key == NULL)
        key = EVP_RSA_gen(1024);
    if (size == 0 || key == NULL)
        return 0;
    const struct sealed_lid lid = {
        .form = (data[0] & 1) != 0 ? SEALED_V2 : SEALED_V1,
        .kind = (data[0] & 2) != 0 ? SEALED_PRIVATE_KEY : SEALED_CONTENT_KEY,
        .element = element,
        .element_len = strlen(element)};
    if (sealed_open(&lid, key, data + 1, size - 1, &secret, &error) == ISS_OK ||
        strcmp(error.text, "the sealed key cannot be opened") != 0)
        __builtin_trap();
    return 0;
}
