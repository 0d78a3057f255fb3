/* SPDX-License-Identifier: Apache-2.0 */
/* Validity as bars over time: an SVG inside a page. */
#ifndef PRIVYSEAL_TOOL_REPORT_PLOT_H
#define PRIVYSEAL_TOOL_REPORT_PLOT_H

#include <stdio.h>

#include "horizon.h"

enum { TOOL_PLOT_WIDTH = 960, TOOL_PLOT_MARGIN = 12 };

struct tool_plot { /* the time that is drawn; from < until */
    int64_t from, until;
};

/* From the first beginning, but not more than two years back, to behind the
 * last end within twelve years, so that a year is still seen beside thirty.
 * What reaches further is drawn to the edge. */
struct tool_plot tool_plot_of(const struct tool_horizon *horizon);

/* Where a time stands; what lies outside stands at the edge. */
double tool_plot_x(const struct tool_plot *plot, int64_t time);

/* <svg>...</svg>: a bar for each end, the years, a line at horizon->now. */
void tool_plot_write(FILE *file, const struct tool_horizon *horizon);

#endif
