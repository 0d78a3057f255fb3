/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of an access list as text. Internal. */
#ifndef PRIVYSEAL_ACL_LOOK_H
#define PRIVYSEAL_ACL_LOOK_H

#include "acl_list.h"

enum { ISS_ACL_LINE_SIZE = 2048 };

struct iss_acl_line { /* text that grows; what does not fit is cut */
    char text[ISS_ACL_LINE_SIZE];
    size_t used;
};

void iss_acl_add(struct iss_acl_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "max-validity=1y": what a rule states, or where it states nothing what that
 * means. For people; false: nothing stated, nothing meant. */
bool iss_acl_add_constraint(struct iss_acl_line *line,
                            const struct iss_acl_rule *rule,
                            enum iss_acl_constraint constraint,
                            const struct iss_acl *acl);

/* The whole rule without its principal; only what it states. */
void iss_acl_add_rule(struct iss_acl_line *line,
                      const struct iss_acl_rule *rule,
                      const struct iss_acl *acl);

/* "key-sha256:9a41..." */
void iss_acl_add_credential(struct iss_acl_line *line,
                            const struct iss_acl_credential *credential);

/* "*" for everybody. */
const char *iss_acl_rule_principal(const struct iss_acl_rule *rule,
                                   const struct iss_acl *acl);

#endif
