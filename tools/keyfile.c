/* SPDX-License-Identifier: Apache-2.0 */
#include "keyfile.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "issuer/issuer.h"

enum {
    AES_128 = 16,
    AES_256 = 32,
    DIGITS_SIZE = 2 * AES_256 + 2, /* a line end and NUL too */
    FILE_MAX = 2 * AES_256 + 2     /* CR LF */
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool tool_keyfile_hex(const char *text, size_t len, uint8_t *out)
{
    for (size_t i = 0; i + 1 < len; i += 2) {
        const int high = digit(text[i]), low = digit(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (uint8_t)(high * 16 + low);
    }
    return len % 2 == 0;
}

static bool is_size(size_t len)
{
    return len == AES_128 || len == AES_256;
}

/* 32 octets may be a key as they stand or the digits of one of 16: digits are
 * what people write, and a random key looks like them once in 2^113. */
static bool parse(const char *text, size_t len,
                  uint8_t key[static TOOL_KEYFILE_KEY_MAX], size_t *key_len)
{
    size_t digits = len;

    while (digits > 0 && (text[digits - 1] == '\n' || text[digits - 1] == '\r'))
        digits--;
    if (is_size(digits / 2) && tool_keyfile_hex(text, digits, key)) {
        *key_len = digits / 2;
        return true;
    }
    if (!is_size(len))
        return false;
    memcpy(key, text, len);
    *key_len = len;
    return true;
}

enum iss_status tool_keyfile_read(const char *path,
                                  uint8_t key[static TOOL_KEYFILE_KEY_MAX],
                                  size_t *len, struct iss_error *error)
{
    char *text = NULL;
    size_t text_len = 0;
    enum iss_status status =
        iss_read_file(path, FILE_MAX, &text, &text_len, error);

    if (status == ISS_MALFORMED ||
        (status == ISS_OK && !parse(text, text_len, key, len)))
        status = iss_fail(error, ISS_MALFORMED,
                          "%s: not a content key: 16 or 32 octets, raw or as "
                          "hexadecimal digits",
                          path);
    if (text != NULL)
        OPENSSL_cleanse(text, text_len);
    free(text);
    return status;
}

static enum iss_status make_new(const char *path,
                                uint8_t key[static TOOL_KEYFILE_KEY_MAX],
                                size_t *len, struct iss_error *error)
{
    char text[DIGITS_SIZE];
    enum iss_status status = ISS_OK;

    if (RAND_priv_bytes(key, AES_256) != 1)
        return iss_fail(error, ISS_INTERNAL, "no random numbers");
    *len = AES_256;
    for (size_t i = 0; i < AES_256; i++)
        (void)snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x\n", key[i]);
    status = iss_publish(path, text, 2 * (size_t)AES_256 + 1,
                         ISS_PUBLISH_SECRET, error);
    OPENSSL_cleanse(text, sizeof(text));
    return status;
}

enum iss_status tool_keyfile_make(const char *path,
                                  uint8_t key[static TOOL_KEYFILE_KEY_MAX],
                                  size_t *len, bool *fresh,
                                  struct iss_error *error)
{
    struct stat there;

    *fresh = lstat(path, &there) != 0;
    return *fresh ? make_new(path, key, len, error)
                  : tool_keyfile_read(path, key, len, error);
}
