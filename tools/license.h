/* SPDX-License-Identifier: Apache-2.0 */
/* One license, by the verbs license rac, clc, pl, ul, template: what they have
 * in common. */
#ifndef PRIVYSEAL_TOOL_LICENSE_H
#define PRIVYSEAL_TOOL_LICENSE_H

#include "issuer/license.h"
#include "store.h"

struct tool_licensing { /* a verb */
    enum iss_license_kind kind;
    /* Says what to do with the file. */
    void (*next)(struct tool *tool, const char *path);
};

/* Reads the order, opens the store, has the license issued and publishes it,
 * unless a file of another content is there; reports it. A refusal is told to
 * the system's log. */
ISS_CHECKED enum iss_status tool_license(struct tool *tool,
                                         const struct tool_licensing *verb);

/* Who may revoke what is issued, for verbs that make terms. */
#define TOOL_USES_REVOKERS                                                  \
    {TOOL_REVOKERS,                                                         \
     "who may revoke it beside its issuers: PEM public keys, a "            \
     "line # NAME before each; or a certificate"},                          \
        {TOOL_REFRESH,                                                      \
         "how old their revocation lists may be (7d, 12h, 90min): with an " \
         "older one nobody gets or uses a license"},                        \
    {                                                                       \
        TOOL_LIST_URL,                                                      \
            "where their lists are to be had; then one is asked for, of "   \
            "whatever age without --refresh"                                \
    }

/* The options that all of them take. */
#define TOOL_USES_LICENSE                                                   \
    {TOOL_FORCE, "replace a file of other content"},                        \
        {TOOL_NONCE, "32 digits that name this order: the same order with " \
                     "the same digits is the same license, so that a "      \
                     "script can repeat it; default: random"},              \
        {TOOL_ACCEPT_TIME, "the clock is right although it stands behind "  \
                           "the journal: record that, and go on"},          \
        {TOOL_DRY_RUN, "judge it and print what would be signed; sign and " \
                       "change nothing"},                                   \
        TOOL_USE_YES, TOOL_USE_QUIET, TOOL_USE_JSON

#endif
