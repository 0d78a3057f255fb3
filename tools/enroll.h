/* SPDX-License-Identifier: Apache-2.0 */
/* The halves of privyseal enroll. */
#ifndef PRIVYSEAL_TOOL_ENROLL_H
#define PRIVYSEAL_TOOL_ENROLL_H

#include "store.h"

/* The store is open; what goes wrong is in tool->error. */
ISS_CHECKED enum iss_status tool_enroll_export(struct tool *tool,
                                               struct tool_store *store);
ISS_CHECKED enum iss_status tool_enroll_import(struct tool *tool,
                                               struct tool_store *store);

#endif
