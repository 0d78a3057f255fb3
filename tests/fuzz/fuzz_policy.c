/* SPDX-License-Identifier: Apache-2.0 */
/* A policy of an authority: what is accepted lets no key below 2048 bits in. */
#include <stdint.h>

#include "issuer/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct iss_policy policy;
    struct iss_error error = {.status = ISS_OK};

    if (iss_policy_read("policy.conf", (const char *)data, size, &policy,
                        &error) != ISS_OK) {
        if (error.text[0] == '\0')
            __builtin_trap();
        return 0;
    }
    if (policy.key_min < 2048 || policy.years < 0)
        __builtin_trap();
    return 0;
}
