/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors: what is accepted has at least one key, each with a hash. */
#include <stdint.h>
#include <stdlib.h>

#include "issuer/xrml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xrml_anchors *anchors = NULL;
    uint8_t hash[32];

    if (xrml_anchors_parse((const char *)data, size, &anchors, NULL) != ISS_OK)
        return 0;
    size_t count = xrml_anchors_count(anchors);
    if (count == 0 || count > XRML_ANCHORS_MAX)
        __builtin_trap();
    for (size_t i = 0; i < count; i++)
        if (xrml_anchor_name(anchors, i) == NULL ||
            xrml_key_hash(xrml_anchor_key(anchors, i), hash, NULL) != ISS_OK)
            __builtin_trap();
    xrml_anchors_free(anchors);
    return 0;
}
