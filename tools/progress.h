/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long run has come: one line on a terminal, rewritten in place, with
 * rate and estimated end; elsewhere nothing. */
#ifndef PRIVYSEAL_TOOL_PROGRESS_H
#define PRIVYSEAL_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct tool_progress {
    FILE *file; /* borrowed; NULL: nobody looks */
    uint64_t total;
    int64_t began, shown; /* monotonic, milliseconds */
    bool dirty;           /* the line stands there now */
};

/* file is written to where it is a terminal that can go back to the start of a
 * line. */
void tool_progress_begin(struct tool_progress *progress, FILE *file,
                         uint64_t total);
/* Shows done of total, of which fresh took their time, in as many columns as
 * the terminal has just now; a few times a second at most, however often it is
 * called. */
void tool_progress_show(struct tool_progress *progress, uint64_t done,
                        uint64_t fresh);
/* Takes the line away, for other output or at the end. */
void tool_progress_clear(struct tool_progress *progress);
/* Since the beginning. */
int64_t tool_progress_ms(const struct tool_progress *progress);

/* "12 s", "3 min 20 s", "2 h 5 min": of a number of seconds. */
enum { TOOL_SPAN_SIZE = 48 };
void tool_span_print(int64_t seconds, char out[static TOOL_SPAN_SIZE]);

#endif
