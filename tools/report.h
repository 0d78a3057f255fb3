/* SPDX-License-Identifier: Apache-2.0 */
/* A store as one page: what it is, its chain, what ends when. The page is HTML
 * and well-formed XML, loads nothing, needs no script, and is read by day and
 * by night, on paper and aloud. */
#ifndef PRIVYSEAL_TOOL_REPORT_H
#define PRIVYSEAL_TOOL_REPORT_H

#include "horizon.h"

struct tool_report { /* all borrowed */
    const struct iss_info *info;
    const struct tool_horizon *horizon; /* and the time of the page */
    const struct xrml_chain *chain;     /* count 0: none */
    const struct xrml_anchors *anchors; /* NULL: none */
    const struct xrml_report *verified; /* of the chain, valid with anchors */
    const char *root;                   /* base URL of the root, or NULL */
    const char *missing;                /* of an interrupted init, or "" */
    enum iss_status status;             /* that stands for the state */
};

void tool_report_write(FILE *file, const struct tool_report *report);

/* Whether a file begins as such a page does: it may be replaced by another. */
bool tool_report_is(const char *text);

/* The style sheet; static. */
extern const char tool_report_style[];

#endif
