/* SPDX-License-Identifier: Apache-2.0 */
/* The question that options of a command line put to an access list. */
#ifndef PRIVYSEAL_TOOL_ACL_QUESTION_H
#define PRIVYSEAL_TOOL_ACL_QUESTION_H

#include "env.h"
#include "issuer/acl.h"
#include "tool.h"

enum { TOOL_ACL_APPROVERS = 64, TOOL_ACL_HEX_SIZE = 65 };

struct tool_acl_question { /* stays where it is: the question points into it */
    struct iss_acl_question ask;
    struct tool_env env; /* for who runs the command */
    struct iss_acl_proof proof, approver[TOOL_ACL_APPROVERS];
    char value[ISS_ACL_VALUE_SIZE];
    char url[ENROLL_URL_MAX + 1], guid[XRML_GUID_SIZE];
    char key[TOOL_ACL_HEX_SIZE];
};

/* From --as, --op, --url, --guid, --key, --request, --days, --validity, --at.
 * The principal counts as proven where the list knows a credential of it that
 * has not expired; otherwise the question has no proof. Quotas are unused, and
 * whoever runs the command approves. ISS_USAGE, ISS_MALFORMED. */
ISS_CHECKED enum iss_status tool_acl_question(struct tool *tool,
                                              const struct iss_acl *acl,
                                              struct tool_acl_question *out);

/* "30d", "1y" from a time on as whole days; false: another form, or 0. */
bool tool_acl_days(const char *text, int64_t from, int *days);

#endif
