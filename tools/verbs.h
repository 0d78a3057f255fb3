/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of verbs, one file each. */
#ifndef PRIVYSEAL_TOOL_VERBS_H
#define PRIVYSEAL_TOOL_VERBS_H

#include "tool.h"

#define VERB(id) extern const struct tool_verb tool_##id;
#include "verbs.def"
#undef VERB

#endif
