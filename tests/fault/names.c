/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the tables of names. */
#include "names.h"

#include "newer.h"

#include <stdlib.h>
#include <string.h>

struct name {
    const char *text;
    CK_ULONG value;
};

static const char *const functions[] = {
#define FN(name, params, args, ...) [FAULT_##name] = #name,
#define SPECIAL(name, params)       [FAULT_##name] = #name,
#define NEWER(name)                 [FAULT_##name] = #name,
#include "calls.def"
#undef FN
#undef SPECIAL
    [FAULT_FUNCTIONS] = "*"};

#define NAME(constant) {#constant, constant},
static const struct name results[] = {
#include "results.def"
};
static const struct name others[] = {
#include "attributes.def"
};
#undef NAME

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *fault_function_name(enum fault_function function)
{
    return functions[function];
}

bool fault_function_find(const char *name, enum fault_function *function)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        if (strcmp(functions[i], name) == 0) {
            *function = (enum fault_function)i;
            return true;
        }
    }
    return false;
}

const char *fault_result_name(CK_RV rv)
{
    for (size_t i = 0; i < COUNT(results); i++) {
        if (results[i].value == rv)
            return results[i].text;
    }
    return NULL;
}

static bool look_up(const struct name *table, size_t count, const char *text,
                    CK_ULONG *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].text, text) == 0) {
            *value = table[i].value;
            return true;
        }
    }
    return false;
}

bool fault_number(const char *text, CK_ULONG *value)
{
    char *end = NULL;

    if (look_up(results, COUNT(results), text, value) ||
        look_up(others, COUNT(others), text, value))
        return true;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *value = strtoul(text, &end, 0);
    return *end == '\0';
}
