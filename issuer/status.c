/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes and their sentences: see status.h. */
#include "status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct row {
    enum iss_status status;
    const char *name;
    const char *text;
};

static const struct row rows[] = {
#define STATUS(id, code, words) \
    {.status = ISS_##id, .name = #id, .text = (words)},
#include "status.def"
#undef STATUS
};

static const struct row *find(enum iss_status status)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

/* Messages quote what strangers wrote: no control character reaches a log or
 * a terminal, neither C0 nor (as UTF-8) C1. */
static void make_printable(char *text)
{
    unsigned char before = 0;

    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f || (before == 0xc2 && c < 0xa0))
            *text = '?';
        before = c;
    }
}

/* ---- the user's language --------------------------------------------------
 */

static iss_say_fn *say_local;

/* The newest pairs of this thread: a frame that quotes the one below it quotes
 * the English text, and finds here what that is in the user's language. */
enum { PAIRS = 4 };
static _Thread_local struct pair {
    char text[ISS_TEXT_MAX], local[ISS_TEXT_MAX];
} pairs[PAIRS];
static _Thread_local unsigned newest;

void iss_error_language(iss_say_fn *say)
{
    say_local = say;
}

static void append(char out[static ISS_TEXT_MAX], size_t *used,
                   const char *text, size_t len)
{
    if (len > ISS_TEXT_MAX - 1 - *used)
        len = ISS_TEXT_MAX - 1 - *used;
    memcpy(out + *used, text, len);
    *used += len;
    out[*used] = '\0';
}

/* Replaces what is remembered in local by its translation; the first found. */
static void replace_quoted(char local[static ISS_TEXT_MAX])
{
    char out[ISS_TEXT_MAX];
    size_t used = 0;

    for (unsigned i = 0; i < PAIRS; i++) {
        const struct pair *pair = &pairs[(newest + PAIRS - i) % PAIRS];
        const char *at =
            pair->text[0] == '\0' ? NULL : strstr(local, pair->text);

        if (at == NULL)
            continue;
        append(out, &used, local, (size_t)(at - local));
        append(out, &used, pair->local, strlen(pair->local));
        at += strlen(pair->text);
        append(out, &used, at, strlen(at));
        memcpy(local, out, used + 1);
        return;
    }
}

static void remember(const struct iss_error *error)
{
    newest = (newest + 1) % PAIRS;
    memcpy(pairs[newest].text, error->text, sizeof(error->text));
    memcpy(pairs[newest].local, error->local, sizeof(error->local));
}

/* A function, since clang takes no such promise of a pointer to one. */
__attribute__((format_arg(1))) static const char *
in_language(const char *format)
{
    return say_local(format);
}

__attribute__((format(printf, 2, 0))) static void
say(struct iss_error *error, const char *format, va_list arguments)
{
    if (vsnprintf(error->local, sizeof(error->local), in_language(format),
                  arguments) < 0)
        error->local[0] = '\0';
    replace_quoted(error->local);
    make_printable(error->local);
    remember(error);
}

/* ---- failing --------------------------------------------------------------
 */

enum iss_status iss_fail(struct iss_error *error, enum iss_status status,
                         const char *format, ...)
{
    va_list arguments;

    if (error == NULL || error->status != ISS_OK)
        return status;
    error->status = status;
    error->local[0] = '\0';
    va_start(arguments, format);
    if (vsnprintf(error->text, sizeof(error->text), format, arguments) < 0)
        error->text[0] = '\0';
    va_end(arguments);
    make_printable(error->text);
    if (say_local != NULL) {
        va_start(arguments, format);
        say(error, format, arguments);
        va_end(arguments);
    }
    return status;
}

const char *iss_status_text(enum iss_status status)
{
    const struct row *row = find(status);
    return row == NULL ? "unknown status" : row->text;
}

const char *iss_status_name(enum iss_status status)
{
    const struct row *row = find(status);
    return row == NULL ? NULL : row->name;
}
