/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a library context, as text. */
#include "provconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between quotes neither $ (a variable) nor # (a comment) means anything to
 * the reader, only the quote itself and the backslash do. */
enum iss_status tool_provconf_line(FILE *file, const char *key,
                                   const char *value, struct iss_error *error)
{
    (void)fprintf(file, "%s = \"", key);
    for (; *value != '\0'; value++) {
        unsigned char octet = (unsigned char)*value;

        if (octet < 0x20 || octet == 0x7f)
            return iss_fail(error, ISS_USAGE,
                            "%s: a control character in the path", key);
        if (octet == '"' || octet == '\\')
            (void)fputc('\\', file);
        (void)fputc(octet, file);
    }
    (void)fputs("\"\n", file);
    return ISS_OK;
}

enum iss_status tool_provconf_print(const char *provider, const char *module,
                                    char **out, struct iss_error *error)
{
    size_t len = 0;
    enum iss_status status;
    FILE *file;

    *out = NULL;
    file = open_memstream(out, &len);
    if (file == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    /* Not [default]: that section is the reader's own, of defaults. */
    (void)fputs("openssl_conf = init\n"
                "[init]\n"
                "providers = providers\n"
                "[providers]\n"
                "default = use_default\n"
                "privyseal = use_privyseal\n"
                "[use_default]\n"
                "activate = 1\n"
                "[use_privyseal]\n",
                file);
    status = tool_provconf_line(file, "module", provider, error);
    if (status == ISS_OK && module != NULL)
        status = tool_provconf_line(file, "module-path", module, error);
    (void)fputs("activate = 1\n", file);
    if (fclose(file) != 0)
        status = iss_fail(error, ISS_INTERNAL, "out of memory");
    if (status != ISS_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}
