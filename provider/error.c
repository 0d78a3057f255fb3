/* SPDX-License-Identifier: Apache-2.0 */
/* CK_RV -> entries of OpenSSL's error stack, and the table of reasons. */
#include "error.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { REASON_MAX = 0x7fffff, REASONS = 256, TEXT_SIZE = 512 };

static OSSL_ITEM reasons[REASONS + 1];
static pthread_once_t reasons_once = PTHREAD_ONCE_INIT;

uint32_t prov_reason(CK_RV rv)
{
    if (rv == CKR_OK || rv > REASON_MAX)
        return (uint32_t)CKR_GENERAL_ERROR;
    return (uint32_t)rv;
}

static void fill_reasons(void)
{
    const char *name, *text;
    size_t count = 0;
    CK_RV rv;

    for (size_t n = 0; count < REASONS && p11_rv_at(n, &rv, &name, &text);
         n++) {
        if (rv == CKR_OK || rv > REASON_MAX)
            continue;
        reasons[count].id = (unsigned)rv;
        memcpy(&reasons[count].ptr, &text, sizeof(text));
        count++;
    }
}

const OSSL_ITEM *prov_reasons(void)
{
    (void)pthread_once(&reasons_once, fill_reasons);
    return reasons;
}

static void set_error(const struct prov_core *core, uint32_t reason,
                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    core->vset_error(core->handle, reason, format, args);
    va_end(args);
}

static void raise_text(const struct prov_core *core, CK_RV rv, const char *text)
{
    if (rv > REASON_MAX)
        set_error(core, prov_reason(rv), "%s (0x%08lx)", text,
                  (unsigned long)rv);
    else
        set_error(core, prov_reason(rv), "%s", text);
}

int prov_raise_at(const struct prov_core *core, CK_RV rv, const char *file,
                  int line, const char *function, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    core->new_error(core->handle);
    core->set_error_debug(core->handle, file, line, function);
    raise_text(core, rv, text);
    return 0;
}

static bool is_last(CK_RV rv, const char *text)
{
    const char *data = NULL;
    int flags = 0;
    const unsigned long last =
        ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);

    return last != 0 && (uint32_t)ERR_GET_REASON(last) == prov_reason(rv) &&
           (flags & ERR_TXT_STRING) != 0 && strcmp(data, text) == 0;
}

int prov_raise_once_at(const struct prov_core *core, CK_RV rv, const char *file,
                       int line, const char *function, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (is_last(rv, text))
        return 0;
    core->new_error(core->handle);
    core->set_error_debug(core->handle, file, line, function);
    raise_text(core, rv, text);
    return 0;
}
