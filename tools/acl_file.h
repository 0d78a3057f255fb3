/* SPDX-License-Identifier: Apache-2.0 */
/* An access list that a person looks at, wherever it lies. */
#ifndef PRIVYSEAL_TOOL_ACL_FILE_H
#define PRIVYSEAL_TOOL_ACL_FILE_H

#include "issuer/acl.h"
#include "tool.h"

struct tool_acl { /* owned */
    char *text;
    size_t len;
    struct iss_acl *acl; /* NULL: not valid */
    /* Why a root would not take the file where it lies (owner, mode, links,
     * folders above), "" where it would. */
    char unsafe[ISS_TEXT_MAX];
};

/* ISS_USAGE: unreadable, or invalid, with its line; text may be there. */
ISS_CHECKED enum iss_status tool_acl_read(struct tool *tool, const char *path,
                                          struct tool_acl *out);
void tool_acl_clear(struct tool_acl *acl);

/* A warning where the file would not be taken from where it lies. */
void tool_acl_note(struct tool *tool, const struct tool_acl *acl);

#endif
