/* SPDX-License-Identifier: Apache-2.0 */
/* Validity as bars over time: an SVG inside a page. */
#include "report_plot.h"

#include <string.h>

#include "issuer/xrml.h"
#include "report_text.h"
#include "when.h"

enum {
    FAR_YEARS = 12,
    BACK_YEARS = 2,
    TOP = 44, /* of the first row: above it the time of the line */
    ROW = 48, /* name and dates, below them the bar */
    BAR_TOP = 22,
    BAR = 14,
    BOTTOM = 30, /* for the years */
    TICKS = 12,  /* about as many as fit */
    MONTHS = 12,
    LABEL_ROOM = 90
};

/* ---- time -----------------------------------------------------------------
 */

static int64_t far_end(const struct tool_horizon *horizon)
{
    const int64_t limit = xrml_time_add_years(horizon->now, FAR_YEARS);
    int64_t last = 0, first = 0;

    for (size_t i = 0; i < horizon->count; i++) {
        const int64_t until = horizon->ends[i].until;

        if (until == 0 || strcmp(horizon->ends[i].what, "key size") == 0)
            continue;
        if (until <= limit && until > last)
            last = until;
        if (first == 0 || until < first)
            first = until;
    }
    last = last != 0 ? last : first;
    return last > horizon->now ? last : xrml_time_add_years(horizon->now, 1);
}

struct tool_plot tool_plot_of(const struct tool_horizon *horizon)
{
    const int64_t back = xrml_time_add_years(horizon->now, -BACK_YEARS);
    struct tool_plot plot = {.from = horizon->now, .until = far_end(horizon)};
    int64_t margin;

    for (size_t i = 0; i < horizon->count; i++) {
        const int64_t from = horizon->ends[i].from;

        if (from != 0 && from < plot.from)
            plot.from = from > back ? from : back;
    }
    margin = (plot.until - plot.from) / 40 + TOOL_DAY;
    plot.from -= margin;
    plot.until += margin;
    return plot;
}

double tool_plot_x(const struct tool_plot *plot, int64_t time)
{
    const double width = TOOL_PLOT_WIDTH - 2 * TOOL_PLOT_MARGIN;
    const double part =
        (double)(time - plot->from) / (double)(plot->until - plot->from);

    return TOOL_PLOT_MARGIN + width * (part < 0 ? 0 : part > 1 ? 1 : part);
}

/* ---- years ------------------------------------------------------------------
 */

/* The first of a month, counted from year 0; false behind 9999. */
static bool month_start(int month, int64_t *time, char text[static 32])
{
    (void)snprintf(text, 32, "%04d-%02d-01T00:00", month / MONTHS,
                   month % MONTHS + 1);
    return xrml_time_parse(text, strlen(text), time);
}

static int month_of(int64_t time)
{
    char text[XRML_TIME_SIZE];
    int year = 0, month = 1;

    if (!xrml_time_print(time, text) ||
        sscanf(text, "%4d-%2d", &year, &month) != 2)
        return 0;
    return year * MONTHS + month - 1;
}

/* Months between two ticks: so many that about TICKS of them fit. */
static int step_of(int months)
{
    static const int steps[] = {1, 3, 6, 12, 24, 60, 120, 240, 600};
    size_t n = 0;

    while (n + 1 < sizeof(steps) / sizeof(steps[0]) &&
           months / steps[n] > TICKS)
        n++;
    return steps[n];
}

static void write_ticks(FILE *file, const struct tool_plot *plot, int bottom)
{
    const int first = month_of(plot->from), last = month_of(plot->until);
    const int step = step_of(last - first);
    char text[32];
    int64_t time;

    for (int month = first - first % step; month <= last; month += step) {
        double x;

        if (!month_start(month, &time, text) || time <= plot->from ||
            time >= plot->until)
            continue;
        x = tool_plot_x(plot, time);
        (void)fprintf(file,
                      "<line class=\"tick\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" "
                      "y2=\"%d\"/>",
                      x, TOP - 6, x, bottom);
        (void)fprintf(file,
                      "<text class=\"year\" x=\"%.2f\" y=\"%d\">%.*s</text>\n",
                      x, bottom + 18, step < MONTHS ? 7 : 4, text);
    }
}

static void write_now(FILE *file, const struct tool_plot *plot,
                      const struct tool_horizon *horizon, int bottom)
{
    const double x = tool_plot_x(plot, horizon->now);
    const char *anchor = x < LABEL_ROOM                     ? "start"
                         : x > TOOL_PLOT_WIDTH - LABEL_ROOM ? "end"
                                                            : "middle";
    const double label_x = x < LABEL_ROOM ? x - 4 : x;

    (void)fprintf(
        file,
        "<line class=\"now\" data-time=\"%lld\" x1=\"%.2f\" y1=\"%d\" "
        "x2=\"%.2f\" y2=\"%d\"/><text class=\"now\" x=\"%.2f\" "
        "y=\"20\" text-anchor=\"%s\">",
        (long long)horizon->now, x, TOP - 16, x, bottom, label_x, anchor);
    tool_report_date(file, horizon->now);
    (void)fputs("</text>\n", file);
}

/* ---- bars -------------------------------------------------------------------
 */

static const char *class_of(const struct tool_horizon *horizon,
                            const struct tool_end *end)
{
    static const struct {
        const char *what, *class;
    } rows[] = {{"SLC", "own"},
                {"anchor", "open"},
                {"last license", "license"},
                {"pending proof", "proof"},
                {"key size", "size"}};

    if (end->until != 0 && end->until <= horizon->now)
        return "ended";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].what, end->what) == 0)
            return rows[i].class;
    return "above";
}

static void write_span(FILE *file, const struct tool_end *end)
{
    if (end->until == 0) {
        (void)fputs("no end of its own", file);
        return;
    }
    if (end->from != 0) {
        tool_report_date(file, end->from);
        (void)fputs(" \xe2\x80\x93 ", file);
    } else {
        (void)fputs("until ", file);
    }
    tool_report_date(file, end->until);
}

static void write_bar(FILE *file, const struct tool_plot *plot,
                      const struct tool_horizon *horizon, size_t n, int y)
{
    const struct tool_end *end = &horizon->ends[n];
    const double left =
        end->from != 0 ? tool_plot_x(plot, end->from) : TOOL_PLOT_MARGIN;
    const double right = end->until != 0 ? tool_plot_x(plot, end->until)
                                         : TOOL_PLOT_WIDTH - TOOL_PLOT_MARGIN;

    (void)fprintf(file,
                  "<rect class=\"bar %s\" data-from=\"%lld\" "
                  "data-until=\"%lld\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" "
                  "height=\"%d\" rx=\"4\"><title>",
                  class_of(horizon, end), (long long)end->from,
                  (long long)end->until, left, y + BAR_TOP,
                  right - left > 1 ? right - left : 1, BAR);
    tool_report_text(file, end->what);
    (void)fputs(" ", file);
    tool_report_text(file, end->name);
    (void)fputs(": ", file);
    write_span(file, end);
    (void)fputs("</title></rect>", file);
    if (end->until > plot->until)
        (void)fprintf(file,
                      "<path class=\"beyond\" d=\"M%.2f %d l4 %d l-4 %d\"/>",
                      right - 12, y + BAR_TOP + 3, BAR / 2 - 3, BAR / 2 - 3);
    (void)fputs("\n", file);
}

static void write_label(FILE *file, const struct tool_end *end, int y)
{
    (void)fprintf(file,
                  "<text class=\"name\" x=\"%d\" y=\"%d\"><tspan "
                  "class=\"what\">",
                  TOOL_PLOT_MARGIN, y + BAR_TOP - 8);
    tool_report_text(file, end->what);
    (void)fputs("</tspan> ", file);
    tool_report_text(file, end->name);
    (void)fprintf(file, "</text><text class=\"span\" x=\"%d\" y=\"%d\">",
                  TOOL_PLOT_WIDTH - TOOL_PLOT_MARGIN, y + BAR_TOP - 8);
    write_span(file, end);
    (void)fputs("</text>\n", file);
}

void tool_plot_write(FILE *file, const struct tool_horizon *horizon)
{
    const struct tool_plot plot = tool_plot_of(horizon);
    const int bottom = TOP + ROW * (int)horizon->count;

    (void)fprintf(file,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                  "aria-labelledby=\"plot-title plot-desc\" viewBox=\"0 0 %d "
                  "%d\" data-from=\"%lld\" data-until=\"%lld\">\n"
                  "<title id=\"plot-title\">Validity over time</title>\n"
                  "<desc id=\"plot-desc\">A bar for each certificate, anchor, "
                  "proof and license, from its beginning to its end; a "
                  "vertical line at ",
                  TOOL_PLOT_WIDTH, bottom + BOTTOM, (long long)plot.from,
                  (long long)plot.until);
    tool_report_date(file, horizon->now);
    (void)fputs(". The table below has the same dates.</desc>\n", file);
    write_ticks(file, &plot, bottom);
    for (size_t i = 0; i < horizon->count; i++)
        write_bar(file, &plot, horizon, i, TOP + ROW * (int)i);
    write_now(file, &plot, horizon, bottom);
    for (size_t i = 0; i < horizon->count; i++)
        write_label(file, &horizon->ends[i], TOP + ROW * (int)i);
    (void)fputs("</svg>\n", file);
}
