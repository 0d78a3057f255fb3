/* SPDX-License-Identifier: Apache-2.0 */
/* What privyseal init was asked for, read and judged before anything is made.
 */
#ifndef PRIVYSEAL_TOOL_INIT_H
#define PRIVYSEAL_TOOL_INIT_H

#include "issuer/issuer.h"
#include "tool.h"

enum { TOOL_HOST_NAME_SIZE = 256 };

struct tool_init { /* in one piece, stays where it is */
    struct iss_init init;
    char module[ISS_PATH_MAX], pin_source[ISS_PATH_MAX];
    char host[TOOL_HOST_NAME_SIZE];
    char *anchors, *chain; /* owned */
    struct enroll_key authorities[ENROLL_AUTHORITIES_MAX];
};

/* Reads all options but --dry-run and --out. *order must be zero; it is to be
 * cleared whatever is returned. ISS_USAGE. */
ISS_CHECKED enum iss_status tool_init_read(struct tool *tool,
                                           struct tool_init *order);
void tool_init_clear(struct tool_init *order);

/* "authority", "root", "licensing" */
const char *tool_init_role(enum iss_role role);

#endif
