/* SPDX-License-Identifier: Apache-2.0 */
/* A request: what is accepted prints, and reads back as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/enroll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct enroll_request first;
    static struct enroll_request second;
    char *text = NULL;
    size_t len = 0;

    if (enroll_request_parse((const char *)data, size, &first, NULL) != ISS_OK)
        return 0;
    if (enroll_request_print(&first, &text, &len, NULL) != ISS_OK ||
        enroll_request_parse(text, len, &second, NULL) != ISS_OK ||
        memcmp(&first, &second, sizeof(first)) != 0)
        __builtin_trap();
    free(text);
    return 0;
}
