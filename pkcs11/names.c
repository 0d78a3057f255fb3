/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences for Cryptoki's numbers. */
#include "p11.h"

#include <string.h>

struct result {
    CK_RV rv;
    const char *name, *text;
};

struct number {
    CK_ULONG value;
    const char *name;
};

static const struct result results[] = {
#define RV(code, text)  {code, #code, text},
#define OWN(code, text) {code, #code, text},
#include "names.def"
#undef RV
#undef OWN
};

static const struct number mechanisms[] = {
#define CKM(code) {code, #code},
#include "names.def"
#undef CKM
};

static const struct number attributes[] = {
#define CKA(code) {code, #code},
#include "names.def"
#undef CKA
};

static const struct result *result(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i].rv == rv)
            return &results[i];
    }
    return NULL;
}

static const char *name(const struct number *numbers, size_t count,
                        CK_ULONG value)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i].value == value)
            return numbers[i].name;
    }
    return NULL;
}

const char *p11_rv_name(CK_RV rv)
{
    const struct result *row = result(rv);

    return row != NULL ? row->name : NULL;
}

const char *p11_rv_text(CK_RV rv)
{
    const struct result *row = result(rv);

    if (row != NULL)
        return row->text;
    return rv >= CKR_VENDOR_DEFINED ? "an error of the module's own"
                                    : "an unknown error";
}

bool p11_rv_at(size_t n, CK_RV *rv, const char **code, const char **text)
{
    if (n >= sizeof(results) / sizeof(results[0]))
        return false;
    *rv = results[n].rv;
    *code = results[n].name;
    *text = results[n].text;
    return true;
}

const char *p11_mechanism_name(CK_MECHANISM_TYPE mechanism)
{
    return name(mechanisms, sizeof(mechanisms) / sizeof(mechanisms[0]),
                mechanism);
}

const char *p11_attribute_name(CK_ATTRIBUTE_TYPE attribute)
{
    return name(attributes, sizeof(attributes) / sizeof(attributes[0]),
                attribute);
}

bool p11_mechanism_of(const char *text, CK_MECHANISM_TYPE *out)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (strcmp(mechanisms[i].name, text) == 0) {
            *out = mechanisms[i].value;
            return true;
        }
    }
    return false;
}
