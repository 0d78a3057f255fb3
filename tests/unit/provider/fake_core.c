/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_core.h"

#include <openssl/params.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct fake_setting *table;
static int errors;
static uint32_t last_reason;
static char last_text[512];

static int get_params(const OSSL_CORE_HANDLE *handle, OSSL_PARAM params[])
{
    (void)handle;
    for (OSSL_PARAM *p = params; p->key != NULL; p++) {
        for (const struct fake_setting *s = table; s->name != NULL; s++) {
            if (strcmp(s->name, p->key) == 0)
                OSSL_PARAM_set_utf8_ptr(p, s->value);
        }
    }
    return 1;
}

static void new_error(const OSSL_CORE_HANDLE *handle)
{
    (void)handle;
    errors++;
}

static void set_debug(const OSSL_CORE_HANDLE *handle, const char *file,
                      int line, const char *function)
{
    (void)handle, (void)file, (void)line, (void)function;
}

__attribute__((format(printf, 3, 0))) static void
vset_error(const OSSL_CORE_HANDLE *handle, uint32_t reason, const char *format,
           va_list args)
{
    (void)handle;
    last_reason = reason;
    (void)vsnprintf(last_text, sizeof(last_text), format, args);
}

void fake_core(struct prov_core *core, const struct fake_setting *settings)
{
    *core = (struct prov_core){.get_params = get_params,
                               .new_error = new_error,
                               .set_error_debug = set_debug,
                               .vset_error = vset_error};
    table = settings;
    errors = 0;
    last_reason = 0;
    last_text[0] = '\0';
}

int fake_core_errors(void)
{
    return errors;
}

uint32_t fake_core_reason(void)
{
    return last_reason;
}

const char *fake_core_text(void)
{
    return last_text;
}
