/* SPDX-License-Identifier: Apache-2.0 */
/* What a document says, whatever its kind, for people and as JSON. */
#ifndef PRIVYSEAL_TOOL_EXPLAIN_LICENSE_H
#define PRIVYSEAL_TOOL_EXPLAIN_LICENSE_H

#include "issuer/xrml_license.h"
#include "tool.h"

/* One line a field, behind so many blanks: owner, principal, machine, content,
 * rights with users and ranges, sealed keys, points, revocation. A certificate
 * of the hierarchy has none of them, and prints nothing. */
void tool_explain_fields(struct tool *tool, int indent,
                         const struct xrml_license *license);

/* The same as the member "license"; of certificates, too. */
void tool_explain_fields_json(struct tool_json *json,
                              const struct xrml_license *license);

#endif
