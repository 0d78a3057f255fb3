/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs: read in either case, with or without braces; one normal form. */
#include "xrml.h"

#include <string.h>

static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
static const char nil[] = "{00000000-0000-0000-0000-000000000000}";

enum { PLAIN = sizeof(pattern) - 1 };

static char lower_hex(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : '\0';
}

bool xrml_guid_normal(const char *text, char out[static XRML_GUID_SIZE])
{
    size_t len = strlen(text);

    if (len == PLAIN + 2 && text[0] == '{' && text[len - 1] == '}')
        text++;
    else if (len != PLAIN)
        return false;
    out[0] = '{';
    for (size_t i = 0; i < PLAIN; i++) {
        char c = pattern[i] == '-' ? '-' : lower_hex(text[i]);
        if (c == '\0' || (c == '-' && text[i] != '-'))
            return false;
        out[i + 1] = c;
    }
    out[PLAIN + 1] = '}';
    out[PLAIN + 2] = '\0';
    return strcmp(out, nil) != 0;
}
