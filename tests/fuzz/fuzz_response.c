/* SPDX-License-Identifier: Apache-2.0 */
/* A response in any of its forms. */
#include <stdint.h>
#include <stdlib.h>

#include "issuer/enroll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xrml_chain chain = {.count = 0};
    struct iss_error error = {.status = ISS_OK};

    if (enroll_response_parse((const char *)data, size, &chain, &error) !=
        ISS_OK) {
        if (chain.count != 0 || error.text[0] == '\0')
            __builtin_trap();
    }
    xrml_chain_clear(&chain);
    return 0;
}
