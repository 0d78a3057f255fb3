/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, and lines of the trace that are no calls. */
#include "diag.h"

#include "call.h"

#include <stdarg.h>
#include <stdio.h>

/* One line, whatever a label holds. */
static void make_plain(char *text)
{
    for (char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
}

CK_RV p11_diag_set(struct p11_diag *diag, CK_RV rv, const char *format, ...)
{
    va_list args;

    if (diag == NULL)
        return rv;
    va_start(args, format);
    (void)vsnprintf(diag->text, sizeof(diag->text), format, args);
    va_end(args);
    make_plain(diag->text);
    return rv;
}

CK_RV p11_diag_rv(struct p11_diag *diag, CK_RV rv, const char *what,
                  const char *name)
{
    const char *code = p11_rv_name(rv);

    if (code != NULL)
        return p11_diag_set(diag, rv, "%s '%s': %s (%s)", what, name,
                            p11_rv_text(rv), code);
    return p11_diag_set(diag, rv, "%s '%s': %s (0x%08lx)", what, name,
                        p11_rv_text(rv), rv);
}

void p11_note(const struct p11_tracer *tracer, CK_RV rv, const char *format,
              ...)
{
    char text[121];
    va_list args;

    if (tracer->trace == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    make_plain(text);
    tracer->trace(tracer->arg, text, rv, 0);
}
