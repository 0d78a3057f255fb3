/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer: valid whatever it is given (RFC 8259). */
#include "tools/json.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char *text;
static size_t length;

static struct tool_json begin(void)
{
    free(text);
    text = NULL;
    return (struct tool_json){.file = open_memstream(&text, &length)};
}

static void end(struct tool_json *json, const char *expected)
{
    CU_ASSERT_EQUAL(fclose(json->file), 0);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
    text = NULL;
}

static void members_are_separated_and_indented(void)
{
    struct tool_json json = begin();

    tool_json_open(&json, NULL, '{');
    tool_json_text(&json, "a", "x");
    tool_json_number(&json, "b", -9223372036854775807 - 1);
    tool_json_open(&json, "c", '[');
    tool_json_bool(&json, NULL, true);
    tool_json_text(&json, NULL, NULL);
    tool_json_close(&json, ']');
    tool_json_close(&json, '}');
    end(&json, "{\n  \"a\": \"x\",\n  \"b\": -9223372036854775808,\n"
               "  \"c\": [\n    true,\n    null\n  ]\n}\n");
}

static void empty_objects_and_arrays_are_written_so(void)
{
    struct tool_json json = begin();

    tool_json_open(&json, NULL, '{');
    tool_json_open(&json, "a", '[');
    tool_json_close(&json, ']');
    tool_json_open(&json, "b", '{');
    tool_json_close(&json, '}');
    tool_json_close(&json, '}');
    end(&json, "{\n  \"a\": [],\n  \"b\": {}\n}\n");
}

static void quotes_backslashes_and_control_characters_are_escaped(void)
{
    struct tool_json json = begin();

    tool_json_text_n(&json, NULL, "\"\\/\b\f\n\r\t\0\x1b\x7f", 11);
    end(&json, "\"\\\"\\\\/\\u0008\\u000c\\u000a\\u000d\\u0009\\u0000\\u001b"
               "\\u007f\"");
}

static void utf8_is_kept_and_everything_else_replaced(void)
{
    struct tool_json json = begin();

    /* e acute, euro sign, an astral character */
    tool_json_text(&json, NULL, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91");
    end(&json, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"");
    json = begin();
    /* stray continuation, overlong slash, surrogate, cut short */
    tool_json_text(&json, NULL, "a\x80z\xc0\xaf|\xed\xa0\x80|\xe2\x82");
    end(&json, "\"a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf"
               "\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void times_and_hex_have_their_fixed_form(void)
{
    static const uint8_t octets[] = {0x00, 0xab, 0xff};
    struct tool_json json = begin();

    tool_json_open(&json, NULL, '{');
    tool_json_time(&json, "t", 1000000000); /* date -u -d @1000000000 */
    tool_json_hex(&json, "h", octets, sizeof(octets));
    tool_json_close(&json, '}');
    end(&json, "{\n  \"t\": \"2001-09-09T01:46:40Z\",\n  \"h\": \"00abff\"\n}"
               "\n");
}

static void nesting_beyond_the_limit_stays_within_memory(void)
{
    struct tool_json json = begin();

    for (int i = 0; i < 3 * TOOL_JSON_DEPTH; i++)
        tool_json_open(&json, NULL, '[');
    CU_ASSERT_EQUAL(json.depth, TOOL_JSON_DEPTH);
    for (int i = 0; i < 3 * TOOL_JSON_DEPTH; i++)
        tool_json_close(&json, ']');
    CU_ASSERT_EQUAL(json.depth, 0);
    (void)fclose(json.file);
    free(text);
    text = NULL;
}

UNIT_MAIN("json", UNIT(members_are_separated_and_indented),
          UNIT(empty_objects_and_arrays_are_written_so),
          UNIT(quotes_backslashes_and_control_characters_are_escaped),
          UNIT(utf8_is_kept_and_everything_else_replaced),
          UNIT(times_and_hex_have_their_fixed_form),
          UNIT(nesting_beyond_the_limit_stays_within_memory))
