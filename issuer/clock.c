/* SPDX-License-Identifier: Apache-2.0 */
/* Time: see clock.h. The calendar itself is that of the documents. */
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MINUTE = 60, MINUTE_LEN = XRML_TIME_SIZE - 1 };

int64_t iss_clock_now(const struct iss_env *env)
{
    struct timespec now = {0};

    if (env->now != NULL)
        return env->now(env->now_arg);
    /* cannot fail: the clock id is known and the pointer is ours */
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

bool iss_clock_print(int64_t seconds, char out[static ISS_CLOCK_SIZE])
{
    char minutes[XRML_TIME_SIZE];
    int64_t rest = ((seconds % MINUTE) + MINUTE) % MINUTE;

    if (!xrml_time_print(seconds - rest, minutes))
        return false;
    return snprintf(out, ISS_CLOCK_SIZE, "%s:%02dZ", minutes, (int)rest) ==
           ISS_CLOCK_SIZE - 1;
}

bool iss_clock_parse(const char *text, size_t len, int64_t *seconds)
{
    char again[ISS_CLOCK_SIZE];
    int64_t minutes = 0;

    if (len != ISS_CLOCK_SIZE - 1 ||
        !xrml_time_parse(text, MINUTE_LEN, &minutes))
        return false;
    const char *tail = text + MINUTE_LEN;
    if (tail[1] < '0' || tail[1] > '5' || tail[2] < '0' || tail[2] > '9')
        return false;
    *seconds = minutes + (tail[1] - '0') * 10 + (tail[2] - '0');
    return iss_clock_print(*seconds, again) && memcmp(again, text, len) == 0;
}
