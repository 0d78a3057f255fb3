/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on a terminal: see progress.h. */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "say.h"

enum { EVERY_MS = 200, MINUTE = 60, HOUR = 3600 };

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tool_progress_begin(struct tool_progress *progress, FILE *file,
                         uint64_t total)
{
    const char *term = secure_getenv("TERM");
    bool terminal = file != NULL && isatty(fileno(file)) == 1 && term != NULL &&
                    strcmp(term, "dumb") != 0;

    *progress = (struct tool_progress){
        .file = terminal ? file : NULL, .total = total, .began = now_ms()};
}

int64_t tool_progress_ms(const struct tool_progress *progress)
{
    return now_ms() - progress->began;
}

void tool_span_print(int64_t seconds, char out[static TOOL_SPAN_SIZE])
{
    if (seconds < MINUTE)
        (void)snprintf(out, TOOL_SPAN_SIZE, "%" PRId64 " s", seconds);
    else if (seconds < HOUR)
        (void)snprintf(out, TOOL_SPAN_SIZE, "%" PRId64 " min %" PRId64 " s",
                       seconds / MINUTE, seconds % MINUTE);
    else
        (void)snprintf(out, TOOL_SPAN_SIZE, "%" PRId64 " h %" PRId64 " min",
                       seconds / HOUR, seconds % HOUR / MINUTE);
}

void tool_progress_show(struct tool_progress *progress, uint64_t done,
                        uint64_t fresh)
{
    char shown[TOOL_COUNT_SIZE];
    char total[TOOL_COUNT_SIZE];
    char span[TOOL_SPAN_SIZE];
    const int64_t now = now_ms();
    const int64_t spent = now - progress->began;

    if (progress->file == NULL || now - progress->shown < EVERY_MS)
        return;
    progress->shown = now;
    tool_count_print(done, shown);
    tool_count_print(progress->total, total);
    (void)fprintf(progress->file, "\r\033[K");
    (void)fprintf(progress->file, tool_say("%s of %s"), shown, total);
    /* what was there already took no time and foretells nothing */
    if (fresh > 0 && spent > 0 && done <= progress->total) {
        int64_t rate = (int64_t)(fresh * 1000) / spent;
        int64_t left =
            (int64_t)(progress->total - done) * spent / (int64_t)fresh / 1000;

        tool_span_print(left, span);
        (void)fprintf(progress->file,
                      tool_say(", %" PRId64 " a second, about %s left"), rate,
                      span);
    }
    (void)fflush(progress->file);
    progress->dirty = true;
}

void tool_progress_clear(struct tool_progress *progress)
{
    if (progress->dirty) {
        (void)fprintf(progress->file, "\r\033[K");
        (void)fflush(progress->file);
    }
    progress->dirty = false;
    progress->shown = 0;
}
