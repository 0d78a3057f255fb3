/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs. */
#include "verbs.h"

#include <stddef.h>

const struct tool_verb *const tool_verbs[] = {
#define VERB(id) &tool_##id,
#include "verbs.def"
#undef VERB
    NULL,
};
