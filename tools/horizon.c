/* SPDX-License-Identifier: Apache-2.0 */
/* What ends when, as a list that is printed, drawn and written as JSON. */
#include "horizon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "when.h"

enum {
    SOON = 90,         /* days that are told with a warning */
    LONG = 1095,       /* days that are told as years from here on */
    FOUR_YEARS = 1461, /* days */
};

static void each_end(void *arg, const struct iss_end *end)
{
    struct tool_horizon *horizon = arg;
    struct tool_end copy = {.what = strdup(end->what),
                            .name = strdup(end->name),
                            .then = strdup(end->then),
                            .from = end->from,
                            .until = end->until};

    if (horizon->count < TOOL_ENDS_MAX && copy.what != NULL &&
        copy.name != NULL && copy.then != NULL) {
        horizon->ends[horizon->count++] = copy;
        return;
    }
    horizon->full = true;
    free(copy.what);
    free(copy.name);
    free(copy.then);
}

enum iss_status tool_horizon_load(struct tool *tool, struct iss *iss,
                                  int64_t now, struct tool_horizon *out)
{
    enum iss_status status;

    *out = (struct tool_horizon){.now = now};
    status = iss_horizon(iss, now, each_end, out, &tool->error);
    if (status == ISS_OK && out->full)
        status = tool_fail(tool, ISS_INTERNAL, "out of memory");
    return status;
}

void tool_horizon_clear(struct tool_horizon *horizon)
{
    for (size_t i = 0; i < horizon->count; i++) {
        free(horizon->ends[i].what);
        free(horizon->ends[i].name);
        free(horizon->ends[i].then);
    }
    horizon->count = 0;
}

void tool_horizon_left(const struct tool_horizon *horizon, int64_t until,
                       char out[static TOOL_LEFT_SIZE])
{
    /* counted by calendar days, as people do */
    const int64_t days = until / TOOL_DAY - horizon->now / TOOL_DAY;
    const int64_t size = days < 0 ? -days : days;
    const bool years = size >= LONG;
    const int64_t count =
        years ? (4 * size + FOUR_YEARS / 2) / FOUR_YEARS : size;
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRId64 " %s%s", count,
                   years ? "year" : "day", count == 1 ? "" : "s");
    if (until == 0)
        (void)snprintf(out, TOOL_LEFT_SIZE, "never");
    else if (days == 0)
        (void)snprintf(out, TOOL_LEFT_SIZE, "%s today",
                       until <= horizon->now ? "ended" : "ends");
    else if (days > 0)
        (void)snprintf(out, TOOL_LEFT_SIZE, "in %s", text);
    else
        (void)snprintf(out, TOOL_LEFT_SIZE, "%s ago", text);
}

static void date_of(int64_t time, char out[static TOOL_DATE_SIZE])
{
    if (time == 0 || !tool_date_print(time, out))
        (void)snprintf(out, TOOL_DATE_SIZE, "-");
}

/* The sentence stands on a line of its own below each row: it is long. */
static enum iss_status print_text(struct tool *tool,
                                  const struct tool_horizon *horizon)
{
    static const char *const headings[] = {"what",  "name", "from",
                                           "until", "ends", NULL};
    struct tool_table *table = tool_table_new(headings);
    bool memory = table != NULL;

    for (size_t i = 0; memory && i < horizon->count; i++) {
        const struct tool_end *end = &horizon->ends[i];
        char from[TOOL_DATE_SIZE], until[TOOL_DATE_SIZE], left[TOOL_LEFT_SIZE];

        date_of(end->from, from);
        date_of(end->until, until);
        tool_horizon_left(horizon, end->until, left);
        memory =
            tool_table_row(table, (const char *const[]){end->what, end->name,
                                                        from, until, left});
    }
    if (memory) {
        tool_text(&tool->out, TOOL_STRONG, "What ends when");
        tool_table_print(table, &tool->out);
        tool_text(&tool->out, TOOL_STRONG, "What stops working then");
    }
    tool_table_free(table);
    for (size_t i = 0; memory && i < horizon->count; i++) {
        const struct tool_end *end = &horizon->ends[i];
        const bool over = end->until != 0 && end->until <= horizon->now;
        const bool soon = end->until != 0 &&
                          end->until <= horizon->now + (int64_t)SOON * TOOL_DAY;

        tool_part(&tool->out,
                  over   ? TOOL_BAD
                  : soon ? TOOL_WARN
                         : TOOL_PLAIN,
                  "  %s", end->what);
        tool_text(&tool->out, TOOL_PLAIN, ": %s", end->then);
    }
    return memory ? ISS_OK : tool_fail(tool, ISS_INTERNAL, "out of memory");
}

static void json_time(struct tool_json *json, const char *name, int64_t time)
{
    if (time != 0)
        tool_json_time(json, name, time);
    else
        tool_json_text(json, name, NULL);
}

enum iss_status tool_horizon_print(struct tool *tool,
                                   const struct tool_horizon *horizon)
{
    struct tool_json *json = &tool->out.json;

    if (!tool->out.as_json)
        return print_text(tool, horizon);
    tool_json_open(json, "horizon", '[');
    for (size_t i = 0; i < horizon->count; i++) {
        const struct tool_end *end = &horizon->ends[i];

        tool_json_open(json, NULL, '{');
        tool_json_text(json, "what", end->what);
        tool_json_text(json, "name", end->name);
        json_time(json, "from", end->from);
        json_time(json, "until", end->until);
        tool_json_bool(json, "ended",
                       end->until != 0 && end->until <= horizon->now);
        tool_json_text(json, "then", end->then);
        tool_json_close(json, '}');
    }
    tool_json_close(json, ']');
    return ISS_OK;
}
