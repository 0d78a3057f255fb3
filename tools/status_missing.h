/* SPDX-License-Identifier: Apache-2.0 */
/* What an init that was interrupted has left undone. */
#ifndef PRIVYSEAL_TOOL_STATUS_MISSING_H
#define PRIVYSEAL_TOOL_STATUS_MISSING_H

#include "issuer/issuer.h"
#include "tool.h"

enum { TOOL_MISSING_SIZE = 512 };

/* "no licensor key, no anchors.pem"; "" where the store is whole. */
ISS_CHECKED enum iss_status tool_missing(struct tool *tool, struct iss *iss,
                                         const struct iss_info *info,
                                         char out[static TOOL_MISSING_SIZE]);

/* Whether a store that cannot be opened is one whose init got hardly further
 * than its configuration: nothing is there yet that follows from a journal. A
 * store that has lost its journal is another matter. */
bool tool_missing_all(const char *dir);

#endif
