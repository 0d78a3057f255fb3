/* SPDX-License-Identifier: Apache-2.0 */
/* The URI that a key will have: see key.h. */
#include "key.h"

#include <stdio.h>
#include <string.h>

/* Everything but unreserved characters as %XX (RFC 7512 2.3). */
static bool append_escaped(char *out, size_t size, size_t *used,
                           const uint8_t *data, size_t len, bool all)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

    for (size_t i = 0; i < len; i++) {
        bool keep = !all && data[i] != '\0' && strchr(plain, data[i]) != NULL;
        int n = snprintf(out + *used, size - *used, keep ? "%c" : "%%%02X",
                         data[i]);
        if (n < 0 || (size_t)n >= size - *used)
            return false;
        *used += (size_t)n;
    }
    return true;
}

static bool append(char *out, size_t size, size_t *used, const char *text,
                   size_t len)
{
    if (len >= size - *used)
        return false;
    memcpy(out + *used, text, len);
    *used += len;
    out[*used] = '\0';
    return true;
}

bool iss_key_uri(const struct iss_keygen *keygen, const char *type,
                 char out[static ISS_URI_MAX])
{
    const char *query = strchr(keygen->token_uri, '?');
    size_t path = query == NULL ? strlen(keygen->token_uri)
                                : (size_t)(query - keygen->token_uri);
    size_t used = 0;

    return append(out, ISS_URI_MAX, &used, keygen->token_uri, path) &&
           append(out, ISS_URI_MAX, &used, ";object=", 8) &&
           append_escaped(out, ISS_URI_MAX, &used,
                          (const uint8_t *)keygen->label, strlen(keygen->label),
                          false) &&
           (keygen->id == NULL ||
            (append(out, ISS_URI_MAX, &used, ";id=", 4) &&
             append_escaped(out, ISS_URI_MAX, &used, keygen->id, ISS_ID_SIZE,
                            true))) &&
           append(out, ISS_URI_MAX, &used, type, strlen(type)) &&
           append(out, ISS_URI_MAX, &used, query == NULL ? "" : query,
                  query == NULL ? 0 : strlen(query));
}
