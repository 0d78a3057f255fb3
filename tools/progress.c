/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on a terminal: see progress.h. */
#include "progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "say.h"
#include "text.h"

enum {
    EVERY_MS = 200,
    FORETELL_MS = 1000,
    MINUTE = 60,
    HOUR = 3600,
    COLUMNS = 80,
    LINE = 256
};

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

/* Asked anew each time: windows change. The last column stays free, where a
 * terminal might begin another line, which nothing takes away again. */
static size_t room_of(FILE *file)
{
    struct winsize size;

    return (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                ? size.ws_col
                : (size_t)COLUMNS) -
           1;
}

/* Octets of the characters of text that fit into room. */
static size_t fitting(const char *text, size_t room)
{
    const size_t len = strlen(text);
    size_t at = 0;

    for (; at < len && room > 0; room--) {
        uint32_t point = 0;

        at += tool_utf8_next(text + at, len - at, &point);
    }
    return at;
}

/* ", 233 a second, about 12 s left"; "" where nothing can be foretold: what
 * was there already took no time, and the first to come says little. */
static void foretell(const struct tool_progress *progress, uint64_t done,
                     uint64_t fresh, int64_t spent, char out[static LINE])
{
    char span[TOOL_SPAN_SIZE];

    out[0] = '\0';
    if (fresh == 0 || spent < FORETELL_MS || done > progress->total)
        return;
    tool_span_print((int64_t)(progress->total - done) * spent / (int64_t)fresh /
                        1000,
                    span);
    (void)snprintf(out, LINE, tool_say(", %" PRId64 " a second, about %s left"),
                   (int64_t)(fresh * 1000) / spent, span);
}

void tool_progress_show(struct tool_progress *progress, uint64_t done,
                        uint64_t fresh)
{
    char shown[TOOL_COUNT_SIZE];
    char total[TOOL_COUNT_SIZE];
    char line[2 * LINE];
    char more[LINE];
    const int64_t now = now_ms();

    if (progress->file == NULL || now - progress->shown < EVERY_MS)
        return;
    progress->shown = now;
    tool_count_print(done, shown);
    tool_count_print(progress->total, total);
    (void)snprintf(line, LINE, tool_say("%s of %s"), shown, total);
    foretell(progress, done, fresh, now - progress->began, more);
    const size_t room = room_of(progress->file);
    const size_t len = strlen(line);
    (void)snprintf(line + len, sizeof(line) - len, "%s", more);
    if (fitting(line, room) < strlen(line))
        line[len] = '\0'; /* how far is worth more than how long */
    (void)fprintf(progress->file, "\r\033[K%.*s", (int)fitting(line, room),
                  line);
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
