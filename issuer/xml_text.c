/* SPDX-License-Identifier: Apache-2.0 */
/* Characters and encodings: see xml_text.h. */
#include "xml_text.h"

#include <stdlib.h>
#include <string.h>

static const struct form { /* of a UTF-8 sequence, by its first octet */
    uint8_t mask, lead, octets;
    uint32_t least; /* what is below it is an overlong form */
} forms[] = {
    {.mask = 0xe0, .lead = 0xc0, .octets = 2, .least = 0x80},
    {.mask = 0xf0, .lead = 0xe0, .octets = 3, .least = 0x800},
    {.mask = 0xf8, .lead = 0xf0, .octets = 4, .least = 0x10000},
};

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

bool xml_utf8_next(const char *text, size_t len, size_t *at, uint32_t *out)
{
    uint8_t first = (uint8_t)text[*at];
    const struct form *form = NULL;

    if (first < 0x80) {
        *out = first;
        *at += 1;
        return true;
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if ((first & forms[i].mask) == forms[i].lead)
            form = &forms[i];
    if (form == NULL || len - *at < form->octets)
        return false;
    uint32_t c = first & (uint8_t)~form->mask;
    for (size_t i = 1; i < form->octets; i++) {
        uint8_t octet = (uint8_t)text[*at + i];
        if ((octet & 0xc0) != 0x80)
            return false;
        c = c << 6 | (octet & 0x3f);
    }
    if (c < form->least || c > 0x10ffff || is_surrogate(c))
        return false;
    *out = c;
    *at += form->octets;
    return true;
}

size_t xml_utf8_put(uint32_t c, char out[static 4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t octets = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = octets; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(forms[octets - 2].lead | c);
    return octets;
}

bool xml_char_allowed(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } refused[] = {
        {0x00, 0x08},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0x2028, 0x202e},
        {0x2066, 0x2069}, {0xd800, 0xdfff}, {0xfdd0, 0xfdef}, {0xfeff, 0xfeff},
    };

    if (c > 0x10ffff || (c & 0xfffe) == 0xfffe)
        return false;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (c >= refused[i].first && c <= refused[i].last)
            return false;
    return true;
}

static size_t put_unit(uint32_t unit, uint8_t *out)
{
    out[0] = (uint8_t)unit;
    out[1] = (uint8_t)(unit >> 8);
    return 2;
}

enum { RUN = 8 };

/* Eight characters of ASCII at once, which is what documents are made of. */
static bool put_run(const char *text, uint8_t *out)
{
    uint64_t run = 0;

    memcpy(&run, text, RUN);
    if ((run & UINT64_C(0x8080808080808080)) != 0)
        return false;
    for (size_t i = 0; i < RUN; i++) {
        out[2 * i] = (uint8_t)text[i];
        out[2 * i + 1] = 0;
    }
    return true;
}

size_t xml_utf16le(const char *text, size_t len, uint8_t *out)
{
    size_t used = 0;

    for (size_t at = 0; at < len;) {
        uint32_t c = 0;
        if (len - at >= RUN && put_run(text + at, out + used)) {
            at += RUN;
            used += 2 * RUN;
            continue;
        }
        if (!xml_utf8_next(text, len, &at, &c))
            return SIZE_MAX;
        if (c >= 0x10000) {
            used += put_unit(0xd800 + ((c - 0x10000) >> 10), out + used);
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        used += put_unit(c, out + used);
    }
    return used;
}

/* Strict: an odd octet, or half of a surrogate pair, and nothing is returned.
 * out holds 3 octets for each unit. */
static size_t utf16_to_utf8(const uint8_t *in, size_t len, bool big, char *out)
{
    size_t used = 0;

    if (len % 2 != 0)
        return SIZE_MAX;
    for (size_t i = 0; i < len; i += 2) {
        uint32_t c = (uint32_t)in[i + !big] << 8 | in[i + big];
        if (is_surrogate(c)) {
            if (c > 0xdbff || len - i < 4)
                return SIZE_MAX;
            i += 2;
            uint32_t low = (uint32_t)in[i + !big] << 8 | in[i + big];
            if (low < 0xdc00 || low > 0xdfff)
                return SIZE_MAX;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        used += xml_utf8_put(c, out + used);
    }
    return used;
}

static const struct mark {
    const char *octets;
    size_t len, skip;
    enum xml_encoding encoding;
    bool big;
} marks[] = {
    {.octets = "\xef\xbb\xbf", .len = 3, .skip = 3, .encoding = XML_UTF8},
    {.octets = "\xff\xfe", .len = 2, .skip = 2, .encoding = XML_UTF16},
    {.octets = "\xfe\xff",
     .len = 2,
     .skip = 2,
     .encoding = XML_UTF16,
     .big = true},
    {.octets = "<\0", .len = 2, .encoding = XML_UTF16},
    {.octets = "\0<", .len = 2, .encoding = XML_UTF16, .big = true},
};

static struct mark find_mark(const char *file, size_t len)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (len >= marks[i].len &&
            memcmp(file, marks[i].octets, marks[i].len) == 0)
            return marks[i];
    return (struct mark){.encoding = XML_UTF8};
}

enum iss_status xml_decode(const char *file, size_t len,
                           enum iss_status failure, char **out, size_t *out_len,
                           enum xml_encoding *encoding, struct iss_error *error)
{
    struct mark mark = find_mark(file, len);
    const char *text = file + mark.skip;
    size_t octets = len - mark.skip;
    size_t room = mark.encoding == XML_UTF16 ? octets / 2 * 3 : octets;
    char *utf8 = malloc(room + 1);

    *out = NULL;
    if (utf8 == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    if (mark.encoding == XML_UTF16) {
        octets = utf16_to_utf8((const uint8_t *)text, octets, mark.big, utf8);
        if (octets == SIZE_MAX) {
            free(utf8);
            return iss_fail(error, failure, "file: not well-formed UTF-16");
        }
    } else if (octets > 0) {
        memcpy(utf8, text, octets);
    }
    utf8[octets] = '\0';
    *out = utf8;
    *out_len = octets;
    *encoding = mark.encoding;
    return ISS_OK;
}
