/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: see xml.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"
#include "xml_text.h"

enum { FIRST_SIZE = 4096 };

static bool grow(struct xml_out *out, size_t more)
{
    size_t size = out->size == 0 ? FIRST_SIZE : out->size;

    if (out->failed)
        return false;
    if (more < out->size - out->len)
        return true;
    while (more >= size - out->len)
        size *= 2;
    char *text = realloc(out->text, size);
    if (text == NULL) {
        out->failed = true;
        return false;
    }
    out->text = text;
    out->size = size;
    return true;
}

void xml_out_octets(struct xml_out *out, const char *text, size_t len)
{
    if (!grow(out, len))
        return;
    if (len > 0)
        memcpy(out->text + out->len, text, len);
    out->len += len;
    out->text[out->len] = '\0';
}

void xml_out_raw(struct xml_out *out, const char *text)
{
    xml_out_octets(out, text, strlen(text));
}

static const char *escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void xml_out_text(struct xml_out *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = escape(*text);
        if (escaped != NULL)
            xml_out_raw(out, escaped);
        else
            xml_out_octets(out, text, 1);
    }
}

void xml_out_content(struct xml_out *out, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>");
        xml_out_octets(out, text, plain);
        text += plain;
        if (*text != '\0')
            xml_out_raw(out, escape(*text++));
    }
}

void xml_out_ascii(struct xml_out *out, const char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        char one[16] = {text[at]};
        uint32_t c = 0;
        if (!xml_utf8_next(text, len, &at, &c)) {
            out->failed = true;
            return;
        }
        if (c < 0x80) {
            xml_out_text(out, one);
            continue;
        }
        (void)snprintf(one, sizeof(one), "&#%lu;", (unsigned long)c);
        xml_out_raw(out, one);
    }
}

char *xml_out_take(struct xml_out *out, size_t *len)
{
    char *text = out->text;

    if (!grow(out, 0)) {
        free(out->text);
        *out = (struct xml_out){0};
        return NULL;
    }
    text = out->text;
    text[out->len] = '\0';
    if (len != NULL)
        *len = out->len;
    *out = (struct xml_out){0};
    return text;
}
