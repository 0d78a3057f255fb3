/* SPDX-License-Identifier: Apache-2.0 */
/* A proof: the signed part of what is accepted prints as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/pop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct iss_pop pop;
    char *text = NULL;
    size_t len = 0;

    if (iss_pop_parse((const char *)data, size, &pop, NULL) != ISS_OK &&
        iss_pop_parse_signed((const char *)data, size, &pop, NULL) != ISS_OK)
        return 0;
    if (iss_pop_print(&pop, &text, &len, NULL) != ISS_OK ||
        len != pop.signed_len || memcmp(text, data, len) != 0)
        __builtin_trap();
    free(text);
    return 0;
}
