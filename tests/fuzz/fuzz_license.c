/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of any kind: what is read is built again and says the same, or is
 * refused by name; never does a text come out that means something else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/xrml_rights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct xrml_document *parse(const char *text, size_t len)
{
    struct xrml_document *document = NULL;

    if (xrml_parse(text, len, NULL, &document, NULL) != ISS_OK &&
        xrml_unsigned_parse(text, len, &document, NULL) != ISS_OK)
        return NULL;
    return document;
}

/* Built once more, it is the same text. */
static void build_again(const char *body, const struct xrml_license *said)
{
    static const uint8_t sig[64] = {1};
    const size_t len = strlen(body);
    struct xrml_reading *reading = NULL;
    char *text = NULL;
    char *again = NULL;
    enum iss_status status =
        said->type == XRML_RIGHTS
            ? xrml_unsigned_assemble(body, len, &text, NULL)
            : xrml_assemble(body, len, sig, sizeof(sig), &text, NULL);

    if (status != ISS_OK)
        __builtin_trap();
    struct xrml_document *document = parse(text, strlen(text));
    if (document == NULL ||
        xrml_license_read(document, &reading, NULL) != ISS_OK)
        __builtin_trap();
    const struct xrml_license *license = xrml_reading_license(reading);
    if (!xrml_license_same(said, license) || license->beyond != NULL ||
        xrml_license_build(license, &again, NULL) != ISS_OK ||
        strcmp(again, body) != 0)
        __builtin_trap();
    xrml_reading_free(reading);
    xrml_document_free(document);
    free(text);
    free(again);
}

/* What a key is bound to: cut from the text, or made of the fields. */
static void bind(const char *body, const struct xrml_license *license)
{
    char *cut = NULL;
    char *made = NULL;

    if (xrml_license_bound(body, strlen(body), license->type, &cut, NULL) ==
            ISS_OK &&
        (xrml_license_binding(license, &made, NULL) != ISS_OK ||
         strcmp(cut, made) != 0))
        __builtin_trap();
    free(cut);
    free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xrml_document *document = parse((const char *)data, size);
    struct xrml_reading *reading = NULL;
    struct iss_error error = {.status = ISS_OK};
    char *body = NULL;

    if (document == NULL)
        return 0;
    if (xrml_license_read(document, &reading, &error) == ISS_OK) {
        const struct xrml_license *license = xrml_reading_license(reading);
        enum iss_status status = xrml_license_build(license, &body, &error);

        if (!xrml_license_same(license, license) || status == ISS_INTERNAL)
            __builtin_trap();
        if (status == ISS_OK) {
            build_again(body, license);
            bind(body, license);
        }
    }
    if (body == NULL && error.text[0] == '\0')
        __builtin_trap();
    free(body);
    xrml_reading_free(reading);
    xrml_document_free(document);
    return 0;
}
