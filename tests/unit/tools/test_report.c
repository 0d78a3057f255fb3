/* SPDX-License-Identifier: Apache-2.0 */
/* The page of a store: text that cannot harm, bars that stand where the dates
 * say. That it is well-formed: tests/token/cli_status.sh. */
#include "tools/report.h"

#include <stdlib.h>
#include <string.h>

#include "tools/report_plot.h"
#include "tools/report_text.h"
#include "unit.h"

enum { DAY = 86400 };

static const int64_t now = INT64_C(1795255200); /* 2026-11-21T10:00:00Z */

static char *text_of(const char *text)
{
    char *out = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&out, &len);

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    tool_report_text(file, text);
    CU_ASSERT_EQUAL_FATAL(fclose(file), 0);
    return out;
}

static void text_cannot_leave_its_place(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"RMS01", "RMS01"},
        {"<script>alert('x')</script>",
         "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
        {"a & b \"c\"", "a &amp; b &quot;c&quot;"},
        {"]]>", "]]&gt;"},
        {"bl\xc3\xa5 r\xc3\xb8"
         "d",
         "bl\xc3\xa5 r\xc3\xb8"
         "d"},
        {"\x01\x1b[31m\n", "??[31m?"},
        {"\xff\xc3", "??"},                 /* not UTF-8 */
        {"\xe2\x80\xae", "?"},              /* right-to-left override */
        {"\xef\xbf\xbf\xef\xbf\xbe", "??"}, /* no characters of XML */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *out = text_of(rows[i].in);

        CU_ASSERT_STRING_EQUAL(out, rows[i].out);
        free(out);
    }
}

static struct tool_end end_of(const char *what, int64_t from, int64_t until)
{
    static char name[] = "NAME", then[] = "nothing works";

    return (struct tool_end){.what = strdup(what),
                             .name = name,
                             .then = then,
                             .from = from,
                             .until = until};
}

static void forget(struct tool_horizon *horizon)
{
    for (size_t i = 0; i < horizon->count; i++)
        free(horizon->ends[i].what);
    free(horizon);
}

static struct tool_horizon *horizon_of(int64_t ca_years)
{
    struct tool_horizon *horizon = calloc(1, sizeof(*horizon));

    CU_ASSERT_PTR_NOT_NULL_FATAL(horizon);
    horizon->now = now;
    horizon->count = 4;
    horizon->ends[0] = end_of("SLC", now - 100 * DAY, now + 265 * DAY);
    horizon->ends[1] = end_of("CA certificate", now - (int64_t)9000 * DAY,
                              xrml_time_add_years(now, (int)ca_years));
    horizon->ends[2] = end_of("anchor", 0, 0);
    horizon->ends[3] = end_of("last license", now, xrml_time_add_years(now, 7));
    return horizon;
}

static void a_year_is_seen_beside_thirty(void)
{
    struct tool_horizon *horizon = horizon_of(30);
    const struct tool_plot plot = tool_plot_of(horizon);

    CU_ASSERT_TRUE(plot.until > xrml_time_add_years(now, 7));
    CU_ASSERT_TRUE(plot.until < xrml_time_add_years(now, 8));
    /* what began long ago does not stretch the plot either */
    CU_ASSERT_TRUE(plot.from < xrml_time_add_years(now, -2));
    CU_ASSERT_TRUE(plot.from > xrml_time_add_years(now, -3));
    forget(horizon);
}

static void a_place_is_linear_in_time_and_kept_inside(void)
{
    const struct tool_plot plot = {.from = now, .until = now + 100 * DAY};
    const double left = TOOL_PLOT_MARGIN;
    const double width = TOOL_PLOT_WIDTH - 2 * TOOL_PLOT_MARGIN;

    CU_ASSERT_DOUBLE_EQUAL(tool_plot_x(&plot, now), left, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(tool_plot_x(&plot, now + 25 * DAY), left + width / 4,
                           1e-9);
    CU_ASSERT_DOUBLE_EQUAL(tool_plot_x(&plot, now + 100 * DAY), left + width,
                           1e-9);
    CU_ASSERT_DOUBLE_EQUAL(tool_plot_x(&plot, now - DAY), left, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(tool_plot_x(&plot, now + 101 * DAY), left + width,
                           1e-9);
}

static void with_nothing_that_ends_there_is_still_a_plot(void)
{
    struct tool_horizon *horizon = calloc(1, sizeof(*horizon));
    struct tool_plot plot;

    CU_ASSERT_PTR_NOT_NULL_FATAL(horizon);
    horizon->now = now;
    plot = tool_plot_of(horizon);
    CU_ASSERT_TRUE(plot.from < now && now < plot.until);
    horizon->count = 1;
    horizon->ends[0] = end_of("SLC", now - 800 * DAY, now - 435 * DAY);
    plot = tool_plot_of(horizon);
    CU_ASSERT_TRUE(plot.from < now && now < plot.until);
    forget(horizon);
}

static void days_and_years_are_counted(void)
{
    const struct tool_horizon *horizon =
        &(const struct tool_horizon){.now = now};
    static const struct {
        int64_t days;
        const char *text;
    } rows[] = {{1, "in 1 day"},       {365, "in 365 days"},
                {-1, "1 day ago"},     {-400, "400 days ago"},
                {5479, "in 15 years"}, {10957, "in 30 years"},
                {-2557, "7 years ago"}};
    char text[TOOL_LEFT_SIZE];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tool_horizon_left(horizon, now + rows[i].days * DAY, text);
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
    }
    tool_horizon_left(horizon, 0, text);
    CU_ASSERT_STRING_EQUAL(text, "never");
    tool_horizon_left(horizon, now + 3600, text);
    CU_ASSERT_STRING_EQUAL(text, "ends today");
    tool_horizon_left(horizon, now - 3600, text);
    CU_ASSERT_STRING_EQUAL(text, "ended today");
}

static void only_a_page_of_ours_is_one(void)
{
    CU_ASSERT_FALSE(tool_report_is(""));
    CU_ASSERT_FALSE(tool_report_is("<!DOCTYPE html>\n<html lang=\"en\">"));
}

/* A style sheet with such a character would end the element in HTML or not be
 * well-formed in XML. */
static void the_style_needs_no_escape(void)
{
    CU_ASSERT_PTR_NULL(strpbrk(tool_report_style, "<&>"));
    CU_ASSERT_PTR_NULL(strstr(tool_report_style, "url("));
    CU_ASSERT_PTR_NULL(strstr(tool_report_style, "@import"));
}

UNIT_MAIN("report", UNIT(text_cannot_leave_its_place),
          UNIT(a_year_is_seen_beside_thirty),
          UNIT(a_place_is_linear_in_time_and_kept_inside),
          UNIT(with_nothing_that_ends_there_is_still_a_plot),
          UNIT(days_and_years_are_counted), UNIT(only_a_page_of_ours_is_one),
          UNIT(the_style_needs_no_escape))
