/* SPDX-License-Identifier: Apache-2.0 */
/* Labelled lines for people. */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "text.h"

enum { LABEL_COLUMNS = 11, PART_MAX = 8192 };

static const char *const colours[TOOL_COLOURS] = {
    [TOOL_PLAIN] = "",        [TOOL_STRONG] = "\033[1m",
    [TOOL_DIM] = "\033[2m",   [TOOL_GOOD] = "\033[32m",
    [TOOL_WARN] = "\033[33m", [TOOL_BAD] = "\033[31m",
};

static bool wants_colour(FILE *file)
{
    const char *term = secure_getenv("TERM");
    const char *no_colour = secure_getenv("NO_COLOR");

    return isatty(fileno(file)) && term != NULL && strcmp(term, "dumb") != 0 &&
           (no_colour == NULL || no_colour[0] == '\0');
}

void tool_out_init(struct tool_out *out, FILE *file, bool as_json, bool quiet)
{
    *out = (struct tool_out){.file = file,
                             .colour = !as_json && wants_colour(file),
                             .quiet = quiet,
                             .as_json = as_json,
                             .json = {.file = file}};
}

enum iss_status tool_out_finish(struct tool_out *out, struct iss_error *error)
{
    bool failed = ferror(out->file) != 0;

    errno = 0;
    if (fflush(out->file) == 0 && !failed)
        return ISS_OK;
    return iss_fail(error, ISS_STORE, "standard output: %s",
                    errno != 0 ? strerror(errno) : "could not be written");
}

static void paint(struct tool_out *out, enum tool_colour colour,
                  const char *text)
{
    bool coloured = out->colour && colour != TOOL_PLAIN;

    if (coloured)
        (void)fputs(colours[colour], out->file);
    (void)tool_text_write(out->file, text, strlen(text));
    if (coloured)
        (void)fputs("\033[0m", out->file);
}

__attribute__((format(printf, 3, 0))) static void part(struct tool_out *out,
                                                       enum tool_colour colour,
                                                       const char *format,
                                                       va_list list)
{
    char text[PART_MAX];

    if (out->as_json)
        return;
    (void)vsnprintf(text, sizeof(text), tool_say(format), list);
    paint(out, colour, text);
}

void tool_end_line(struct tool_out *out)
{
    if (!out->as_json)
        (void)fputc('\n', out->file);
}

__attribute__((format(printf, 3, 0))) static void labelled(struct tool_out *out,
                                                           const char *label,
                                                           const char *format,
                                                           va_list list)
{
    const char *said = tool_say(label);
    size_t columns = tool_text_columns(said, strlen(said));

    if (out->as_json)
        return;
    paint(out, TOOL_DIM, said);
    (void)fprintf(out->file, "%*s",
                  columns < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - columns) : 1,
                  "");
    part(out, TOOL_PLAIN, format, list);
    tool_end_line(out);
}

void tool_line(struct tool_out *out, const char *label, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    labelled(out, label, format, list);
    va_end(list);
}

void tool_note(struct tool_out *out, const char *label, const char *format, ...)
{
    va_list list;

    if (out->quiet)
        return;
    va_start(list, format);
    labelled(out, label, format, list);
    va_end(list);
}

void tool_text(struct tool_out *out, enum tool_colour colour,
               const char *format, ...)
{
    va_list list;

    va_start(list, format);
    part(out, colour, format, list);
    va_end(list);
    tool_end_line(out);
}

void tool_part(struct tool_out *out, enum tool_colour colour,
               const char *format, ...)
{
    va_list list;

    va_start(list, format);
    part(out, colour, format, list);
    va_end(list);
}

void tool_hash_groups(const uint8_t hash[static 32],
                      char out[static TOOL_HASH_SIZE])
{
    size_t at = 0;

    for (size_t i = 0; i < 32; i++)
        at += (size_t)snprintf(out + at, TOOL_HASH_SIZE - at, "%02x%s", hash[i],
                               i % 2 == 1 && i < 31 ? " " : "");
}

void tool_count_print(uint64_t count, char out[static TOOL_COUNT_SIZE])
{
    char digits[TOOL_COUNT_SIZE];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
    size_t to = 0;

    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[to++] = ' ';
        out[to++] = digits[i];
    }
    out[to] = '\0';
}
