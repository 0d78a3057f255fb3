/* SPDX-License-Identifier: Apache-2.0 */
/* Text that comes from elsewhere: a token's label, a name in a document. It
 * must neither steer the terminal nor reorder the line it stands in. */
#include "text.h"

#include <stdbool.h>
#include <string.h>

struct span {
    uint32_t first, last;
};

static const struct span unsafe[] = {
    {0x0000, 0x001f}, /* C0 */
    {0x007f, 0x009f}, /* DEL, C1 */
    {0x061c, 0x061c}, /* Arabic letter mark */
    {0x200b, 0x200f}, /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e}, /* separators, embeddings, overrides */
    {0x2060, 0x206f}, /* invisible operators, isolates */
    {0xfeff, 0xfeff}, /* byte order mark */
    {0xfff9, 0xfffb}, /* interlinear annotations */
};

struct lead { /* RFC 3629, by the first octet */
    unsigned char mask, bits;
    size_t len;
    uint32_t least; /* below: overlong */
};

static const struct lead leads[] = {
    {0x80, 0x00, 1, 0x0},
    {0xe0, 0xc0, 2, 0x80},
    {0xf0, 0xe0, 3, 0x800},
    {0xf8, 0xf0, 4, 0x10000},
};

static bool well_formed(const char *text, const struct lead *lead,
                        uint32_t *point)
{
    *point = (unsigned char)text[0] & (unsigned char)~lead->mask;
    for (size_t i = 1; i < lead->len; i++) {
        unsigned char octet = (unsigned char)text[i];

        if ((octet & 0xc0) != 0x80)
            return false;
        *point = *point << 6 | (octet & 0x3f);
    }
    return *point >= lead->least && *point <= 0x10ffff &&
           (*point < 0xd800 || *point > 0xdfff);
}

size_t tool_utf8_next(const char *text, size_t len, uint32_t *point)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        if (((unsigned char)text[0] & leads[i].mask) != leads[i].bits)
            continue;
        if (leads[i].len <= len && well_formed(text, &leads[i], point))
            return leads[i].len;
        break;
    }
    *point = TOOL_NO_POINT;
    return 1;
}

static bool is_unsafe(uint32_t point)
{
    if (point == TOOL_NO_POINT)
        return true;
    for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
        if (point >= unsafe[i].first && point <= unsafe[i].last)
            return true;
    return false;
}

size_t tool_text_write(FILE *file, const char *text, size_t len)
{
    size_t columns = 0;

    for (size_t at = 0; at < len; columns++) {
        uint32_t point;
        size_t taken = tool_utf8_next(text + at, len - at, &point);

        if (is_unsafe(point))
            (void)fputc('?', file);
        else
            (void)fwrite(text + at, 1, taken, file);
        at += taken;
    }
    return columns;
}

size_t tool_text_columns(const char *text, size_t len)
{
    size_t columns = 0;
    uint32_t point;

    for (size_t at = 0; at < len; columns++)
        at += tool_utf8_next(text + at, len - at, &point);
    return columns;
}

/* Nothing that a shell reads otherwise; "~" does so at the beginning. */
static bool is_plain(const char *text)
{
    static const char safe[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        "@%+=:,./_-";

    if (text[0] == '\0')
        return false;
    for (size_t i = 0; text[i] != '\0'; i++)
        if ((unsigned char)text[i] < 0x80 && strchr(safe, text[i]) == NULL)
            return false;
    return true;
}

void tool_shell_word(const char *text, char out[static TOOL_WORD_SIZE])
{
    enum { ESCAPED = 4, ENDS = 2 }; /* '\'' ; a quote and NUL */
    size_t used = 0;

    if (is_plain(text)) {
        (void)snprintf(out, TOOL_WORD_SIZE, "%s", text);
        return;
    }
    out[used++] = '\'';
    for (; *text != '\0' && used + ESCAPED + ENDS <= TOOL_WORD_SIZE; text++) {
        if (*text != '\'') {
            out[used++] = *text;
            continue;
        }
        memcpy(out + used, "'\\''", ESCAPED);
        used += ESCAPED;
    }
    out[used++] = '\'';
    out[used] = '\0';
}
