/* SPDX-License-Identifier: Apache-2.0 */
/* Times on the command line and in output. */
#include "when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "issuer/xrml.h"

enum { DATE_LEN = 10, MINUTE_LEN = 16, SECOND_LEN = 19 };

int64_t tool_now(void)
{
    return (int64_t)time(NULL);
}

static bool two_digits(const char *text, int64_t *value)
{
    if (text[0] < '0' || text[0] > '5' || text[1] < '0' || text[1] > '9')
        return false;
    *value = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

static bool parse(const char *text, size_t len, int64_t *seconds)
{
    char minute[XRML_TIME_SIZE];
    int64_t extra = 0;

    if (len == SECOND_LEN) {
        if (text[MINUTE_LEN] != ':' ||
            !two_digits(text + MINUTE_LEN + 1, &extra))
            return false;
        len = MINUTE_LEN;
    }
    if (len == DATE_LEN)
        (void)snprintf(minute, sizeof(minute), "%.*sT00:00", DATE_LEN, text);
    else if (len == MINUTE_LEN)
        (void)snprintf(minute, sizeof(minute), "%.*s", MINUTE_LEN, text);
    else
        return false;
    if (!xrml_time_parse(minute, MINUTE_LEN, seconds))
        return false;
    *seconds += extra;
    return true;
}

enum iss_status tool_time_parse(const char *option, const char *text,
                                int64_t *seconds, struct iss_error *error)
{
    size_t len = strlen(text);

    if (strcmp(text, "now") == 0) {
        *seconds = tool_now();
        return ISS_OK;
    }
    if (len > 0 && text[len - 1] == 'Z')
        len--;
    if (parse(text, len, seconds))
        return ISS_OK;
    return iss_fail(error, ISS_USAGE,
                    "--%s: not a time: %s (now, YYYY-MM-DD or "
                    "YYYY-MM-DDThh:mm[:ss], UTC)",
                    option, text);
}

bool tool_time_print(int64_t seconds, char out[static TOOL_TIME_SIZE])
{
    char minute[XRML_TIME_SIZE];
    int second = (int)(((seconds % 60) + 60) % 60);

    if (!xrml_time_print(seconds, minute))
        return false;
    (void)snprintf(out, TOOL_TIME_SIZE, "%s:%02dZ", minute, second);
    return true;
}

bool tool_date_print(int64_t seconds, char out[static TOOL_DATE_SIZE])
{
    char minute[XRML_TIME_SIZE];

    if (!xrml_time_print(seconds, minute))
        return false;
    (void)snprintf(out, TOOL_DATE_SIZE, "%.*s", DATE_LEN, minute);
    return true;
}
