/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical base64: see xrml_base64.h. */
#include "xrml_base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

size_t xrml_base64_decode(const char *text, size_t len, uint8_t *out,
                          size_t size)
{
    size_t pads = 0;
    size_t used = 0;
    uint32_t bits = 0;

    if (len % 4 != 0)
        return SIZE_MAX;
    while (pads < 2 && pads < len && text[len - 1 - pads] == '=')
        pads++;
    if (len / 4 * 3 - pads > size)
        return SIZE_MAX;
    for (size_t i = 0; i < len - pads; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            out[used++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    if ((pads == 1 && (bits & 0x3) != 0) || (pads == 2 && (bits & 0xf) != 0))
        return SIZE_MAX;
    return used;
}

size_t xrml_base64_encode(const uint8_t *data, size_t len, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)data[i] << 16;
        if (len - i > 1)
            bits |= (uint32_t)data[i + 1] << 8;
        if (len - i > 2)
            bits |= data[i + 2];
        out[used++] = alphabet[bits >> 18];
        out[used++] = alphabet[bits >> 12 & 0x3f];
        out[used++] = len - i > 1 ? alphabet[bits >> 6 & 0x3f] : '=';
        out[used++] = len - i > 2 ? alphabet[bits & 0x3f] : '=';
    }
    out[used] = '\0';
    return used;
}
