/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a URI: what is read as DER or PEM is written again as it was. */
#include <stdint.h>
#include <string.h>

#include "provider/urifile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const uint8_t *der, size_t len)
{
    uint8_t again[PROV_URIFILE_DER];
    char uri[PROV_URIFILE_URI + 1];
    const char *why = NULL;
    enum prov_urifile found = prov_urifile_parse(der, len, uri, &why);

    if (found != PROV_URIFILE_GOOD && why == NULL)
        __builtin_trap();
    if (found == PROV_URIFILE_OTHER && prov_urifile_is_ours(der, len))
        __builtin_trap();
    if (found == PROV_URIFILE_GOOD &&
        (prov_urifile_build(uri, again) != len || memcmp(again, der, len) != 0))
        __builtin_trap();
}

/* Pieces of lines, of a length that the input chooses. */
static enum prov_urifile read_pem(const uint8_t *data, size_t size,
                                  struct prov_urifile_pem *pem)
{
    const size_t most = size > 0 ? (size_t)data[0] + 1 : 1;
    const char *text = (const char *)data;
    uint8_t der[PROV_URIFILE_DER];
    const char *why;
    size_t len = 0;
    enum prov_urifile found;

    while (size > 0) {
        const char *end = memchr(text, '\n', size < most ? size : most);
        size_t piece = end != NULL   ? (size_t)(end - text) + 1
                       : size < most ? size
                                     : most;

        if (!prov_urifile_pem_line(pem, text, piece))
            break;
        text += piece;
        size -= piece;
    }
    found = prov_urifile_pem_der(pem, der, &len, &why);
    if (found == PROV_URIFILE_GOOD)
        check(der, len);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct prov_urifile_pem pem;

    check(data, size);
    memset(&pem, 0, sizeof(pem));
    (void)read_pem(data, size, &pem);
    return 0;
}
