/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of trust share. */
#ifndef PRIVYSEAL_TOOL_TRUST_H
#define PRIVYSEAL_TOOL_TRUST_H

#include "issuer/trust.h"
#include "tool.h"

/* The first operand as a kind; ISS_USAGE lists them. */
ISS_CHECKED enum iss_status tool_trust_kind(struct tool *tool,
                                            enum iss_trust_kind *kind);

#endif
