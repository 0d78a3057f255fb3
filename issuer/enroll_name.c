/* SPDX-License-Identifier: Apache-2.0 */
/* Names of servers, which become file names and are compared by eye. */
#include <string.h>

#include "enroll.h"
#include "xml_text.h"

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Blanks but U+0020, what has no glyph, marks that join the letter before them
 * (the composed letter is the one form), private use, tags. */
static bool is_unprintable(uint32_t c)
{
    static const struct range ranges[] = {
        {0x00, 0x1f},     {0x7f, 0xa0},       {0xad, 0xad},
        {0x300, 0x36f},   {0x600, 0x605},     {0x61c, 0x61c},
        {0x115f, 0x1160}, {0x1680, 0x1680},   {0x180b, 0x180e},
        {0x2000, 0x200f}, {0x2028, 0x202f},   {0x205f, 0x206f},
        {0x3000, 0x3000}, {0x3164, 0x3164},   {0xe000, 0xf8ff},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
        {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };
    return !xml_char_allowed(c) ||
           within(ranges, sizeof(ranges) / sizeof(ranges[0]), c);
}

/* Scripts whose letters look like Latin ones: not in one name with them. */
static unsigned script(uint32_t c)
{
    static const struct range latin[] = {
        {'A', 'Z'}, {'a', 'z'}, {0xc0, 0x24f}, {0x1e00, 0x1eff}};
    static const struct range alike[] = {
        {0x370, 0x3ff}, {0x400, 0x52f}, {0x1f00, 0x1fff}, {0x13a0, 0x13ff}};

    if (within(latin, sizeof(latin) / sizeof(latin[0]), c))
        return 1;
    return within(alike, sizeof(alike) / sizeof(alike[0]), c) ? 2 : 0;
}

enum iss_status enroll_name_check(const char *name, struct iss_error *error)
{
    size_t len = strlen(name);
    size_t characters = 0;
    unsigned scripts = 0;

    for (size_t at = 0; at < len; characters++) {
        uint32_t c = 0;
        if (!xml_utf8_next(name, len, &at, &c))
            return iss_fail(error, ISS_MALFORMED,
                            "name: not well-formed UTF-8");
        if (is_unprintable(c))
            return iss_fail(error, ISS_MALFORMED,
                            "name: U+%04lX, character %zu, is not allowed",
                            (unsigned long)c, characters + 1);
        if (c < 0x80 && strchr("/\\:*?\"<>|", (int)c) != NULL)
            return iss_fail(error, ISS_MALFORMED,
                            "name: '%c' is not allowed in \"%.260s\"", (int)c,
                            name);
        scripts |= script(c);
    }
    if (characters == 0 || characters > ENROLL_NAME_MAX)
        return iss_fail(error, ISS_MALFORMED,
                        "name: %zu characters, must be 1 to %d", characters,
                        ENROLL_NAME_MAX);
    if (name[0] == ' ' || name[len - 1] == ' ')
        return iss_fail(error, ISS_MALFORMED,
                        "name: a blank at an end of \"%.260s\"", name);
    if (name[0] == '.' || name[0] == '-')
        return iss_fail(error, ISS_MALFORMED,
                        "name: \"%.260s\" begins with '%c'", name, name[0]);
    if (scripts == 3)
        return iss_fail(error, ISS_MALFORMED,
                        "name: \"%.260s\" mixes Latin letters with others "
                        "that look like them",
                        name);
    return ISS_OK;
}
