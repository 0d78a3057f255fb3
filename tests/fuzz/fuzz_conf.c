/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration and policy files: whatever is read ends within its member. */
#include <stdint.h>
#include <string.h>

#include "issuer/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct iss_policy policy;

    if (iss_policy_read("policy", (const char *)data, size, &policy, NULL) !=
        ISS_OK)
        return 0;
    for (size_t i = 0; i < ISS_POLICY_CHECKS; i++)
        if (policy.levels[i] > ISS_LEVEL_OFF)
            __builtin_trap();
    if (memchr(policy.url_allow, '\0', sizeof(policy.url_allow)) == NULL ||
        policy.key_min < 2048)
        __builtin_trap();
    (void)iss_url_matches(policy.url_allow, strlen(policy.url_allow),
                          "https://rms.example/_wmcs");
    return 0;
}
