/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a chain, as it is and with XRML_PRETTY, and its verification up to
 * an anchor that vouches for none of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An anchor of a published key: RFC 9500, 2048 bits. */
static const char anchor[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsPnoGUOnrpiSqt4XynxA\n"
    "+HRP7S+BSObI6qJ7fQAVSPtRkqsotWxQYLEYzNEx5ZSHTGypibVsJylvCfuToDTf\n"
    "Mul8b/CZjP2Ob0LdpYrNH6l5hvFE89FU1nZQF15oVLOpUgA7wGiHuEVawrGfey92\n"
    "UE68mOyUVXGweJIVDdxqdMoPvNNUl86BU02vlBiESxOuox+dWmuVV7vfYZ79Toh/\n"
    "LUK43YvJh+rhv4nKuF7iHjVjBd9sB6iDjj70HFldzOQ9r8SRI+9NirupPTkF5AKN\n"
    "e6kUhKJ1luB7S27ZkvB3tSTT3P593VVJvnzOjaA1z6Cz+4+eRvcysqhrRgFlwI9T\n"
    "EwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xrml_anchors *anchors;
    const struct xrml_policy policy = {.legacy = true};
    struct xrml_report report;
    enum iss_status status = ISS_XML;

    if (anchors == NULL &&
        xrml_anchors_parse(anchor, strlen(anchor), &anchors, NULL) != ISS_OK)
        __builtin_trap();
    for (unsigned flags = 0; flags <= XRML_PRETTY && status != ISS_OK;
         flags++) {
        struct xrml_chain chain = {.count = 0};

        status =
            xrml_chain_append(&chain, (const char *)data, size, flags, NULL);
        if ((status == ISS_OK) != (chain.count > 0))
            __builtin_trap();
        if (status == ISS_OK &&
            xrml_chain_verify(NULL, &chain, anchors, &policy, &report, NULL) ==
                ISS_OK)
            __builtin_trap();
        xrml_chain_clear(&chain);
    }
    return 0;
}
