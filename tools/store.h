/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the store that a verb acts on. */
#ifndef PRIVYSEAL_TOOL_STORE_H
#define PRIVYSEAL_TOOL_STORE_H

#include "env.h"
#include "issuer/issuer.h"
#include "tool.h"

/* The options that tool_store_open reads, for tables of uses. */
#define TOOL_USES_STORE                                                \
    {TOOL_STORE, "the store's folder; default: $PRIVYSEAL_STORE"},     \
    {                                                                  \
        TOOL_CONFIG,                                                   \
            "the configuration, instead of the store's privyseal.conf" \
    }
#define TOOL_USE_JSON                                \
    {                                                \
        TOOL_JSON, "one JSON object instead of text" \
    }
#define TOOL_USE_YES                                                      \
    {                                                                     \
        TOOL_YES, "agree beforehand; without a terminal it must be given" \
    }
#define TOOL_USE_QUIET                       \
    {                                        \
        TOOL_QUIET, "no notes, only results" \
    }

enum tool_store_purpose { TOOL_LOOK, TOOL_CHANGE };

struct tool_store { /* stays where it is while open */
    const char *dir;
    struct iss_conf conf;
    struct tool_env env;
    struct iss *iss;
};

/* --store, else $PRIVYSEAL_STORE, else NULL. Borrowed. */
const char *tool_store_named(const struct tool *tool);

/* --member, else $PRIVYSEAL_MEMBER, else NULL: the host name. Borrowed. */
const char *tool_member_named(const struct tool *tool);

/* Its configuration: --config, else privyseal.conf in dir. */
ISS_CHECKED enum iss_status tool_store_conf(struct tool *tool, const char *dir,
                                            struct iss_conf *conf);

/* TOOL_LOOK: read-only, no token. TOOL_CHANGE: with the token's context; to be
 * closed by tool_store_close whatever it returns. tool->error is filled. */
ISS_CHECKED enum iss_status tool_store_open(struct tool *tool,
                                            enum tool_store_purpose purpose,
                                            struct tool_store *store);

/* Where --accept-time is given (and no --dry-run): asks, then has it recorded
 * that the clock is right although it stands behind the journal. */
ISS_CHECKED enum iss_status tool_accept_time(struct tool *tool,
                                             struct tool_store *store);

/* Closes; returns status, or why closing failed where status is ISS_OK. The
 * text of a failure at the token is made clear on the way. */
ISS_CHECKED enum iss_status tool_store_close(struct tool *tool,
                                             struct tool_store *store,
                                             enum iss_status status);

#endif
