/* SPDX-License-Identifier: Apache-2.0 */
/* The block "Cluster resources": what a server is and how its certificate
 * stands, the same on every member. */
#ifndef PRIVYSEAL_TOOL_RESOURCES_H
#define PRIVYSEAL_TOOL_RESOURCES_H

#include "issuer/issuer.h"
#include "tool.h"

/* The exit code that stands for the state at now: ISS_OK, NOT_ENROLLED,
 * PENDING, EXPIRES_MONTH, EXPIRES_WEEK, EXPIRED. */
enum iss_status tool_resources_status(const struct iss_info *info, int64_t now);

/* "unenrolled", ...; static. */
const char *tool_state_text(enum iss_state state);
const char *tool_role_text(enum iss_role role);
const char *tool_hierarchy_text(enum iss_hierarchy hierarchy);

/* Prints the block; with --json the members of it, into the open object. */
void tool_resources_print(struct tool *tool, const struct iss_info *info,
                          int64_t now);
/* The same of a licensing server whose root is known by its base URL. */
void tool_resources_below(struct tool *tool, const struct iss_info *info,
                          const char *root, int64_t now);

#endif
