/* SPDX-License-Identifier: Apache-2.0 */
/* One XrML document: what is accepted has the fields that everyone relies on.
 */
#include <stdint.h>
#include <stdlib.h>

#include "issuer/xrml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xrml_document *document = NULL;
    struct iss_error error = {.status = ISS_OK};
    size_t len = 0;

    if (xrml_parse((const char *)data, size, NULL, &document, &error) !=
        ISS_OK) {
        if (document != NULL || error.text[0] == '\0')
            __builtin_trap();
        return 0;
    }
    const struct xrml_fields *fields = xrml_fields(document);
    if (fields->issuer_key.modulus == NULL || fields->issuer.id == NULL ||
        xrml_body(document, &len)[0] != '<' || len == 0)
        __builtin_trap();
    xrml_document_free(document);
    return 0;
}
