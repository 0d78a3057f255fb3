/* SPDX-License-Identifier: Apache-2.0 */
/* Outcomes and their sentences: see status.h. */
#include "status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

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

enum iss_status iss_fail(struct iss_error *error, enum iss_status status,
                         const char *format, ...)
{
    va_list arguments;

    if (error == NULL || error->status != ISS_OK)
        return status;
    error->status = status;
    va_start(arguments, format);
    if (vsnprintf(error->text, sizeof(error->text), format, arguments) < 0)
        error->text[0] = '\0';
    va_end(arguments);
    make_printable(error->text);
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
