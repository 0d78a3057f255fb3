/* SPDX-License-Identifier: Apache-2.0 */
/* A request as a person sees it: its fields, and how its checks came out. */
#ifndef PRIVYSEAL_TOOL_CHECKS_H
#define PRIVYSEAL_TOOL_CHECKS_H

#include "issuer/issuer.h"
#include "tool.h"

/* A request file and the proof beside it, owned. */
struct tool_request {
    char *text, *proof; /* proof NULL: there is none */
    size_t len, proof_len;
};

/* Reads path and, where there is one, its .pop. ISS_USAGE, ISS_MALFORMED. */
ISS_CHECKED enum iss_status tool_request_read(struct tool *tool,
                                              const char *path,
                                              struct tool_request *request);
void tool_request_clear(struct tool_request *request);

/* "x.xml" or "x" to "x.pop"; false: too long. */
bool tool_pop_path(const char *request, char out[static ISS_PATH_MAX]);

/* "form ok · key RSA-2048 ok · possession proven · ...", then a line for each
 * warning and refusal. */
void tool_checks_line(struct tool *tool, const struct iss_verdict *verdict);

/* One line a field. */
void tool_request_fields(struct tool *tool,
                         const struct enroll_request *request);

/* The same as members of the open JSON object. */
void tool_request_json(struct tool *tool, const struct enroll_request *request);
void tool_checks_json(struct tool *tool, const struct iss_verdict *verdict);

#endif
