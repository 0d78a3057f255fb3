/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: escapes, growth, failure. */
#include <stdlib.h>
#include <string.h>

#include "issuer/xml.h"
#include "unit.h"

static char *written(void (*write)(struct xml_out *, const char *),
                     const char *text)
{
    struct xml_out out = {0};
    write(&out, text);
    return xml_out_take(&out, NULL);
}

static void text_is_escaped_as_each_place_needs(void)
{
    char *raw = written(xml_out_raw, "<\xc3\xa4&>");
    char *text = written(xml_out_text, "<\"\xc3\xa4&'>");
    char *content = written(xml_out_content, "<a b=\"c\">&");
    char *ascii = written(xml_out_ascii, "\"\xc3\xa4\xf0\x9f\x98\x80&");

    CU_ASSERT_STRING_EQUAL(raw, "<\xc3\xa4&>");
    CU_ASSERT_STRING_EQUAL(text, "&lt;&quot;\xc3\xa4&amp;'&gt;");
    CU_ASSERT_STRING_EQUAL(content, "&lt;a b=\"c\"&gt;&amp;");
    CU_ASSERT_STRING_EQUAL(ascii, "&quot;&#228;&#128512;&amp;");
    free(raw);
    free(text);
    free(content);
    free(ascii);
}

static void ill_formed_utf_8_fails_in_ascii(void)
{
    CU_ASSERT_PTR_NULL(written(xml_out_ascii, "a\xff"));
}

static void output_grows_as_it_must(void)
{
    struct xml_out out = {0};
    size_t len = 0;

    for (int i = 0; i < 100000; i++)
        xml_out_raw(&out, "0123456789");
    char *text = xml_out_take(&out, &len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(len, 1000000);
    CU_ASSERT_EQUAL(strlen(text), len);
    CU_ASSERT_PTR_NULL(out.text);
    free(text);
}

static void nothing_written_is_an_empty_text(void)
{
    struct xml_out out = {0};
    char *text = xml_out_take(&out, NULL);

    CU_ASSERT_STRING_EQUAL(text, "");
    free(text);
}

UNIT_MAIN("xml_write", UNIT(text_is_escaped_as_each_place_needs),
          UNIT(ill_formed_utf_8_fails_in_ascii), UNIT(output_grows_as_it_must),
          UNIT(nothing_written_is_an_empty_text))
