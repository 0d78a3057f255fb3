/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a chain, with and without XRML_PRETTY, and its verification. */
#include <stdint.h>
#include <stdlib.h>

#include "issuer/xrml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct xrml_policy policy = {.legacy = true};
    struct xrml_anchors *anchors = NULL;
    struct xrml_report report;

    if (xrml_anchors_parse((const char *)data, size, &anchors, NULL) != ISS_OK)
        anchors = NULL;
    for (unsigned flags = 0; flags <= XRML_PRETTY; flags++) {
        struct xrml_chain chain = {.count = 0};
        enum iss_status status =
            xrml_chain_append(&chain, (const char *)data, size, flags, NULL);
        if ((status == ISS_OK) != (chain.count > 0))
            __builtin_trap();
        if (anchors != NULL && status == ISS_OK)
            status = xrml_chain_verify(NULL, &chain, anchors, &policy, &report,
                                       NULL);
        xrml_chain_clear(&chain);
    }
    xrml_anchors_free(anchors);
    return 0;
}
