/* SPDX-License-Identifier: Apache-2.0 */
/* A small JSON writer: two blanks an indent, one member a line. */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "text.h"
#include "when.h"

static void newline(const struct tool_json *json)
{
    (void)fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
}

static void quote(const struct tool_json *json, const char *text, size_t len)
{
    (void)fputc('"', json->file);
    for (size_t at = 0; at < len;) {
        uint32_t point;
        size_t taken = tool_utf8_next(text + at, len - at, &point);

        if (point == TOOL_NO_POINT)
            (void)fputs("\xef\xbf\xbd", json->file);
        else if (point == '"' || point == '\\')
            (void)fprintf(json->file, "\\%c", (int)point);
        else if (point < 0x20 || point == 0x7f)
            (void)fprintf(json->file, "\\u%04" PRIx32, point);
        else
            (void)fwrite(text + at, 1, taken, json->file);
        at += taken;
    }
    (void)fputc('"', json->file);
}

static void begin(struct tool_json *json, const char *name)
{
    if (json->depth > 0) {
        if (json->filled[json->depth - 1])
            (void)fputc(',', json->file);
        json->filled[json->depth - 1] = true;
        newline(json);
    }
    if (name != NULL) {
        quote(json, name, strlen(name));
        (void)fputs(": ", json->file);
    }
}

void tool_json_open(struct tool_json *json, const char *name, char bracket)
{
    begin(json, name);
    (void)fputc(bracket, json->file);
    if (json->depth < TOOL_JSON_DEPTH)
        json->filled[json->depth++] = false;
}

void tool_json_close(struct tool_json *json, char bracket)
{
    bool filled = json->depth > 0 && json->filled[json->depth - 1];

    if (json->depth > 0)
        json->depth--;
    if (filled)
        newline(json);
    (void)fputc(bracket, json->file);
    if (json->depth == 0)
        (void)fputc('\n', json->file);
}

void tool_json_text_n(struct tool_json *json, const char *name,
                      const char *text, size_t len)
{
    begin(json, name);
    quote(json, text, len);
}

void tool_json_text(struct tool_json *json, const char *name, const char *text)
{
    if (text != NULL) {
        tool_json_text_n(json, name, text, strlen(text));
        return;
    }
    begin(json, name);
    (void)fputs("null", json->file);
}

void tool_json_number(struct tool_json *json, const char *name, int64_t number)
{
    begin(json, name);
    (void)fprintf(json->file, "%" PRId64, number);
}

void tool_json_bool(struct tool_json *json, const char *name, bool value)
{
    begin(json, name);
    (void)fputs(value ? "true" : "false", json->file);
}

void tool_json_hex(struct tool_json *json, const char *name,
                   const uint8_t *octets, size_t len)
{
    begin(json, name);
    (void)fputc('"', json->file);
    for (size_t i = 0; i < len; i++)
        (void)fprintf(json->file, "%02x", octets[i]);
    (void)fputc('"', json->file);
}

void tool_json_time(struct tool_json *json, const char *name, int64_t seconds)
{
    char text[TOOL_TIME_SIZE];

    tool_json_text(json, name, tool_time_print(seconds, text) ? text : NULL);
}
