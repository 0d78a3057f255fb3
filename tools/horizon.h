/* SPDX-License-Identifier: Apache-2.0 */
/* What ends when, as a list that is printed, drawn and written as JSON. */
#ifndef PRIVYSEAL_TOOL_HORIZON_H
#define PRIVYSEAL_TOOL_HORIZON_H

#include "issuer/issuer.h"
#include "tool.h"

enum { TOOL_ENDS_MAX = 128, TOOL_LEFT_SIZE = 64 };

struct tool_end { /* owned */
    char *what, *name, *then;
    int64_t from, until; /* 0: no such end */
};

struct tool_horizon {
    int64_t now;
    size_t count;
    struct tool_end ends[TOOL_ENDS_MAX];
    bool full; /* there were more, or no memory for them */
};

/* Everything that ends, as it stands at now. *out is cleared by
 * tool_horizon_clear whatever this returns. */
ISS_CHECKED enum iss_status tool_horizon_load(struct tool *tool,
                                              struct iss *iss, int64_t now,
                                              struct tool_horizon *out);
void tool_horizon_clear(struct tool_horizon *horizon);

/* "in 1 day", "365 days ago", "never": how far it is. */
void tool_horizon_left(const struct tool_horizon *horizon, int64_t until,
                       char out[static TOOL_LEFT_SIZE]);

/* A table, or with --json the member "horizon" of the open object. ISS_INTERNAL
 * without memory. */
ISS_CHECKED enum iss_status
tool_horizon_print(struct tool *tool, const struct tool_horizon *horizon);

#endif
