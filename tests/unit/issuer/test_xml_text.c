/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 and UTF-16, against iconv of the C library. */
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xml_text.h"
#include "unit.h"

static size_t convert(const char *to, const char *from, const char *in,
                      size_t len, char *out, size_t size)
{
    iconv_t cd = iconv_open(to, from);
    char *copy = malloc(len + 1);
    char *at = copy;
    char *end = out;
    size_t left = size;
    size_t rest = len;

    memcpy(copy, in, len);
    size_t result = iconv(cd, &at, &rest, &end, &left);
    (void)iconv_close(cd);
    free(copy);
    return result == (size_t)-1 ? SIZE_MAX : size - left;
}

static void every_code_point_goes_there_and_back(void)
{
    size_t wrong = 0;

    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char utf8[4];
        char theirs[8];
        uint8_t ours[8];
        uint32_t back = 0;
        size_t at = 0;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        size_t len = xml_utf8_put(c, utf8);
        wrong +=
            !xml_utf8_next(utf8, len, &at, &back) || back != c || at != len;
        if (c % 251 != 0 && c > 0x900)
            continue; /* iconv is slow: a sample of the higher planes */
        size_t units = xml_utf16le(utf8, len, ours);
        size_t wanted = convert("UTF-16LE", "UTF-8", utf8, len, theirs, 8);
        wrong += units != wanted || memcmp(ours, theirs, units) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void ill_formed_utf_8_is_refused(void)
{
    static const char *const texts[] = {
        "\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe2(\xa1",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint8_t out[16];
        uint32_t c = 0;
        size_t at = 0;
        CU_ASSERT_FALSE(xml_utf8_next(texts[i], strlen(texts[i]), &at, &c));
        CU_ASSERT_EQUAL(at, 0);
        CU_ASSERT_EQUAL(xml_utf16le(texts[i], strlen(texts[i]), out), SIZE_MAX);
    }
}

static void files_in_utf_16_become_utf_8(void)
{
    static const char text[] = "<a>\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</a>";
    static const char *const names[] = {"UTF-16LE", "UTF-16BE"};

    for (size_t i = 0; i < 2; i++)
        for (size_t mark = 0; mark < 2; mark++) {
            char file[64] = "";
            char *out = NULL;
            size_t len = 0;
            enum xml_encoding encoding = XML_UTF8;
            if (mark == 1)
                memcpy(file, i == 0 ? "\xff\xfe" : "\xfe\xff", 2);
            size_t octets = convert(names[i], "UTF-8", text, strlen(text),
                                    file + 2 * mark, 60);
            CU_ASSERT_EQUAL_FATAL(xml_decode(file, octets + 2 * mark, ISS_XML,
                                             &out, &len, &encoding, NULL),
                                  ISS_OK);
            CU_ASSERT_STRING_EQUAL(out, text);
            CU_ASSERT_EQUAL(len, strlen(text));
            CU_ASSERT_EQUAL(encoding, XML_UTF16);
            free(out);
        }
}

static void broken_utf_16_is_refused(void)
{
    static const struct {
        const char *octets;
        size_t len;
    } rows[] = {{"\xff\xfe<\0a", 5},
                {"\xff\xfe\x00\xd8", 4},
                {"\xff\xfe\x00\xd8<\0", 6},
                {"\xff\xfe\x00\xdc", 4},
                {"<\0\x00\xdc", 4}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum xml_encoding encoding = XML_UTF8;
        struct iss_error error = {0};
        char *out = NULL;
        size_t len = 0;
        CU_ASSERT_EQUAL(xml_decode(rows[i].octets, rows[i].len, ISS_MALFORMED,
                                   &out, &len, &encoding, &error),
                        ISS_MALFORMED);
        CU_ASSERT_PTR_NULL(out);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
    }
}

static void a_mark_of_utf_8_is_taken_off(void)
{
    enum xml_encoding encoding = XML_UTF16;
    char *out = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL_FATAL(
        xml_decode("\xef\xbb\xbf<a/>", 7, ISS_XML, &out, &len, &encoding, NULL),
        ISS_OK);
    CU_ASSERT_STRING_EQUAL(out, "<a/>");
    CU_ASSERT_EQUAL(encoding, XML_UTF8);
    free(out);
}

UNIT_MAIN("xml_text", UNIT(every_code_point_goes_there_and_back),
          UNIT(ill_formed_utf_8_is_refused), UNIT(files_in_utf_16_become_utf_8),
          UNIT(broken_utf_16_is_refused), UNIT(a_mark_of_utf_8_is_taken_off))
