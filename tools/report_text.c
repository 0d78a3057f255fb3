/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a page that is HTML and well-formed XML at once. */
#include "report_text.h"

#include <string.h>

#include "output.h"
#include "text.h"
#include "when.h"

static const struct {
    uint32_t point;
    const char *reference;
} references[] = {{'&', "&amp;"},  {'<', "&lt;"},
                  {'>', "&gt;"},   {'"', "&quot;"},
                  {'\'', "&#39;"}, {0xfffe, "?"}, /* no characters of XML */
                  {0xffff, "?"}};

static const char *reference_of(uint32_t point)
{
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
        if (references[i].point == point)
            return references[i].reference;
    return NULL;
}

void tool_report_text(FILE *file, const char *text)
{
    const size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        uint32_t point;
        const size_t taken = tool_utf8_next(text + at, len - at, &point);
        const char *reference = reference_of(point);

        if (reference != NULL)
            (void)fputs(reference, file);
        else
            (void)tool_text_write(file, text + at, taken);
        at += taken;
    }
}

void tool_report_date(FILE *file, int64_t seconds)
{
    char date[TOOL_DATE_SIZE];

    (void)fputs(tool_date_print(seconds, date) ? date : "?", file);
}

void tool_report_hash(FILE *file, const uint8_t hash[static 32])
{
    char groups[TOOL_HASH_SIZE];

    tool_hash_groups(hash, groups);
    (void)fputs(groups, file);
}
