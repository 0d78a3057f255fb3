/* SPDX-License-Identifier: Apache-2.0 */
/* A report of verifying, for people and as JSON. */
#ifndef PRIVYSEAL_TOOL_EXPLAIN_H
#define PRIVYSEAL_TOOL_EXPLAIN_H

#include "issuer/xrml.h"
#include "tool.h"

struct tool_explained { /* borrowed */
    const struct xrml_chain *chain;
    const struct xrml_report *report;
    const struct xrml_anchors *anchors;
    const struct iss_error *error;
    const char *trusted; /* the kind of what is trusted beside the anchors that
                            the chain stands on; NULL: an anchor */
};

/* A line: what it is and that it is valid, and what has ended since. Prints
 * nothing of a chain that failed: the error line says it. */
void tool_explain_short(struct tool *tool, const struct tool_explained *it);

/* From the anchor down, each document with its dates and six tests. */
void tool_explain_tree(struct tool *tool, const struct tool_explained *it);

void tool_explain_json(struct tool *tool, const struct tool_explained *it);

#endif
