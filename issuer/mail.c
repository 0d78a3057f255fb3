/* SPDX-License-Identifier: Apache-2.0 */
/* Mail addresses: see mail.h. */
#include "mail.h"

#include <stddef.h>
#include <string.h>

bool iss_mail_good(const char *text)
{
    const size_t len = strlen(text);
    const char *at = strchr(text, '@');

    if (len > ISS_MAIL_MAX || at == NULL || at == text || at[1] == '\0' ||
        strchr(at + 1, '@') != NULL)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == '\x7f' ||
            strchr("<>\"&,;:()[]\\", text[i]) != NULL)
            return false;
    return true;
}
