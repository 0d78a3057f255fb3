/* SPDX-License-Identifier: Apache-2.0 */
/* The BODY of a revocation list: see revocation.h. */
#include "revocation.h"

#include <stdlib.h>
#include <string.h>

enum iss_status iss_revocation_build(const struct iss_revocation *list,
                                     char **out, struct iss_error *error)
{
    struct xrml_license license = {.type = XRML_REVOCATION_LIST,
                                   .guid = list->guid,
                                   .text = list->name,
                                   .issued = list->issued,
                                   .issuer_text = list->issuer_text,
                                   .issuer_text_len = list->issuer_text_len,
                                   .issuer = list->issuer,
                                   .revoked_count = list->count};

    *out = NULL;
    /* the documents take entries that may be written to */
    license.revoked = calloc(list->count + 1, sizeof(*license.revoked));
    if (license.revoked == NULL)
        return iss_fail(error, ISS_INTERNAL, "out of memory");
    if (list->count > 0)
        memcpy(license.revoked, list->revoked,
               list->count * sizeof(*license.revoked));
    enum iss_status status = xrml_license_build(&license, out, error);
    free(license.revoked);
    return status;
}
